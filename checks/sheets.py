"""The page of limits: for each quantity what holds, what held and what will hold, and the form for what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils.functional import Promise

from checks.defaults import VALID_FROM
from checks.forms import LimitForm
from checks.kinds import Quantity
from checks.limits import in_words
from checks.models import Limit


@dataclass(frozen=True)
class Line:
    """One dated row in words."""

    limit: Limit

    @property
    def sentences(self) -> list[str]:
        return in_words(self.limit)

    @property
    def is_default(self) -> bool:
        return self.limit.owner is None and self.limit.valid_from == VALID_FROM


@dataclass(frozen=True)
class Sheet:
    """One quantity: the row that holds today, the others newest first, and the form where it may be changed."""

    quantity: Quantity
    present: Line | None
    coming: list[Line]
    past: list[Line]
    form: LimitForm | None

    @property
    def title(self) -> str | Promise:
        return self.quantity.label


def sheets_of(rows: Sequence[Limit], *, today: date, may_edit: bool, posted: LimitForm | None = None) -> list[Sheet]:
    """A sheet for each quantity; `posted` is the form that came back with something wrong."""
    sheets = []
    for quantity in Quantity:
        own = [Line(row) for row in rows if row.quantity == quantity]
        begun = [line for line in own if line.limit.valid_from <= today]
        form = None
        if may_edit:
            mine = posted if posted and posted.about == quantity else None
            form = mine or LimitForm(quantity=quantity, today=today, rows=[line.limit for line in own])
        coming = [line for line in own if line.limit.valid_from > today]
        sheets.append(Sheet(quantity, begun[0] if begun else None, coming, begun[1:], form))
    return sheets


def posted_limits(data: QueryDict, rows: Sequence[Limit], *, today: date) -> LimitForm | None:
    """The form that was sent, by the quantity that it names; None when it names none."""
    for quantity in Quantity:
        if data.get(f"{quantity}-quantity") == quantity:
            own = [row for row in rows if row.quantity == quantity]
            return LimitForm(data, quantity=quantity, today=today, rows=own)
    return None
