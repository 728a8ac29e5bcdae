"""What a tablet that goes round sends: the code that opens it, and what somebody typed at her own seat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from checks.board import Column
from checks.cells import kinds_of
from checks.entry import AskAgain
from checks.forms import LONGEST, TypedField
from checks.herself import Entry, Outcome
from checks.kinds import CheckKind
from checks.models import Measurement
from sessions.models import GroupSession


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class KindForm(forms.Form):
    """One kind of value. Only what was typed can be wrong; the rest is written by the page itself."""

    first = TypedField()
    second = TypedField()
    seen = forms.IntegerField(required=False)
    key = forms.UUIDField(required=False)
    # What the page asked about and she said yes to.
    confirmed = forms.CharField(required=False)

    def __init__(self, data: QueryDict, *, kind: CheckKind) -> None:
        super().__init__(data, prefix=kind)
        self.about = kind

    @property
    def entry(self) -> Entry:
        data = self.cleaned_data
        typed = tuple(part.strip() for part in (data["first"], data["second"]))
        return Entry(self.about, typed, seen=data["seen"], key=data["key"], confirmed=data["confirmed"])


def posted(data: QueryDict, session: GroupSession) -> list[Entry] | None:
    """What was typed, of each kind of this session; None when the page cannot have sent it."""
    sheets = [KindForm(data, kind=kind) for kind in kinds_of(session)]
    return [sheet.entry for sheet in sheets] if all(sheet.is_valid() for sheet in sheets) else None


@dataclass(frozen=True)
class Field:
    """The field of one kind, or the two of a blood pressure. Never with what is kept."""

    column: Column
    key: UUID
    # The newest reading that stands, by its key alone.
    seen: int | None
    # It is a member of staff's, or confirmed by one: she can only add to it what she was asked for.
    is_settled: bool = False
    entry: Entry | None = None
    outcome: Outcome | None = None

    @property
    def name(self) -> str:
        return self.column.kind.value

    @property
    def values(self) -> tuple[str, str]:
        """What stands in the inputs: what was typed and not taken."""
        first, second = (*self.entry.typed, "", "")[:2] if self.entry and self.words else ("", "")
        return first, second

    @property
    def words(self) -> str:
        return self.outcome.why.words if self.outcome and self.outcome.why else ""

    @property
    def is_kept(self) -> bool:
        """Taken just now, while something else on the page was not."""
        return self.outcome is not None and self.outcome.why is None

    @property
    def asked(self) -> str:
        """What stands in for yes; empty where nothing is asked."""
        return self.outcome.confirm if self.outcome and isinstance(self.outcome.why, AskAgain) else ""


def fields_of(
    session: GroupSession,
    rows: Mapping[CheckKind, Measurement | None],
    *,
    sent: Mapping[CheckKind, tuple[Entry, Outcome]] | None = None,
) -> list[Field]:
    """The fields of a seat; `rows` are the newest readings that stand, `sent` what came in and what became of it."""
    fields = []
    for kind in kinds_of(session):
        entry, outcome = (sent or {}).get(kind, (None, None))
        row = rows[kind]
        # The same save goes on under its name until it is taken.
        key = entry.key if entry and entry.key and outcome and outcome.why else uuid4()
        is_settled = row is not None and not row.is_unconfirmed
        fields.append(Field(Column.of(kind), key, row.pk if row else None, is_settled, entry, outcome))
    return fields
