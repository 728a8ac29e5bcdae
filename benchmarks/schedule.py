"""A practice whose rooms and people are taken at every hour of the week, as rows that are made in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, product

from django.utils import timezone

from groups.models import CareGroup, Enrolment, Facilitation
from participants.models import Participant
from practices.models import Membership, Practice, Role, Room
from practices.tenancy import practice_scope
from sessions.models import GroupSession, ScheduleTemplate, SessionLead
from tests.factories import at, make_membership, make_participant, make_practice, make_room

SESSIONS = 10
HOURS = ((9, 0), (13, 0), (16, 0), (19, 30))
WEEKDAYS = range(5)
PEOPLE = 8
Pair = tuple[Membership, Membership]


@dataclass(frozen=True)
class Slot:
    """An hour of the week in a room, and who works there then."""

    weekday: int
    hour: tuple[int, int]
    room: Room
    pair: Pair


@dataclass(frozen=True)
class House:
    practice: Practice
    template: ScheduleTemplate
    slots: list[Slot]
    # Each has a place in every group: who they are costs the planner nothing.
    people: list[Participant]

    @property
    def planner(self) -> Membership:
        return self.slots[0].pair[0]


def found_house(slug: str, *, rooms: int) -> House:
    """Each room has two pairs, one for the first two hours of a day and one for the others: twenty slots a week."""
    practice = make_practice(slug, with_defaults=True)
    with practice_scope(practice):
        template = ScheduleTemplate.objects.filter(practice=practice, kind=CareGroup.Kind.PREGNANCY).order_by("pk")[0]
        slots = []
        for _ in range(rooms):
            room = make_room(practice)
            pairs = [
                (make_membership(practice, Role.FACILITATOR), make_membership(practice, Role.CO_FACILITATOR))
                for _half in range(2)
            ]
            slots += [
                Slot(weekday, hour, room, pairs[place // 2])
                for weekday, (place, hour) in product(WEEKDAYS, enumerate(HOURS))
            ]
        people = [make_participant(practice) for _ in range(PEOPLE)]
    return House(practice, template, slots, people)


def add_groups(house: House, count: int, *, monday: date) -> None:
    """So many groups of ten sessions, every two weeks from that week on; when no slot is left, twenty weeks later."""
    places = list(islice(_places(house, monday), count))
    now = timezone.now()
    groups = CareGroup.objects.bulk_create(
        CareGroup(
            practice=house.practice,
            name=f"Kring {number}",
            kind=CareGroup.Kind.PREGNANCY,
            room=slot.room,
            window_from=first + timedelta(weeks=22),
            window_until=first + timedelta(weeks=26),
            minimum=6,
            target=10,
            maximum=12,
            created_at=now,
            created_by=house.planner,
        )
        for number, (slot, first) in enumerate(places, 1)
    )
    Enrolment.objects.bulk_create(
        Enrolment(practice=house.practice, group=group, participant=person, state="enrolled", enrolled_at=now)
        for group, person in product(groups, house.people)
    )
    roles = (Facilitation.Role.FIRST, Facilitation.Role.CO)
    Facilitation.objects.bulk_create(
        Facilitation(practice=house.practice, group=group, membership=member, role=role, starts_on=monday)
        for group, (slot, _first) in zip(groups, places, strict=True)
        for member, role in zip(slot.pair, roles, strict=True)
    )
    sessions = GroupSession.objects.bulk_create(
        session
        for group, (slot, first) in zip(groups, places, strict=True)
        for session in _sessions(group, slot, first)
    )
    pairs = {group.pk: slot.pair for group, (slot, _first) in zip(groups, places, strict=True)}
    SessionLead.objects.bulk_create(
        SessionLead(
            practice=house.practice,
            session=session,
            membership=member,
            user_id=member.user_id,
            role=role,
            starts_at=session.starts_at,
            occupied_until=session.occupied_until,
        )
        for session in sessions
        for member, role in zip(pairs[session.group_id], roles, strict=True)
    )


def _places(house: House, monday: date) -> Iterator[tuple[Slot, date]]:
    while True:
        for place, slot in enumerate(house.slots):
            # Half of them meet in the even weeks.
            yield slot, monday + timedelta(weeks=place % 2, days=slot.weekday)
        monday += timedelta(weeks=2 * SESSIONS)


def _sessions(group: CareGroup, slot: Slot, first: date) -> Iterator[GroupSession]:
    for number in range(1, SESSIONS + 1):
        starts_at: datetime = at(first + timedelta(weeks=2 * (number - 1)), *slot.hour)
        ends_at = starts_at + timedelta(hours=2)
        yield GroupSession(
            practice_id=group.practice_id,
            group=group,
            number=number,
            starts_at=starts_at,
            ends_at=ends_at,
            occupied_until=ends_at + timedelta(minutes=slot.room.turnaround_minutes),
            room=slot.room,
        )
