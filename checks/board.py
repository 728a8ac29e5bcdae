"""The board as a page shows it: a row a person (or a baby), a cell a kind of value, and what waits for review."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID, uuid4

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from checks.cells import Cell, Seat, key_of, kinds_of, load_cells, seats_of, values_of
from checks.entry import AskAgain, NotSaved, Overtaken, Refused, limits_of
from checks.kinds import COLUMNS, CheckKind
from checks.limits import Limits, readings_asked
from checks.models import Mark, Measurement
from checks.reading import UNITS, texts, written
from checks.version import Version
from groups.models import Enrolment, Facilitation
from participants.models import Participant
from practices.models import Membership
from sessions.models import GroupSession, SessionLead


@dataclass(frozen=True)
class State:
    """What a cell asks of who looks at it: an icon, a word, and a tone that is never alone."""

    word: str | Promise
    icon: str
    tone: str
    note: str | Promise = ""


@dataclass(frozen=True)
class Trouble:
    """A value that was not taken, with what was typed, so that the field can keep it."""

    reading: int
    typed: tuple[str, ...]
    why: NotSaved
    # What stands in for "yes": the button that says it sends this along.
    confirm: str = ""


@dataclass(frozen=True)
class Entry:
    """One input of a field: its name in the post and its spoken label."""

    id: str
    name: str
    value: str
    label: str | Promise


@dataclass(frozen=True)
class Field:
    """The form of one reading."""

    id: str
    reading: int
    entries: tuple[Entry, ...]
    seen: int | None
    key: UUID
    row: Measurement | None
    trouble: Trouble | None

    @property
    def shown(self) -> str:
        return "/".join(entry.value for entry in self.entries)

    @property
    def is_saved(self) -> bool:
        return self.row is not None and self.trouble is None

    @property
    def refused(self) -> bool:
        return self.trouble is not None and isinstance(self.trouble.why, Refused)

    @property
    def asked(self) -> bool:
        return self.trouble is not None and isinstance(self.trouble.why, AskAgain)

    @property
    def overtaken(self) -> bool:
        return self.trouble is not None and isinstance(self.trouble.why, Overtaken)

    @property
    def theirs(self) -> str:
        """What stands in the cell that somebody else changed."""
        return written(CheckKind(self.row.kind), values_of(self.row)) if self.row else ""

    @property
    def mine(self) -> str:
        return "/".join(part for part in self.trouble.typed if part) if self.trouble else ""

    @property
    def measured_by(self) -> str:
        """Who measured, where it was not the participant herself."""
        return self.row.taken_by.user.name if self.row and self.row.taken_by else ""


# The names of the inputs and what is said of them. A blood pressure has two.
PARTS: dict[bool, tuple[tuple[str, Promise | str], ...]] = {
    True: (("first", _("upper number")), ("second", _("lower number"))),
    False: (("first", ""),),
}


@dataclass
class BoardCell:
    """One cell with its fields, ready to be shown."""

    cell: Cell
    limits: Limits
    trouble: Trouble | None = None
    is_open: bool = True

    @cached_property
    def id(self) -> str:
        return f"cell-{self.code}"

    @property
    def code(self) -> str:
        """Names the cell in a post."""
        return f"{self.cell.seat.code}-{self.cell.kind}"

    @property
    def kind(self) -> CheckKind:
        return self.cell.kind

    @property
    def column(self) -> str | Promise:
        return COLUMNS[self.cell.kind]

    @property
    def unit(self) -> str:
        return UNITS[self.cell.kind].name

    @property
    def is_pressure(self) -> bool:
        return self.cell.kind == CheckKind.BLOOD_PRESSURE

    @property
    def inputmode(self) -> str:
        return "numeric" if self.cell.kind in {CheckKind.BLOOD_PRESSURE, CheckKind.BABY_WEIGHT} else "decimal"

    @property
    def last(self) -> str:
        return written(self.cell.kind, values_of(self.cell.last)) if self.cell.last else ""

    @cached_property
    def asked(self) -> int:
        return readings_asked(self.cell.kind, self.cell.judged, limits=self.limits)

    @cached_property
    def fields(self) -> list[Field]:
        readings = self.cell.readings
        shown = self.asked if self.is_open else max(readings, default=0)
        return [self._field(number, readings.get(number)) for number in range(1, shown + 1)]

    @property
    def state(self) -> State | None:
        """What to do with this cell; None where there is nothing to do."""
        marked = [row for row in self.cell.rows if row.mark != Mark.NONE]
        if not marked:
            return None
        if not self.cell.waiting:
            names = {row.reviewed_by.user.name: None for row in marked if row.reviewed_by}
            return State(_("Seen by %(name)s") % {"name": ", ".join(names)}, "done", "good")
        words = WORDS_OF_A_PREGNANCY if self.cell.session.group.is_pregnancy else WORDS
        if self.cell.is_urgent:
            return State(words["urgent"], "bell", "bad", Mark.URGENT.label)
        if self.cell.readings and self.asked > len(self.cell.readings):
            return State(_("Measure again"), "measure", "warn", Mark.OUTSIDE.label)
        return State(words["show"], "eye", "bad", Mark.OUTSIDE.label)

    def has_any(self, rows: Collection[int]) -> bool:
        return any(row.pk in rows for row in self.cell.rows)

    def said(self, reading: int) -> str:
        """What is spoken after a save of this reading: taken or not, and what to do now."""
        spoken = f"{self.cell.seat.name}, {self.cell.kind.label}"
        if self.trouble:
            return f"{spoken}: {self.trouble.why.words}"
        row = self.cell.readings.get(reading)
        if row is None:
            return _("%(cell)s: empty.") % {"cell": spoken}
        facts = {"cell": spoken, "value": written(self.cell.kind, values_of(row))}
        saved = _("%(cell)s: %(value)s is saved.") % facts
        state = self.state
        return f"{saved} {state.word}: {state.note}." if state and state.note else saved

    def _field(self, number: int, row: Measurement | None) -> Field:
        trouble = self.trouble if self.trouble and self.trouble.reading == number else None
        values = trouble.typed if trouble else texts(self.cell.kind, values_of(row)) if row else ()
        id_ = f"{self.id}-{number}"
        parts = PARTS[self.is_pressure]
        spoken = f"{self.cell.seat.name}, {self.cell.kind.label}"
        if number > 1:
            spoken = _("%(cell)s, reading %(number)d") % {"cell": spoken, "number": number}
        entries = tuple(
            Entry(
                id=f"{id_}-{name}",
                name=name,
                value=values[index] if index < len(values) else "",
                label=f"{spoken}, {label}" if label else spoken,
            )
            for index, (name, label) in enumerate(parts)
        )
        return Field(id_, number, entries, row.pk if row else None, uuid4(), row, trouble)


WORDS_OF_A_PREGNANCY = {"show": _("Show the midwife"), "urgent": _("Call the midwife now")}
WORDS = {"show": _("Show the first facilitator"), "urgent": _("Call the first facilitator now")}


@dataclass(frozen=True)
class Row:
    """One person of the board, or one baby."""

    seat: Seat
    cells: list[BoardCell]
    day: date

    @property
    def age(self) -> str:
        """Of the pregnancy in weeks and days, or of the baby in weeks; empty where it is not known."""
        child, pregnancy = self.seat.child, self.seat.enrolment.pregnancy
        if child:
            weeks = child.age_in_days(self.day) // 7
            return ngettext("%(weeks)d week", "%(weeks)d weeks", weeks) % {"weeks": weeks}
        if pregnancy:
            weeks, days = divmod(pregnancy.gestational_days(self.day), 7)
            return f"{weeks}+{days}"
        return ""

    @property
    def family(self) -> str:
        """What tells two of one first name apart: the last name, or whose baby it is."""
        return self.seat.participant.full_name if self.seat.child else self.seat.participant.family_name


@dataclass(frozen=True)
class Waiting:
    """What waits for review in one cell: every marked reading of it, the replaced ones with what became of them."""

    cell: BoardCell
    rows: list[tuple[str, Measurement]]

    @property
    def is_urgent(self) -> bool:
        return self.cell.cell.is_urgent

    @property
    def mark(self) -> str | Promise:
        """What the practice's limits say of the farthest of these readings."""
        return max((Mark(row.mark) for _value, row in self.rows), key=list(Mark).index).label


