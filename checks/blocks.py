"""What of one evening goes into the health record: for each person, or baby, a block of plain text to copy.

It holds what the record needs, and not her name: who pastes it has the record open, and the client number tells whose
it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from checks.cells import Cell, Seat, into_cells, key_of, kinds_of, rows_of, seats_of, values_of
from checks.kinds import CheckKind
from checks.models import Mark, Measurement, TakenOver
from checks.reading import UNITS, written
from groups.models import Enrolment
from participants.ages import weeks_old
from practices.models import Membership
from sessions.models import CAME, Attendance, GroupSession, TurnNote


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a block tells of one seat."""

    session: GroupSession
    seat: Seat
    client_number: str
    cells: Sequence[Cell]
    attendance: Attendance | None = None
    note: str = ""
    noted_at: datetime | None = None

    @property
    def readings(self) -> list[Measurement]:
        return [row for cell in self.cells for row in cell.readings.values()]

    @property
    def is_seen(self) -> bool:
        return self.attendance is not None and self.attendance.seen_at is not None

    @property
    def number(self) -> int:
        """How many there are beside the dates: `LEFT_OF_EVENINGS` counts them too."""
        return len(self.readings) + self.is_seen + bool(self.note)

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything in the block is; the same in every language."""
        seen = (self.attendance.seen_by_id, self.attendance.seen_at) if self.attendance and self.is_seen else None
        readings = [
            (row.pk, row.mark, row.confirmed_by_id, row.reviewed_by_id, row.review_note, row.correction_reason)
            for row in self.readings
        ]
        child, pregnancy = self.seat.child, self.seat.enrolment.pregnancy
        due_on = pregnancy.due_on if pregnancy and not pregnancy.has_ended_by(self.session.day) else None
        dates = (self.session.day, child.born_on if child else None, due_on)
        facts = (self.client_number, *map(str, dates), readings, seen, self.note, self.noted_at)
        return sha256(repr(facts).encode()).hexdigest()


@dataclass(frozen=True)
class Block:
    """One block as its page shows it; `taken` is the row that stands for it, of this text or of one before."""

    facts: Facts
    taken: TakenOver | None

    @property
    def seat(self) -> Seat:
        return self.facts.seat

    @property
    def fingerprint(self) -> str:
        return self.facts.fingerprint

    @property
    def is_taken_over(self) -> bool:
        return self.taken is not None and self.taken.fingerprint == self.fingerprint

    @property
    def has_changed(self) -> bool:
        """It was taken over, and something in it is another since."""
        return self.taken is not None and not self.is_taken_over

    @property
    def text(self) -> str:
        return "\n".join(lines_of(self.facts))

    @property
    def rows(self) -> int:
        return len(lines_of(self.facts)) + 1


@dataclass(frozen=True)
class Blocks:
    """The page of one evening: its blocks in the order of the circle, and whom nothing was recorded of."""

    shown: list[Block]
    empty: list[Seat]

    @property
    def left(self) -> int:
        return sum(not block.is_taken_over for block in self.shown)

    @property
    def seats(self) -> list[Seat]:
        return [block.seat for block in self.shown] + self.empty


def blocks_of(session: GroupSession) -> Blocks:
    """The blocks of a session that was fetched with its group; as many queries however many they are."""
    rows = rows_of(session)
    turns = TurnNote.objects.filter(session=session, practice_id=session.practice_id)
    notes = {place: (text, at) for place, text, at in turns.values_list("enrolment_id", "text", "written_at")}
    came = Attendance.objects.filter(session=session, practice_id=session.practice_id, outcome__in=CAME)
    attended = {row.enrolment_id: row for row in came.select_related("seen_by__user")}
    taken = {
        (row.enrolment_id, row.child_id): row
        for row in TakenOver.objects.standing()
        .filter(session=session, practice_id=session.practice_id)
        .select_related("taken_over_by__user")
    }
    recorded = {row.enrolment_id for row in rows} | set(notes) | set(attended)
    seats = seats_of(session, also=recorded | {place for place, _child in taken})
    numbers = _client_numbers(session, seats)
    cells = into_cells(session, seats, rows, with_last=False)
    blocks, empty = [], []
    for seat in seats:
        note, noted_at = notes.get(seat.enrolment.pk, ("", None))
        facts = Facts(
            session=session,
            seat=seat,
            client_number=numbers[seat.enrolment.pk],
            cells=[cells[key_of(seat, kind)] for kind in kinds_of(session)],
            attendance=attended.get(seat.enrolment.pk),
            note=note,
            noted_at=noted_at,
        )
        tick = taken.get((seat.enrolment.pk, seat.child.pk if seat.child else None))
        # What was taken over and is gone since has to go from the record too.
        if facts.number or tick:
            blocks.append(Block(facts, tick))
        else:
            empty.append(seat)
    return Blocks(blocks, empty)


def lines_of(facts: Facts) -> list[str]:
    """The block in words, a fact a line."""
    session, seat = facts.session, facts.seat
    lines = [
        _("%(group)s, session %(number)d, %(day)s")
        % {
            "group": session.group.get_kind_display(),
            "number": session.number,
            "day": date_format(session.day, "j F Y"),
        },
        _("Client number: %(number)s") % {"number": facts.client_number},
    ]
    if seat.child:
        born = {"day": date_format(seat.child.born_on, "j F Y"), "age": weeks_old(seat.child.born_on, session.day)}
        if seat.child.given_name:
            lines.append(_("Baby: %(name)s, born %(day)s, %(age)s") % {"name": seat.child.given_name, **born})
        else:
            lines.append(_("Baby born %(day)s, %(age)s") % born)
    elif seat.enrolment.pregnancy and (age := seat.enrolment.pregnancy.age_on(session.day)):
        lines.append(_("Gestational age: %(age)s") % {"age": age})
    for row in facts.readings:
        lines += _reading(row)
    if facts.is_seen and facts.attendance and facts.attendance.seen_by:
        lines.append(_("Seen one to one by %(name)s") % {"name": _name(facts.attendance.seen_by)})
    if facts.note:
        lines.append(_("Note: %(note)s") % {"note": facts.note})
    return lines


def _reading(row: Measurement) -> list[str]:
    kind = CheckKind(row.kind)
    value = f"{written(kind, values_of(row))} {UNITS[kind].name}"
    what = str(capfirst(kind.label))
    if row.reading > 1:
        what = _("%(what)s, reading %(number)d") % {"what": what, "number": row.reading}
    who = _("Measured by %(measured)s, typed by %(typed)s") % {
        "measured": _name(row.taken_by) if row.taken_by else row.herself,
        "typed": _name(row.entered_by) if row.entered_by else row.herself,
    }
    lines = [f"{what}: {value}", f"  {who}"]
    if row.confirmed_by:
        lines.append("  " + _("Confirmed by %(name)s") % {"name": _name(row.confirmed_by)})
    elif row.entered_by is None:
        lines.append("  " + _("Not confirmed yet"))
    if row.mark != Mark.NONE:
        lines.append(f"  {capfirst(Mark(row.mark).label)}")
        if row.reviewed_by and row.reviewed_at:
            at = timezone.localtime(row.reviewed_at)
            seen = _("Seen by %(name)s, %(day)s %(time)s") % {
                "name": _name(row.reviewed_by),
                "day": date_format(at, "j F Y"),
                "time": time_format(at, "H:i"),
            }
            lines.append(f"  {seen}: {row.review_note}" if row.review_note else f"  {seen}")
        else:
            lines.append("  " + _("Not reviewed yet"))
    if row.correction_reason:
        lines.append("  " + _("Corrected: %(reason)s") % {"reason": row.correction_reason})
    return lines


def _name(member: Membership) -> str:
    return f"{member.user.name} ({member.get_profession_display()})"


def _client_numbers(session: GroupSession, seats: Collection[Seat]) -> dict[int, str]:
    """By place. The board has no need of them, and its seats come without."""
    places = Enrolment.objects.filter(
        pk__in={seat.enrolment.pk for seat in seats}, practice_id=session.practice_id
    ).order_by()
    return dict(places.values_list("pk", "participant__client_number"))
