"""An evening on paper: the rows and columns of the board with empty boxes, for when there are no tablets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from checks.board import Column, Row
from checks.cells import Cell, into_cells, key_of, kinds_of, seats_of
from checks.entry import limits_of
from checks.kinds import Quantity
from checks.limits import MARKS, Limits, in_words, most_readings, quantities
from checks.reading import example_values, written
from sessions.evening import excused_from
from sessions.models import GroupSession

# Rows without a name, for who comes unannounced.
SPARE_ROWS = 2


@dataclass(frozen=True)
class Boxes:
    """The boxes of one kind of value: as many as it may have readings, and what was measured the last time."""

    column: Column
    readings: Sequence[int]
    last: str = ""


@dataclass(frozen=True)
class Line:
    """One row of the sheet. Without boxes nothing is measured of this place: a parent who comes without a baby."""

    row: Row
    boxes: list[Boxes]
    is_excused: bool


@dataclass(frozen=True)
class Rule:
    """What the practice marks of one quantity: on paper nothing does so by itself."""

    quantity: str | Promise
    sentences: list[str]


@dataclass(frozen=True)
class Paper:
    session: GroupSession
    heads: list[Boxes]
    lines: list[Line]
    rules: list[Rule]
    leads: list[str]

    @property
    def spare(self) -> range:
        return range(SPARE_ROWS)


def paper_of(session: GroupSession, *, with_last: bool) -> Paper:
    """The sheet of a session that was fetched with its group; `with_last` prints what was measured the last time."""
    limits = limits_of(session)
    heads = [Boxes(Column.of(kind), range(1, most_readings(kind, limits) + 1)) for kind in kinds_of(session)]
    seats = seats_of(session)
    cells = into_cells(session, seats, []) if with_last else {}
    excused = excused_from(session)
    lines = []
    for seat in seats:
        is_measured = seat.child is not None or session.group.is_pregnancy
        own = [(boxes, cells.get(key_of(seat, boxes.column.kind))) for boxes in heads] if is_measured else []
        lines.append(
            Line(
                Row(seat, [], session.day),
                [Boxes(boxes.column, boxes.readings, _last(cell)) for boxes, cell in own],
                is_excused=seat.enrolment.pk in excused,
            )
        )
    leads = session.leads.standing().select_related("membership__user").order_by("-role")
    names = [f"{lead.membership.user.name} ({lead.get_role_display()})" for lead in leads]
    return Paper(session, heads, lines, _rules(heads, limits), names)


def _last(cell: Cell | None) -> str:
    return written(cell.kind, cell.last) if cell and cell.last else ""


def _rules(heads: Sequence[Boxes], limits: Limits) -> list[Rule]:
    rules = []
    for boxes in heads:
        for quantity in quantities(boxes.column.kind, example_values(boxes.column.kind)):
            limit = limits.get(quantity)
            if limit and (sentences := in_words(limit, (*MARKS, "readings_apart"))):
                rules.append(Rule(Quantity(quantity).label, sentences))
    return rules