@dataclass
class Board:
    """Everything that the page of one session shows."""

    session: GroupSession
    membership: Membership
    version: Version
    # Why nothing can be entered, in words; empty when something can.
    closed: str = ""
    first: SessionLead | None = None
    rows: list[Row] = field(default_factory=list)
    away: list[Enrolment] = field(default_factory=list)

    @property
    def columns(self) -> list[tuple[str | Promise, str]]:
        """The heads of the columns, with the unit that is typed."""
        return [(COLUMNS[kind], UNITS[kind].name) for kind in kinds_of(self.session)]

    @cached_property
    def waiting(self) -> list[Waiting]:
        """What waits for review: the urgent first, then the oldest."""
        found = [
            Waiting(cell, [(written(cell.kind, values_of(line)), line) for line in cell.cell.waiting])
            for row in self.rows
            for cell in row.cells
            if cell.cell.waiting
        ]
        return sorted(found, key=lambda item: (not item.is_urgent, item.rows[0][1].entered_at))

    @property
    def may_review(self) -> bool:
        """First in this session, with a profession that answers for checks: GroupSession.is_led_first_by at no cost."""
        return self._first is not None and self._first.pk == self.membership.pk

    @property
    def reviewer(self) -> str:
        """Whom the values wait for; empty when nobody who may review leads this session."""
        return self._first.user.name if self._first else ""

    @property
    def _first(self) -> Membership | None:
        return self.first.membership if self.first and self.first.membership.answers_for_checks else None

    @property
    def participants(self) -> list[Participant]:
        """Whose values the page shows, each once."""
        return list({row.seat.participant.pk: row.seat.participant for row in self.rows}.values())

    def changed_since(self, seen: Version) -> list[BoardCell]:
        """The cells in which something was typed, reviewed or taken away since, among the rows the page had then."""
        also_old = (seen.reviewed, seen.replaced) != (self.version.reviewed, self.version.replaced)
        return [
            cell
            for row in self.rows
            if not self._is_new(row, seen)
            for cell in row.cells
            if any(
                line.pk > seen.newest or (also_old and (line.reviewed_at or line.replaced_at))
                for line in cell.cell.rows
            )
        ]

    def news_since(self, seen: Version) -> str:
        """What is spoken to who may review when values came in that wait for her."""
        if not self.may_review:
            return ""
        fresh = [item for item in self.waiting if any(row.pk > seen.newest for _value, row in item.rows)]
        return " ".join(
            _("%(name)s, %(kind)s %(value)s waits for you.")
            % {"name": item.cell.cell.seat.name, "kind": item.cell.kind.label, "value": item.rows[-1][0]}
            for item in fresh
        )

    def rows_since(self, seen: Version) -> list[Row]:
        """The rows that the page of that version did not have."""
        return [row for row in self.rows if self._is_new(row, seen)]

    def _is_new(self, row: Row, seen: Version) -> bool:
        lines = [line for cell in row.cells for line in cell.cell.rows]
        return row.seat.enrolment.pk not in seen.here and all(line.pk > seen.newest for line in lines)


def build_board(
    session: GroupSession,
    membership: Membership,
    *,
    version: Version,
    closed: str,
    trouble: tuple[str, Trouble] | None = None,
) -> Board:
    """The board of a session that was fetched with its group, for a page of this version or an older one.

    `closed` says why nothing can be entered, if so. `trouble` puts what was not taken back into the cell of that id.
    """
    seats = seats_of(session)
    cells = load_cells(session, seats)
    limits = limits_of(session)
    firsts = session.leads.standing().filter(role=Facilitation.Role.FIRST).select_related("membership__user")
    board = Board(session, membership, version, closed=closed, first=firsts.first())
    for seat in seats:
        own = [cells[key_of(seat, kind)] for kind in kinds_of(session)]
        if seat.enrolment.pk in version.here or any(cell.rows for cell in own):
            is_open = not closed and seat.enrolment.state == Enrolment.State.ENROLLED
            shown = [BoardCell(cell, limits, is_open=is_open) for cell in own]
            for cell in shown:
                if trouble and trouble[0] == cell.id:
                    cell.trouble = trouble[1]
            board.rows.append(Row(seat, shown, session.day))
        elif seat.enrolment not in board.away:
            board.away.append(seat.enrolment)
    return board
