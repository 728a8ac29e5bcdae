"""A practice whose rooms and people are taken at every hour of the week, as rows that are made in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, product

import pgtrigger
from django.db import connection
from django.utils import timezone

from groups.models import CareGroup, Facilitation
from participants.models import Participant
from practices.models import Membership, Practice, Role, Room
from practices.tenancy import practice_scope
from sessions.models import ScheduleTemplate
from tests.factories import at, make_membership, make_participant, make_practice, make_room

SESSIONS = 10
HOURS = ((9, 0), (13, 0), (16, 0), (19, 30))
WEEKDAYS = range(5)
PEOPLE = 8
Pair = tuple[Membership, Membership]

ENROLMENTS = """
INSERT INTO groups_enrolment (practice_id, group_id, participant_id, state, enrolled_at, reason, ended_from)
SELECT g.practice_id, g.id, p.id, 'enrolled', %s, '', ''
FROM groups_caregroup g CROSS JOIN participants_participant p WHERE g.id = ANY(%s) AND p.id = ANY(%s)
"""
# The clock shows the same hour in winter and in summer.
SESSIONS_OF_GROUPS = """
INSERT INTO group_sessions_groupsession
    (practice_id, group_id, number, starts_at, ends_at, occupied_until, room_id, theme, partners, with_doctor, remarks,
     sequence)
SELECT g.practice_id, g.id, n, start, start + interval '2 hours',
    start + interval '2 hours' + r.turnaround_minutes * interval '1 minute', g.room_id, '', 'welcome', false, '{}', 0
FROM (SELECT %s AS zone, unnest(%s::bigint[]) AS pk, unnest(%s::timestamptz[]) AS first) planned
JOIN groups_caregroup g ON g.id = planned.pk JOIN practices_room r ON r.id = g.room_id
CROSS JOIN generate_series(1, %s) n
CROSS JOIN LATERAL (SELECT ((first AT TIME ZONE zone) + (n - 1) * interval '14 days') AT TIME ZONE zone AS start) clock
"""
LEADS = """
INSERT INTO group_sessions_sessionlead
    (practice_id, session_id, membership_id, user_id, role, starts_at, occupied_until)
SELECT s.practice_id, s.id, f.membership_id, m.user_id, f.role, s.starts_at, s.occupied_until
FROM group_sessions_groupsession s JOIN groups_facilitation f ON f.group_id = s.group_id
JOIN practices_membership m ON m.id = f.membership_id WHERE s.group_id = ANY(%s)
"""


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
    roles = (Facilitation.Role.FIRST, Facilitation.Role.CO)
    Facilitation.objects.bulk_create(
        Facilitation(practice=house.practice, group=group, membership=member, role=role, starts_on=monday)
        for group, (slot, _first) in zip(groups, places, strict=True)
        for member, role in zip(slot.pair, roles, strict=True)
    )
    pks, starts = [group.pk for group in groups], [at(first, *slot.hour) for slot, first in places]
    # Ten thousands of rows: made where they stay, and without a history.
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(ENROLMENTS, [now, pks, [person.pk for person in house.people]])
        cursor.execute(SESSIONS_OF_GROUPS, [house.practice.time_zone, pks, starts, SESSIONS])
        cursor.execute(LEADS, [pks])


def _places(house: House, monday: date) -> Iterator[tuple[Slot, date]]:
    while True:
        for place, slot in enumerate(house.slots):
            # Half of them meet in the even weeks.
            yield slot, monday + timedelta(weeks=place % 2, days=slot.weekday)
        monday += timedelta(weeks=2 * SESSIONS)
