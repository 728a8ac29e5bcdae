"""What makes a connection to the database quick: how moments are read, and what the triggers of the history ask."""

from __future__ import annotations

from datetime import UTC
from typing import Any, cast

import psycopg
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg.abc import AdaptContext
from psycopg.adapt import Loader
from psycopg.pq import Format

# psycopg chose the fastest that is installed.
READER = cast(type[Loader], psycopg.adapters.get_loader(psycopg.adapters.types["timestamptz"].oid, Format.TEXT))


class MomentLoader(Loader):
    """Reads a moment in the zone of the connection, which Django sets to UTC.

    With psycopg's C: Django's own reader, in Python, takes several times as long, and the planner has a thousand.
    """

    # Django looks here whether what is read suits the connection, and else puts its own reader before this one.
    timezone = UTC

    def __new__(cls, oid: int, context: AdaptContext | None = None) -> Loader:  # type: ignore[misc]
        # One in C cannot be derived from, and would wait for this one at each moment if this one only passed on.
        return READER(oid, context)


@receiver(connection_created, dispatch_uid="practices.connections")
def make_quick(sender: object, *, connection: Any, **kwargs: Any) -> None:
    connection.connection.adapters.register_loader("timestamptz", MomentLoader)
    # Each trigger asks at each row whether it is to be ignored: without a setting the answer is an exception, after
    # which PostgreSQL looks through every check that the transaction still has to make.
    connection.connection.execute("SET pgtrigger.ignore = '{}'")
