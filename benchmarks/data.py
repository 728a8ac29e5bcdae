"""A practice with groups of twelve in the middle of their series, values of three sessions, partners and messages."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from checks.models import Measurement
from groups.models import CareGroup, Enrolment
from participants.models import Child, Pregnancy
from practices.models import Membership, Practice, Role
from sessions.models import Attendance, GroupSession
from tests.factories import at, enrol, make_group, make_membership, make_participant, make_practice, make_session

SEATS = 12
SESSIONS = 10


def make_benchmark_practice(slug: str) -> Practice:
    return make_practice(slug, with_defaults=True)


def make_pair(practice: Practice) -> tuple[Membership, Membership]:
    return make_membership(practice, Role.FACILITATOR), make_membership(practice, Role.CO_FACILITATOR)


def add_group(
    practice: Practice,
    *,
    first: Membership,
    co: Membership,
    third_on: date,
    kind: CareGroup.Kind = CareGroup.Kind.PREGNANCY,
) -> GroupSession:
    """A full group whose third of ten sessions is on this day; returns that session, with everybody checked in.

    The women of a pregnancy group are due in twelve weeks, the babies of a parenting group were born eight weeks ago.
    """
    is_pregnancy = kind == CareGroup.Kind.PREGNANCY
    due = third_on + (timedelta(weeks=12) if is_pregnancy else timedelta(weeks=-8))
    group = make_group(
        practice,
        by=first,
        kind=kind,
        first=first,
        co=co,
        maximum=SEATS,
        window_from=due - timedelta(days=14),
        window_until=due + timedelta(days=14),
    )
    people = [make_participant(practice, given_name=f"Naam{seat}") for seat in range(SEATS)]
    if is_pregnancy:
        Pregnancy.objects.bulk_create(Pregnancy(practice=practice, participant=person, due_on=due) for person in people)
    else:
        Child.objects.bulk_create(Child(practice=practice, participant=person, born_on=due) for person in people)
    places = enrol(group, *people, by=first)
    sessions = [
        make_session(group, at(third_on + timedelta(weeks=2 * (number - 3)), 19, 30), number=number)
        for number in range(1, SESSIONS + 1)
    ]
    for session in sessions[:3]:
        _came(session, places, first)
    for session in sessions[:2] if is_pregnancy else []:
        _measured(session, places, first)
    return sessions[2]


def _came(session: GroupSession, places: list[Enrolment], by: Membership) -> None:
    Attendance.objects.bulk_create(
        Attendance(
            practice_id=session.practice_id,
            session=session,
            enrolment=place,
            outcome=Attendance.Outcome.PRESENT,
            recorded_at=session.starts_at,
            recorded_by=by,
        )
        for place in places
    )


def _measured(session: GroupSession, places: list[Enrolment], by: Membership) -> None:
    for kind, value, second in (("blood_pressure", 118, 76), ("weight", 72_400, None)):
        Measurement.objects.bulk_create(
            Measurement(
                practice_id=session.practice_id,
                session=session,
                enrolment=place,
                kind=kind,
                value=value,
                second_value=second,
                entered_by=by,
                entered_at=session.starts_at,
                save_key=uuid4(),
            )
            for place in places
        )
