"""The register of one evening as it is read: a row for each place, and the counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from django.utils.translation import gettext as _

from groups.models import Enrolment
from participants.models import Participant
from practices.models import Membership
from sessions.evening import excused_from, places_at
from sessions.models import CAME, Attendance, GroupSession, TurnNote

Outcome = Attendance.Outcome
BY_PARTNER_ALONE = (Outcome.PARTNER_ONLY, Outcome.BY_PARTNER)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One place at one session. `measured` is None and `note` empty for somebody who may not know."""

    place: Enrolment
    attendance: Attendance | None
    cannot_come: bool
    measured: bool | None = None
    note: str = ""

    @property
    def person(self) -> Participant:
        return self.place.participant

    @property
    def name(self) -> str:
        return self.person.given_name

    @property
    def is_here(self) -> bool:
        return self.attendance is not None and self.attendance.outcome in CAME

    @property
    def is_expected(self) -> bool:
        return self.attendance is None and not self.cannot_come

    @property
    def with_partner(self) -> bool:
        return self.attendance is not None and self.attendance.with_partner

    @property
    def is_seen(self) -> bool:
        return self.attendance is not None and self.attendance.seen_at is not None

    @property
    def may_change(self) -> bool:
        """Somebody who left the group keeps what was recorded."""
        return self.place.state == Enrolment.State.ENROLLED

    @property
    def arrived_at(self) -> datetime | None:
        if not self.is_here or self.attendance is None:
            return None
        return self.attendance.arrived_at or self.attendance.recorded_at

    @property
    def state(self) -> str:
        """How the circle draws it."""
        if self.is_expected:
            return "expected"
        if not self.is_here:
            return "apologised"
        return "seen" if self.is_seen else "measured" if self.measured else "present"

    @property
    def word(self) -> str:
        """What is known, in words."""
        if self.attendance is None:
            return _("said she cannot come") if self.cannot_come else _("expected")
        return self.attendance.get_outcome_display()

    @property
    def icon(self) -> str:
        if self.attendance and self.attendance.outcome in BY_PARTNER_ALONE:
            return "people"
        if self.is_here:
            return "clock" if self.attendance and self.attendance.outcome == Outcome.LATE else "check"
        return "waiting" if self.is_expected else "minus"

    @property
    def tone(self) -> str:
        return "good" if self.is_here else "" if self.is_expected else "warn"


@dataclass(frozen=True)
class Register:
    rows: list[Row]

    @property
    def people(self) -> list[Participant]:
        return [row.person for row in self.rows]

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def here(self) -> int:
        return sum(row.is_here for row in self.rows)

    @property
    def centre(self) -> str:
        """What stands in the middle of the circle."""
        return f"{self.here}/{self.total}"

    @property
    def expected(self) -> int:
        return sum(row.is_expected for row in self.rows)

    @property
    def not_coming(self) -> int:
        return self.total - self.here - self.expected

    @property
    def partners(self) -> int:
        """Partners in the room, with her or in her place."""
        alone = sum(row.attendance is not None and row.attendance.outcome in BY_PARTNER_ALONE for row in self.rows)
        return sum(row.with_partner for row in self.rows) + alone

    @property
    def seen(self) -> int:
        return sum(row.is_seen for row in self.rows)

    @property
    def waiting(self) -> list[Row]:
        """Who is here and was not seen yet, in the order of coming in."""
        return _in_order(row for row in self.rows if row.is_here and not row.is_seen)

    @property
    def were_seen(self) -> list[Row]:
        return _in_order(row for row in self.rows if row.is_seen)

    @property
    def version(self) -> str:
        """The same as long as nothing that is shown has changed."""
        shown = [
            (
                row.place.pk,
                row.place.state,
                row.word,
                row.with_partner,
                row.is_seen,
                row.measured,
                row.arrived_at,
                row.note,
            )
            for row in self.rows
        ]
        return blake2b(repr(shown).encode(), digest_size=8).hexdigest()


def register_of(session: GroupSession, *, with_measured: bool, notes_for: Membership | None = None) -> Register:
    """Everybody this session is about, by last name, in three queries.

    `with_measured` adds one: who has a value, and no more than that. `notes_for` adds one too: what was noted of each
    turn, as far as she may read it.
    """
    outcomes = {row.enrolment_id: row for row in session.attendances.all()}
    excused = excused_from(session)
    measured = session.measured if with_measured else None
    notes = _notes_of(session, notes_for) if notes_for else {}
    return Register(
        [
            Row(
                place=place,
                attendance=outcomes.get(place.pk),
                cannot_come=place.pk in excused,
                measured=None if measured is None else place.pk in measured,
                note=notes.get(place.pk, ""),
            )
            for place in places_at(session).select_related("participant")
        ]
    )


def _notes_of(session: GroupSession, membership: Membership) -> dict[int, str]:
    return dict(TurnNote.objects.visible_to(membership).filter(session=session).values_list("enrolment", "text"))


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.arrived_at is None, row.arrived_at, row.person.sort_key, row.place.pk))
