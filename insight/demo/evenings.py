"""What happened in the sessions of the demo that are over: who came, what was measured, discussed and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from checks.blocks import blocks_of
from checks.entry import limits_of
from checks.kinds import CheckKind
from checks.limits import Limits, judge
from checks.models import Mark, Measurement, TakenOver
from checks.reading import Values
from elements.closing import close_session
from elements.models import Debrief, Element, ElementAnswer
from groups.models import Enrolment
from insight.demo.content import Group
from insight.demo.values import REVIEW_NOTE, STORIES, baby, pressures, weight
from insight.demo.words import ANSWERS_CO, ANSWERS_FIRST, ANSWERS_OBSERVER, DEBRIEFS, TURN_NOTES
from participants.models import Child
from practices.models import Membership
from sessions.library import Moment
from sessions.library_defaults import PREGNANCY_THEMES
from sessions.models import CAME, Attendance, GroupSession, Guest, PlanItem, TurnNote
from sessions.plan import postpone
from sessions.schedule_templates import PartnerPolicy

Outcome = Attendance.Outcome
# Of a hundred people at a session, from the first number on.
OUTCOMES = [(0, Outcome.PRESENT), (80, Outcome.LATE), (86, Outcome.APOLOGISED), (94, Outcome.ABSENT)]
# The place in the circle of whom a story is told; the first place gives birth early where the group says so.
STORYTELLER = 1
REUNION = PREGNANCY_THEMES[-1].title


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One place of a group with the children who come along."""

    position: int
    enrolment: Enrolment
    children: Sequence[Child]
    story: str
    # Gave birth before this moment, while the series still ran.
    delivered_at: datetime | None = None

    @property
    def seed(self) -> str:
        return self.enrolment.participant.client_number

    def has_delivered(self, session: GroupSession) -> bool:
        return self.delivered_at is not None and self.delivered_at < session.starts_at

    def held_at(self, moment: datetime) -> bool:
        """Whether she had the place then."""
        row = self.enrolment
        return bool(row.enrolled_at and row.enrolled_at < moment and (row.left_at is None or row.left_at > moment))


