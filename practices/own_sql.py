"""SQL of our own, for what is asked so often that Django's way to it counts (docs/decisions/0010)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
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
        self.fields = [field for field in model._meta.concrete_fields if not names or field.name in names]
        self.columns = [str(field.column) for field in self.fields]
        self.attributes = [field.attname for field in self.fields]

    def of(self, table: str) -> sql.Composed:
        """The columns, of the table as the statement calls it."""
        return sql.Composed([sql.Identifier(table, column) for column in self.columns]).join(", ")

    def instance(self, values: Sequence[Any]) -> ModelT:
        """What stands in a row of these columns; other fields are fetched when they are asked for."""
        return self.model.from_db(DEFAULT_DB_ALIAS, self.attributes, values)

    def insert(self, instance: ModelT) -> None:
        """Keep this instance as a new row, with the key that the database gives it. No signal is sent."""
        own = [field for field in self.fields if not field.primary_key]
        values = [field.get_db_prep_save(getattr(instance, field.attname), connection) for field in own]
        ((instance.pk,),) = fetch(self._insertion, values)
        instance._state.adding = False

    @cached_property
    def _insertion(self) -> str:
        key = str(self.model._meta.pk.column)
        columns = [column for column in self.columns if column != key]
        return statement(
            "INSERT INTO {table} ({columns}) VALUES ({values}) RETURNING {key}",
            table=sql.Identifier(self.model._meta.db_table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
            key=sql.Identifier(key),
        )


def instances(row: Sequence[Any], *tables: Columns[Any]) -> Iterator[Any]:
    """An instance of each of these, whose columns stand in the row one after another, the key first.

    None for one of which an outer join found nothing.
    """
    begin = 0
    for table in tables:
        yield None if row[begin] is None else table.instance(row[begin : begin + len(table.columns)])
        begin += len(table.columns)


def statement(words: str, **columns: sql.Composable) -> str:
    """SQL with the columns that it names in braces."""
    return sql.SQL(words).format(**columns).as_string()


def fetch(words: str, asked: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(words, asked)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
