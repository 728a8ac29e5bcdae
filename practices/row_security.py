"""The migration operation that puts the third wall around a table. See docs/decisions/0002-three-walls.md."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState
from django.db.models import ForeignKey, Model

SCOPE_FUNCTION = """
CREATE FUNCTION practice_in_scope() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    scope text := current_setting('app.practice', true);
BEGIN
    -- Loud on purpose: a forgotten scope must not look like an empty table.
    IF scope IS NULL OR scope = '' THEN
        RAISE EXCEPTION 'no practice is in scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN scope;
END $$
"""
DROP_SCOPE_FUNCTION = "DROP FUNCTION practice_in_scope()"

# Each part in a sub-select, so that PostgreSQL asks once a query and not once a row.
POLICY = "practice_id = (SELECT nullif(practice_in_scope(), '*')::bigint) OR (SELECT practice_in_scope()) = '*'"


class ProtectRows(Operation):
    """Row security on one tenant table, and composite references that cannot leave the practice.

    May be repeated for a table after a reference was added: it puts the walls up again from the model as it is then.
    """

    reduces_to_sql = True
    reversible = True
    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__name__, [self.model_name], {})

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The walls are the database's own: Django's picture of the model stays as it is."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        self._remove(schema_editor, model)
        schema_editor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        schema_editor.execute(f'CREATE POLICY practice ON "{table}" USING ({POLICY}) WITH CHECK ({POLICY})')
        # Event tables of the change history have another key, and nothing refers to them.
        if model._meta.pk.column == "id" and not self._has_constraint(schema_editor, f"{table}_in_practice"):
            schema_editor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_in_practice" UNIQUE (practice_id, id)'
            )
        for name, column, target in self._references(model):
            schema_editor.execute(
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY (practice_id, "{column}") '
                f'REFERENCES "{target}" (practice_id, id) DEFERRABLE INITIALLY DEFERRED'
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        table = model._meta.db_table
        self._remove(schema_editor, model)
        schema_editor.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{table}_in_practice" CASCADE')

    def describe(self) -> str:
        return f"Wall in the rows of {self.model_name} by practice"

    @property
    def migration_name_fragment(self) -> str:
        return f"protect_{self.model_name.lower()}"

    def _remove(self, schema_editor: BaseDatabaseSchemaEditor, model: type[Model]) -> None:
        table = model._meta.db_table
        schema_editor.execute(f'DROP POLICY IF EXISTS practice ON "{table}"')
        for name, _column, _target in self._references(model):
            schema_editor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS "{name}"')

    def _references(self, model: type[Model]) -> list[tuple[str, str, str]]:
        """(constraint, column, referred table) of each reference to another tenant table."""
        found = []
        for field in model._meta.local_fields:
            # The change history keeps plain numbers, without a constraint.
            if not isinstance(field, ForeignKey) or field.name == "practice" or not _is_constrained(field):
                continue
            target: Any = field.related_model
            if any(f.column == "practice_id" for f in target._meta.local_fields):
                name = f"{model._meta.db_table}_{field.attname}_same_practice"
                found.append((name, field.attname, target._meta.db_table))
        return found

    def _has_constraint(self, schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
            return cursor.fetchone() is not None


def _is_constrained(field: ForeignKey[Any, Any]) -> bool:
    return bool(getattr(field, "db_constraint", False))