@dataclass(frozen=True, kw_only=True)
class Evening:
    """One session that is over, with whom led it."""

    group: Group
    session: GroupSession
    seats: Sequence[Seat]
    first: Membership
    co: Membership
    # Sits in at the third session, and says how she saw it.
    observer: Membership
    # Left as it was when everybody went home: a value waits for review.
    is_open: bool
    # The records of all evenings before the newest are up to date.
    is_newest: bool

    @property
    def is_reunion(self) -> bool:
        """The last session of a pregnancy group, to which everybody brings her baby."""
        return self.session.theme == REUNION

    def happen(self) -> None:
        present = self._welcome()
        self._see_to(present)
        self._measure(present)
        self._talk()
        if not self.is_open:
            self._answer()
            close_session(self.session, by=self.first, now=self.session.ends_at + minutes(15))
            self._take_over()

    def _welcome(self) -> list[Seat]:
        """Say of everybody what became of her; who came."""
        here, rows = [], []
        for seat in self.seats:
            if not seat.held_at(self.session.starts_at):
                continue
            chance = Random(f"{seat.seed} {self.session.number}")  # noqa: S311
            outcome = self._outcome(seat, chance)
            rows.append(self._attendance(seat, outcome, chance))
            if outcome in CAME:
                here.append(seat)
            if outcome == Outcome.APOLOGISED:
                self.session.record_answer(
                    seat.enrolment, is_coming=False, now=self.session.starts_at - timedelta(hours=26)
                )
        Attendance.objects.bulk_create(rows)
        return here

    def _outcome(self, seat: Seat, chance: Random) -> Outcome:
        if seat.has_delivered(self.session) and not self.is_reunion:
            return Outcome.DELIVERED
        number = chance.randrange(100)
        return Outcome.PRESENT if seat.story else [each for start, each in OUTCOMES if start <= number][-1]

    def _attendance(self, seat: Seat, outcome: Outcome, chance: Random) -> Attendance:
        came, late = outcome in CAME, outcome == Outcome.LATE
        start = self.session.starts_at
        arrived_at = start + minutes(18 if late else seat.position - 6)
        expected = self.session.partners == PartnerPolicy.EXPECTED
        return Attendance(
            practice_id=self.session.practice_id,
            session=self.session,
            enrolment=seat.enrolment,
            outcome=outcome,
            with_partner=came and chance.randrange(100) < (75 if expected else 15),
            arrived_at=arrived_at if came else None,
            seen_at=start + minutes(6 + 3 * seat.position) if came else None,
            seen_by=self.first if came else None,
            recorded_at=arrived_at if came else start + minutes(25),
            recorded_by=self.co,
        )

    def _see_to(self, seats: Sequence[Seat]) -> None:
        """A few turns leave a note, the doctor is there where she was expected, and the babies are counted."""
        practice, session = self.session.practice_id, self.session
        TurnNote.objects.bulk_create(
            TurnNote(
                practice_id=practice,
                session=session,
                enrolment=seat.enrolment,
                text=TURN_NOTES[(seat.position + session.number) % len(TURN_NOTES)],
                written_at=session.starts_at + minutes(6 + 3 * seat.position),
                written_by=self.first,
            )
            for seat in seats
            if seat.position % 5 == 2
        )
        if session.with_doctor:
            Guest.objects.create(
                practice_id=practice,
                session=session,
                name="Dr. Smit",
                what_for="jeugdarts",
                arrived_at=session.starts_at,
                changed_by=self.co,
            )
        if self.is_reunion:
            session.babies = len(seats)
            session.save(update_fields=["babies"])

    def _measure(self, seats: Sequence[Seat]) -> None:
        limits = limits_of(self.session)
        rows: list[Measurement] = []
        for seat in seats:
            if seat.enrolment.pregnancy_id and not seat.has_delivered(self.session):
                readings = pressures(seat.seed, self.session.number, seat.story)
                for number, values in enumerate(readings, 1):
                    rows.append(self._value(seat, CheckKind.BLOOD_PRESSURE, values, limits, reading=number))
                # Weighing herself is for who wants to.
                if seat.position % 4:
                    rows.append(self._value(seat, CheckKind.WEIGHT, weight(seat.seed, self.session.number), limits))
            for child in seat.children:
                rows += self._growth(seat, child, limits)
        Measurement.objects.bulk_create(rows)

    def _growth(self, seat: Seat, child: Child, limits: Limits) -> list[Measurement]:
        kinds = (CheckKind.BABY_WEIGHT, CheckKind.BABY_LENGTH, CheckKind.BABY_HEAD)
        measured = baby(seat.seed, self.session.number, born_on=child.born_on, day=self.session.day, story=seat.story)
        return [self._value(seat, kind, values, limits, child) for kind, values in zip(kinds, measured, strict=True)]

    def _value(
        self,
        seat: Seat,
        kind: CheckKind,
        values: Values,
        limits: Limits,
        child: Child | None = None,
        reading: int = 1,
    ) -> Measurement:
        entered_at = self.session.starts_at + minutes(5 + 2 * seat.position + reading)
        mark = judge(kind, values, limits=limits).mark
        is_reviewed = mark != Mark.NONE and not self.is_open
        return Measurement(
            practice_id=self.session.practice_id,
            session=self.session,
            enrolment=seat.enrolment,
            child=child,
            kind=kind,
            reading=reading,
            value=values.first,
            second_value=values.second,
            mark=mark,
            # Tonight the tablet goes round.
            entered_by=None if self.is_open and seat.position % 5 == 2 else self.co,
            entered_at=entered_at,
            reviewed_by=self.first if is_reviewed else None,
            reviewed_at=entered_at + minutes(9) if is_reviewed else None,
            review_note=REVIEW_NOTE if is_reviewed else "",
        )

    def _talk(self) -> None:
        """All topics are done; every third evening leaves its last one for the next."""
        items = list(self.session.plan.order_by("position"))
        topics = [item for item in items if item.moment == Moment.TOPIC]
        if topics and self.session.number % 3 == 1:
            items.remove(topics[-1])
            postpone(topics[-1], by=self.first, now=self.session.ends_at - minutes(6))
        for place, topic in enumerate(items):
            topic.done_at = self.session.starts_at + minutes(35 + 14 * place)
            topic.changed_by = self.first
        PlanItem.objects.bulk_update(items, ["done_at", "changed_by"])

    def _answer(self) -> None:
        """Both raters answer what is asked, and sometimes an observer, each for herself; the debrief is the first's."""
        asked = list(Element.objects.current().asked())
        answered_at = self.session.ends_at + minutes(8)
        turn = self.session.number
        raters = [(self.first, ANSWERS_FIRST, 0), (self.co, ANSWERS_CO, 2)]
        if turn == 3:
            raters.append((self.observer, ANSWERS_OBSERVER, 9))
        rows = [
            ElementAnswer(
                practice_id=self.session.practice_id,
                session=self.session,
                rater=rater,
                element=element,
                answer=answers[(place + turn) % len(answers)],
                answered_at=answered_at + minutes(late),
            )
            for rater, answers, late in raters
            for place, element in enumerate(asked)
        ]
        ElementAnswer.objects.bulk_create(rows)
        went_well, was_difficult, next_time = DEBRIEFS[(turn + len(self.group.name)) % len(DEBRIEFS)]
        Debrief.objects.create(
            practice_id=self.session.practice_id,
            session=self.session,
            rater=self.first,
            answered_at=answered_at + minutes(3),
            went_well=went_well,
            was_difficult=was_difficult,
            next_time=next_time,
        )

    def _take_over(self) -> None:
        """The first facilitator copies the blocks into the records, and has come halfway with the newest evening."""
        blocks = blocks_of(self.session).shown
        TakenOver.objects.bulk_create(
            TakenOver(
                practice_id=self.session.practice_id,
                session=self.session,
                enrolment=block.seat.enrolment,
                child=block.seat.child,
                fingerprint=block.fingerprint,
                facts=block.facts.number,
                taken_over_by=self.first,
                taken_over_at=self.session.ends_at + minutes(20 + 2 * place),
            )
            for place, block in enumerate(blocks[: len(blocks) // 2] if self.is_newest else blocks)
        )


def story_of(group: Group, position: int) -> str:
    """The story that is told of this place; a story of a baby has no pressures."""
    is_told = position == STORYTELLER and group.story
    return group.story if is_told and (group.story in STORIES or group.story == "dips") else ""
