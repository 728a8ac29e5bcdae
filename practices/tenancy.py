"""The walls between practices: the scope of a piece of work, and the base of every row that belongs to a practice.

Three walls stand behind each other. The URL names a practice (practices/access.py), the queryset asks for what a
membership may see (`visible_to`, `editable_by`), and the database refuses what the first two forgot: row security,
written by practices/row_security.py, compares each row with the setting made here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import connection, models, transaction

if TYPE_CHECKING:
    from practices.models import Membership, Practice

SETTING = "app.practice"
EVERY_PRACTICE = "*"

M = TypeVar("M", bound=models.Model, covariant=True)


@contextmanager
def _scope(value: str) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"select coalesce(current_setting('{SETTING}', true), ''), set_config('{SETTING}', %s, true)", [value]
        )
        before = cursor.fetchone()[0]
        yield
        # Only on success: after an error the rollback restores it, and a query here would hide the error.
        cursor.execute(f"select set_config('{SETTING}', %s, true)", [before])


def practice_scope(practice: Practice) -> AbstractContextManager[None]:
    """Work inside one practice: a transaction in which only that practice's rows exist."""
    return _scope(str(practice.pk))


def all_practices() -> AbstractContextManager[None]:
    """Work across practices. Only for what cannot know the practice yet; every use is named in tests/test_walls.py."""
    return _scope(EVERY_PRACTICE)


class PracticeOwnedQuerySet(models.QuerySet[M]):
    def visible_to(self, membership: Membership) -> Self:
        """Rows this member of staff may read: those of the practice. Narrowed where a role sees less."""
        return self.filter(practice_id=membership.practice_id)

    def editable_by(self, membership: Membership) -> Self:
        """Rows this member of staff may change: what is visible. Narrowed where a role may only look."""
        return self.visible_to(membership)


class PracticeOwned(models.Model):
    """A row that belongs to one practice, in the query and in the database's row security."""

    # No index of its own: every table has one that starts with the practice, and a single one misleads the planner.
    practice = models.ForeignKey("practices.Practice", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check the constraints also on fields that a form leaves out, since the row has their values already.

        Left out remain only required fields without a value: the form has said so itself.
        """
        missing = {name for name in exclude or () if self._lacks(name)}
        super().validate_constraints(exclude=missing)

    def _lacks(self, name: str) -> bool:
        field: Any = self._meta.get_field(name)
        value = getattr(self, field.attname)
        return (value is None and not field.null) or (value in ("", []) and not field.blank)
