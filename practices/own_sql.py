"""SQL of our own, for what is asked so often that Django's way to it counts (docs/decisions/0010)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from psycopg import sql

ModelT = TypeVar("ModelT", bound=Model)


class Columns(Generic[ModelT]):
    """What a statement asks of a table, all of it or these fields, and the instances that come of it.

    `Model.objects.raw()` finds out at each statement which column is which field; here the model says it once.
    """

    def __init__(self, model: type[ModelT], *names: str) -> None:
        self.model = model
        fields = [field for field in model._meta.concrete_fields if not names or field.name in names]
        self.columns = [str(field.column) for field in fields]
        self.attributes = [field.attname for field in fields]

    def of(self, table: str) -> sql.Composed:
        """The columns, of the table as the statement calls it."""
        return sql.Composed([sql.Identifier(table, column) for column in self.columns]).join(", ")

    def instance(self, values: Sequence[Any]) -> ModelT:
        """What stands in a row of these columns; other fields are fetched when they are asked for."""
        return self.model.from_db(DEFAULT_DB_ALIAS, self.attributes, values)


def statement(words: str, **columns: sql.Composable) -> str:
    """SQL with the columns that it names in braces."""
    return sql.SQL(words).format(**columns).as_string()


def fetch(words: str, asked: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(words, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
