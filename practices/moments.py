"""Moments as the database sends them, read by psycopg's C: Django's reader, in Python, takes several times as long.

The planner reads a thousand for one page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format

# psycopg chose the fastest that is installed.
READER = cast(type[Loader], psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT))


class MomentLoader(Loader):
    """Reads a moment in the zone of the connection, which Django sets to UTC."""

    # Django looks here whether what is read suits the connection, and else puts its own reader before this one.
    timezone = UTC

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._read = READER(oid, context).load

    def load(self, data: Buffer) -> datetime:
        return cast(datetime, self._read(data))


@receiver(connection_created, dispatch_uid="practices.moments")
def read_moments_in_c(sender: object, *, connection: Any, **kwargs: Any) -> None:
    connection.connection.adapters.register_loader("timestamptz", MomentLoader)
