"""The board as a page shows it: a row a person (or a baby), a cell a kind of value, and what waits for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from typing import Self, cast
from uuid import UUID, uuid4

from django.utils.formats import time_format
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from checks.cells import Cell, Seat, into_cells, key_of, kinds_of, rows_of, seats_of, values_of
from checks.entry import AskAgain, AskWhose, NotSaved, Overtaken, limits_of
from checks.kinds import COLUMNS, OF_THE_CHILD, CheckKind
from checks.limits import MOST_READINGS, Limits, readings_asked
from checks.models import Mark, Measurement
from checks.reading import UNITS, texts, written
from checks.version import Version, version_of
from groups.models import Enrolment, Facilitation
from participants.ages import weeks_old
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
class Column:
    """A kind of value as the head of a column, its words in the language of who looks."""

    kind: CheckKind
    head: str
    unit: str
    # What is spoken of a field of this column.
    label: str

    @classmethod
    def of(cls, kind: CheckKind) -> Self:
        return cls(kind, head=str(COLUMNS[kind]), unit=UNITS[kind].name, label=str(kind.label))

    @cached_property
    def heading(self) -> str:
        return f"{self.head} ({self.unit})"

    @property
    def is_pressure(self) -> bool:
        return self.kind == CheckKind.BLOOD_PRESSURE

    @property
    def inputmode(self) -> str:
        return "numeric" if self.is_pressure else "decimal"


@dataclass(frozen=True)
class Trouble:
    """A value that was not taken, with what was typed, so that the field can keep it."""

    reading: int
    typed: tuple[str, ...]
    why: NotSaved
    # What stands in for "yes": the button that says it sends this along.
    confirm: str = ""
    # What was chosen before this was asked, and goes along with the answer.
    chosen: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """The form of one reading."""

    id: str
    reading: int
    # Whose value and of what kind, for who does not see the columns.
    spoken: str
    # What stands in the inputs; only a blood pressure has the second.
    values: tuple[str, str]
    key: UUID
    row: Measurement | None
    trouble: Trouble | None
    # The value of the evening before, beside the first reading, and what to do, below the last.
    last: str
    state: State | None

    @property
    def seen(self) -> int | str:
        return self.row.pk if self.row else ""

    @property
    def shown(self) -> str:
        return "/".join(value for value in self.values if value)

    @property
    def is_saved(self) -> bool:
        return self.row is not None and self.trouble is None

    @property
    def asked(self) -> bool:
        return self.trouble is not None and isinstance(self.trouble.why, AskAgain)

    @property
    def whose(self) -> int | None:
        """The membership that is asked whether it is hers."""
        return self.trouble.why.by if self.trouble and isinstance(self.trouble.why, AskWhose) else None

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
    def is_by_herself(self) -> bool:
        """Typed by the participant, on the tablet that goes round."""
        return self.row is not None and self.row.entered_by_id is None and self.trouble is None

    @property
    def is_confirmed(self) -> bool:
        return self.row is not None and self.row.confirmed_at is not None

    @property
    def measured_by(self) -> str:
        """Who measured, where it was not the participant herself."""
        return self.row.taken_by.user.name if self.row and self.row.taken_by and not self.trouble else ""

    @property
    def corrected(self) -> str:
        """Why it was corrected after the session was closed."""
        return self.row.correction_reason if self.row and not self.trouble else ""


@dataclass
class BoardCell:
    """One cell with its fields, ready to be shown."""

    cell: Cell
    limits: Limits
    column: Column
    trouble: Trouble | None = None
    is_open: bool = True

    @cached_property
    def code(self) -> str:
        """Names the cell in a post."""
        return f"{self.cell.seat.code}-{self.cell.kind}"

    @cached_property
    def id(self) -> str:
        return f"cell-{self.code}"

    @property
    def kind(self) -> CheckKind:
        return self.cell.kind

    @property
    def of_parents(self) -> bool:
        return self.cell.seat.child is not None

    @cached_property
    def asked(self) -> int:
        return readings_asked(self.cell.kind, self.cell.judged, limits=self.limits)

    @property
    def fields(self) -> list[Field]:
        readings = self.cell.readings
        shown = self.asked if self.is_open else max(readings, default=0)
        if self.trouble:
            # Asked when it was typed, and not any more: what was typed stays all the same.
            shown = max(shown, self.trouble.reading)
        return [self._field(number, readings.get(number), is_last=number == shown) for number in range(1, shown + 1)]

    @cached_property
    def state(self) -> State | None:
        """What to do with this cell; None where there is nothing to do."""
        marked = [row for row in self.cell.rows if row.mark != Mark.NONE]
        if not marked:
            return None
        if not self.cell.waiting:
            names = {row.reviewed_by.user.name: None for row in marked if row.reviewed_by}
            notes = {row.review_note: None for row in marked if row.review_note}
            return State(_("Seen by %(name)s") % {"name": ", ".join(names)}, "done", "good", "; ".join(notes))
        words = WORDS_OF_A_PREGNANCY if self.cell.session.group.is_pregnancy else WORDS
        if self.cell.is_urgent:
            return State(words["urgent"], "bell", "urgent", Mark.URGENT.label)
        if self.cell.readings and self.asked > len(self.cell.readings):
            if self.asked == MOST_READINGS:
                return State(_("Measure a third time"), "measure", "warn", _("the first two differ too much"))
            return State(_("Measure again"), "measure", "warn", Mark.OUTSIDE.label)
        return State(words["show"], "eye", "bad", Mark.OUTSIDE.label)

    @cached_property
    def spoken(self) -> str:
        return f"{self.cell.seat.name}, {self.column.label}"

    def said(self, reading: int) -> str:
        """What is spoken after a save of this reading: taken or not, and what to do now."""
        if self.trouble:
            return f"{self.spoken}: {self.trouble.why.words}"
        row = self.cell.readings.get(reading)
        if row is None:
            return _("%(cell)s: empty.") % {"cell": self.spoken}
        facts = {"cell": self.spoken, "value": written(self.cell.kind, values_of(row))}
        if row.confirmed_at:
            return _("%(cell)s: %(value)s is confirmed.") % facts
        saved = _("%(cell)s: %(value)s is saved.") % facts
        return f"{saved} {self.state.word}: {self.state.note}." if self.state and self.state.note else saved

    def _field(self, number: int, row: Measurement | None, *, is_last: bool) -> Field:
        trouble = self.trouble if self.trouble and self.trouble.reading == number else None
        values = trouble.typed if trouble else texts(self.kind, values_of(row)) if row else ()
        first, second = (*values, "", "")[:2]
        is_first = number == 1
        return Field(
            id=f"{self.id}-{number}",
            reading=number,
            spoken=self.spoken
            if is_first
            else _("%(cell)s, reading %(number)d") % {"cell": self.spoken, "number": number},
            values=(first, second),
            key=uuid4(),
            row=row,
            trouble=trouble,
            last=written(self.kind, self.cell.last) if is_first and self.cell.last else "",
            state=self.state if is_last else None,
        )


WORDS_OF_A_PREGNANCY = {"show": _("Show the midwife"), "urgent": _("Call the midwife now")}
WORDS = {"show": _("Show the first facilitator"), "urgent": _("Call the first facilitator now")}


@dataclass(frozen=True)
class Row:
    """One person of the board, or one baby."""

    seat: Seat
    cells: list[BoardCell]
    day: date

    @property
    def code(self) -> str:
        return self.seat.code

    @property
    def name(self) -> str:
        return self.seat.name

    @property
    def age(self) -> str:
        """Of the pregnancy in weeks and days, or of the baby in weeks; empty where it is not known."""
        if child := self.seat.child:
            return weeks_old(child.born_on, self.day)
        pregnancy = self.seat.enrolment.pregnancy
        return pregnancy.age_on(self.day) if pregnancy else ""

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
        """Also a value that was corrected since: it stays on top until somebody has put a name on it."""
        return any(row.mark == Mark.URGENT for _value, row in self.rows)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Each value, and who typed it at what time, with what became of it."""
        return [(value, _typed(row) + (f"; {_changed(row)}" if row.replaced_at else "")) for value, row in self.rows]

    @property
    def mark(self) -> str | Promise:
        """What the practice's limits say of the farthest of these readings."""
        return max((Mark(row.mark) for _value, row in self.rows), key=list(Mark).index).label


