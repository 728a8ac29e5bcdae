"""Correcting a value of an evening that is closed: with a reason, beside the value that stood.

The session stays closed, and every value outside the limits in it stays reviewed: such a value is taken only from who
may review it, and with her review. What is missing altogether needs the session to be opened again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from checks.cells import Cell, Seat, into_cells, load_cell, rows_of, seats_of, values_of
from checks.entry import AskAgain, Overtaken, Refused, held, limits_of, put, score
from checks.kinds import CheckKind
from checks.limits import judge
from checks.models import Mark, Measurement
from checks.reading import UNITS, Unreadable, Values, read, written
from practices.models import Membership
from sessions.models import GroupSession


class AskToReview(AskAgain):
    """It lies outside the limits, and is taken with the name, and the note, of who reviews it by that."""


def correct(
    row: Measurement,
    typed: Sequence[str],
    *,
    reason: str,
    by: Membership,
    confirmed: str = "",
    note: str = "",
    now: datetime,
) -> Measurement:
    """Let what was typed stand in place of this row of a closed session; the same correction sent twice is one.

    `confirmed` is the value, as it is written, that `by` was asked about. Outside the limits it is hers to enter only
    if she leads the session first, and is reviewed by that. Raises NotSaved: Refused, AskAgain or Overtaken.
    """
    cell = _cell_of(row)
    try:
        values = read(cell.kind, *typed)
    except Unreadable as unreadable:
        raise Refused(unreadable.words) from unreadable
    standing = cell.readings.get(row.reading)
    if standing and standing.replaces_id == row.pk and values_of(standing) == values:
        return standing
    standing = _still_standing(cell, row)
    if values_of(standing) == values:
        raise Refused(_("This is the value that stands."))
    mark = _asked(cell, values, by=by, confirmed=confirmed)
    review = {"reviewed_by": by, "reviewed_at": now, "review_note": note} if mark != Mark.NONE else {}
    return put(
        cell,
        values,
        mark=mark,
        reading=row.reading,
        by=by,
        taken_by=standing.taken_by,
        now=now,
        correction_reason=reason,
        **review,
    )


def confirm(row: Measurement, *, by: Membership, now: datetime) -> None:
    """Put a name on this value of a closed session, which the participant typed herself. Twice is once.

    Raises NotSaved: Refused or Overtaken.
    """
    _still_standing(_cell_of(row), row).confirm(by=by, now=now)


def _cell_of(row: Measurement) -> Cell:
    """The cell of this row, of its session as it is locked now. Raises Refused while the session is open."""
    session = held(row.session)
    if not session.is_closed:
        raise Refused(_("This session is open. Change a value on the page where it was typed."))
    return load_cell(session, Seat(row.enrolment, row.child), CheckKind(row.kind))


def _still_standing(cell: Cell, row: Measurement) -> Measurement:
    """What stands of this row's reading. Raises Overtaken when that is another row by now."""
    standing = cell.readings.get(row.reading)
    if standing is None or standing.pk != row.pk:
        raise Overtaken(_("Somebody changed this value in the meantime."), standing)
    return standing


def _asked(cell: Cell, values: Values, *, by: Membership, confirmed: str) -> Mark:
    """The mark of a value that may be taken now. Raises Refused, or AskAgain."""
    verdict = judge(cell.kind, values, limits=limits_of(cell.session, cell.kind), last=cell.last, z=score(cell, values))
    if verdict.refusal:
        raise Refused(verdict.refusal)
    is_marked = verdict.mark != Mark.NONE
    if is_marked and not cell.session.is_led_first_by(by):
        facts = {"value": written(cell.kind, values), "mark": verdict.mark.label}
        raise Refused(
            _("%(value)s is %(mark)s. In a closed session only its first facilitator can enter that.") % facts
        )
    if confirmed == written(cell.kind, values):
        return verdict.mark
    if is_marked:
        reviewed = _("%(mark)s. Is it right? Then your name stands as that of who reviewed it.") % {
            "mark": capfirst(verdict.mark.label)
        }
        raise AskToReview(" ".join(filter(None, [verdict.question, reviewed])))
    if verdict.question:
        raise AskAgain(verdict.question)
    return verdict.mark


@dataclass(frozen=True)
class Line:
    """A value that stands, with those that it was corrected from, the newest first."""

    seat: Seat
    row: Measurement
    before: list[Measurement]

    @property
    def kind(self) -> CheckKind:
        return CheckKind(self.row.kind)

    @property
    def unit(self) -> str:
        return UNITS[self.kind].name

    @property
    def value(self) -> str:
        return written(self.kind, values_of(self.row))

    @property
    def what(self) -> str | Promise:
        """Which value: its kind, and which reading of it where it is not the first."""
        if self.row.reading == 1:
            return self.kind.label
        return _("%(what)s, reading %(number)d") % {"what": self.kind.label, "number": self.row.reading}

    @property
    def steps(self) -> list[tuple[str, str, Measurement]]:
        """(old value, new value, the row that says who changed it, when and why) of each correction, newest first."""
        rows = [self.row, *self.before]
        return [
            (written(self.kind, values_of(old)), written(self.kind, values_of(new)), new)
            for new, old in pairwise(rows)
            if new.correction_reason
        ]


def lines_of(session: GroupSession) -> list[Line]:
    """The values of a session that was fetched with its group, in the order of its board."""
    rows = rows_of(session)
    seats = seats_of(session, also={row.enrolment_id for row in rows})
    cells = into_cells(session, seats, rows, with_last=False).values()
    return [Line(cell.seat, row, _before(row, cell.rows)) for cell in cells for row in cell.readings.values()]


def line_of(lines: Iterable[Line], value: int) -> Line | None:
    """The line in which this row stands or stood."""
    return next((line for line in lines if value in {line.row.pk, *(row.pk for row in line.before)}), None)


def _before(row: Measurement, rows: Iterable[Measurement]) -> list[Measurement]:
    by_key, found = {other.pk: other for other in rows}, []
    while row.replaces_id in by_key:
        row = by_key[row.replaces_id]
        found.append(row)
    return found
