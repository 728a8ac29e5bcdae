"""What makes the database quick: how moments are read, and what triggers are answered that ask at each row."""

from __future__ import annotations

from datetime import UTC
from typing import Any, cast

import psycopg
from django.db import connections
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


# What pgtrigger asks at each row that a trigger sees. Its own asks for a setting that may not be there and catches the
# exception: for that PostgreSQL begins a transaction of its own at each row.
ASKED_AT_EACH_ROW = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT trigger_name = ANY (nullif(current_setting('pgtrigger.ignore', true), '')::text[])
$$
"""


@receiver(connection_created, dispatch_uid="practices.connections")
def read_quickly(sender: object, *, connection: Any, **kwargs: Any) -> None:
    connection.connection.adapters.register_loader("timestamptz", MomentLoader)


def answer_triggers_quickly(sender: object, *, using: str, **kwargs: Any) -> None:
    """After every `migrate`, which puts their own function back wherever it makes a trigger."""
    with connections[using].cursor() as cursor:
        cursor.execute(ASKED_AT_EACH_ROW)