def _typed(row: Measurement) -> str:
    by = _("typed by %(name)s") % {"name": row.entered_by.user.name if row.entered_by else row.herself}
    return f"{_clock(row.entered_at)}, {by}"


def _changed(row: Measurement) -> str:
    facts = {"time": _clock(row.replaced_at), "name": row.replaced_by.user.name if row.replaced_by else row.herself}
    return _("changed at %(time)s by %(name)s") % facts


def _clock(moment: datetime | None) -> str:
    return time_format(localtime(moment), "H:i") if moment else ""


@dataclass(frozen=True)
class Call:
    """A marked value, told to who leads first where she does not have the board before her."""

    name: str
    value: str
    unit: str
    is_urgent: bool

    @classmethod
    def of(cls, row: Measurement) -> Self:
        name, value = Seat(row.enrolment, row.child).name, written(CheckKind(row.kind), values_of(row))
        return cls(name, value, UNITS[row.kind].name, is_urgent=row.mark == Mark.URGENT)


@dataclass
class Board:
    """Everything that the page of one session shows."""

    session: GroupSession
    membership: Membership
    version: Version
    # The memberships of who leads the session, with their names.
    leads: Sequence[tuple[str, int, str]]
    # Why nothing can be entered, in words; empty when something can.
    closed: str
    columns: list[Column]
    rows: list[Row] = field(default_factory=list)
    away: list[Enrolment] = field(default_factory=list)
    without_row: list[Seat] = field(default_factory=list)
    # Here, in a group where babies are measured, and without one.
    without_baby: list[Enrolment] = field(default_factory=list)

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
    def first(self) -> int | None:
        """The membership of who leads the session first."""
        return next((pk for role, pk, _name in self.leads if role == Facilitation.Role.FIRST), None)

    @property
    def colleagues(self) -> list[tuple[int, str]]:
        """Who else may have measured what is typed here, by the first of their names."""
        return [(pk, name.split(maxsplit=1)[0]) for _role, pk, name in self.leads if pk != self.membership.pk]

    @property
    def waiting_values(self) -> int:
        return sum(len(item.rows) for item in self.waiting)

    @property
    def may_review(self) -> bool:
        """First in this session, with a profession that answers for checks: GroupSession.is_led_first_by at no cost."""
        return self.first == self.membership.pk and self.membership.answers_for_checks

    @cached_property
    def reviewer(self) -> str:
        """Whom the values wait for; empty when nobody who may review leads this session. Asks only when it is shown."""
        first = Membership.objects.filter(pk=self.first).select_related("user").first() if self.first else None
        return first.user.name if first and first.answers_for_checks else ""

    @property
    def participants(self) -> list[Participant]:
        """Whose values the page shows, each once."""
        return list({row.seat.participant.pk: row.seat.participant for row in self.rows}.values())

    def changed_since(self, seen: Version) -> list[BoardCell]:
        """The cells in which something happened to a value since, among the rows that the page had then."""
        then, now = ((each.reviewed, each.replaced, each.confirmed) for each in (seen, self.version))
        return [
            cell
            for row in self.rows
            if not self._is_new(row, seen)
            for cell in row.cells
            if any(
                line.pk > seen.newest or (then != now and (line.reviewed_at or line.replaced_at or line.confirmed_at))
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
            % {"name": item.cell.cell.seat.name, "kind": item.cell.column.label, "value": item.rows[-1][0]}
            for item in fresh
        )

    def rows_since(self, seen: Version) -> list[Row]:
        """The rows that the page of that version did not have."""
        return [row for row in self.rows if self._is_new(row, seen)]

    def gone_since(self, seen: Version) -> list[str]:
        """The seats that had a row in that version, of who is not here after all."""
        return [seat.code for seat in self.without_row if seat.enrolment.pk in seen.here]

    def _is_new(self, row: Row, seen: Version) -> bool:
        lines = [line for cell in row.cells for line in cell.cell.rows]
        return row.seat.enrolment.pk not in seen.here and all(line.pk > seen.newest for line in lines)


def build_board(
    session: GroupSession, membership: Membership, *, closed: str, trouble: tuple[str, Trouble] | None = None
) -> Board:
    """The board of a session that was fetched with its group.

    `closed` says why nothing can be entered, if so. `trouble` puts what was not taken back into the cell of that id.
    """
    rows = rows_of(session, known=[membership])
    version = version_of(session, rows, here=session.who_came)
    session.measured = {row.enrolment_id for row in rows if row.replaced_at is None}
    roles = (Facilitation.Role.FIRST, Facilitation.Role.CO)
    pair = SessionLead.objects.standing().filter(session=session, role__in=roles).order_by("pk")
    leads = list(pair.values_list("role", "membership", "membership__user__name"))
    columns = [Column.of(kind) for kind in kinds_of(session)]
    board = Board(session, membership, version=version, leads=leads, closed=closed, columns=columns)
    seats = seats_of(session, also={row.enrolment_id for row in rows})
    session.expected = {seat.enrolment.pk for seat in seats if seat.enrolment.state == Enrolment.State.ENROLLED}
    cells = into_cells(session, seats, rows)
    # A third reading is all that asks for them here: seldom.
    limits: Limits = cast(Limits, SimpleLazyObject(partial(limits_of, session)))
    for seat in seats:
        if not seat.child and OF_THE_CHILD.intersection(kinds_of(session)):
            (board.without_baby if seat.enrolment.pk in version.here else board.away).append(seat.enrolment)
            continue
        own = [cells[key_of(seat, column.kind)] for column in columns]
        if seat.enrolment.pk in version.here or any(cell.rows for cell in own):
            is_open = not closed and seat.enrolment.state == Enrolment.State.ENROLLED
            shown = [
                BoardCell(cell, limits, column, is_open=is_open) for cell, column in zip(own, columns, strict=True)
            ]
            for cell in shown:
                if trouble and trouble[0] == cell.id:
                    cell.trouble = trouble[1]
            board.rows.append(Row(seat, shown, session.day))
        else:
            board.without_row.append(seat)
            if seat.enrolment not in board.away:
                board.away.append(seat.enrolment)
    return board
