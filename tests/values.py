"""Evenings at which something is measured, for the tests of the checks."""

from datetime import date

from django.urls import reverse
from django.utils import timezone

from checks.cells import load_cell, seat_of
from checks.entry import Refused, held, limits_of, write
from checks.kinds import CheckKind
from checks.reading import Unreadable, Values, read
from groups.models import CareGroup
from sessions.models import Attendance
from tests.evenings import make_evening
from tests.factories import enrol, make_child, make_group, make_participant

BP, WEIGHT = CheckKind.BLOOD_PRESSURE, CheckKind.WEIGHT


def measuring_evening(first, co=None, *, people=3, here=None, **fields):
    """An evening of pregnant women that began half an hour ago; the first `here` of them, or all, have come in."""
    evening = make_evening(first, co, people=people, **fields)
    come_in(evening.session, *evening.places[:here], by=first)
    return evening


def parents_evening(first, co=None, *, twins=1, **fields):
    """An evening of one mother with so many babies, checked in."""
    group = make_group(first.practice, by=first, kind=CareGroup.Kind.PARENTING, first=first, co=co)
    mother = make_participant(first.practice, "Sanne", "de Vries")
    for name in ("Bram", "Loek", "Teun")[:twins]:
        make_child(mother, date(2026, 6, 1), given_name=name)
    enrol(group, mother, by=first)
    evening = make_evening(first, co, group=group, **fields)
    come_in(evening.session, *evening.places, by=first)
    evening.children = list(mother.children.order_by("pk"))
    return evening


def come_in(session, *places, by):
    Attendance.objects.bulk_create(
        Attendance(
            practice_id=session.practice_id,
            session=session,
            enrolment=place,
            outcome=Attendance.Outcome.PRESENT,
            arrived_at=session.starts_at,
            recorded_at=session.starts_at,
            recorded_by=by,
        )
        for place in places
    )


def save_value(
    session, enrolment, kind, typed, *, child=None, reading=1, by, taken_by=None, seen=None, key=None, **more
):
    """Keep what was typed in one field or two, or values in base units, as the board does."""
    session = held(session)
    seat = seat_of(session, enrolment.pk, child.pk if child else None)
    try:
        values = typed if isinstance(typed, Values) else read(kind, *([typed] if isinstance(typed, str) else typed))
    except Unreadable as unreadable:
        raise Refused(unreadable.words) from unreadable
    return write(
        load_cell(session, seat, kind),
        values,
        limits=limits_of(session),
        reading=reading,
        by=by,
        taken_by=taken_by,
        seen=seen,
        key=key,
        **{"confirmed": False, **more},
    )


def keep(evening, typed, *, place=0, kind=BP, by=None, now=None, session=None, **options):
    """Save what was typed for a place of the evening, by her first facilitator unless somebody else is named."""
    return save_value(
        session or evening.session,
        evening.places[place],
        kind,
        typed,
        by=by or evening.first,
        now=now or timezone.now(),
        **options,
    )


def address(name, evening):
    return reverse(f"checks:{name}", args=[evening.practice.slug, evening.session.pk])


def cell_of(evening, kind=BP, *, place=0, child=None):
    return f"{evening.places[place].pk}-{child.pk if child else 0}-{kind}"


def post_cell(client, evening, *typed, kind=BP, place=0, child=None, htmx=True, **fields):
    """Leave a cell of the board in which something was typed, as the page does."""
    data = {"cell": cell_of(evening, kind, place=place, child=child), "reading": 1, **fields}
    data.update(zip(("first", "second"), typed, strict=False))
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(address("save", evening), data, headers=headers)
