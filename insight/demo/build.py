"""One practice of the demo, from nothing to a week in its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone, translation

from groups.models import CareGroup, Enrolment
from insight.demo.content import Neighbour, Organisation, Place, Staff
from insight.demo.crowd import Crowd
from insight.demo.groups import Ground, make_group
from neighbourhood.models import Activity, Partner
from participants.ages import TERM
from practices.founding import found_practice
from practices.models import Membership, Practice, Room, User
from practices.tenancy import practice_scope
from reminders.ledger import count_as_sent

PASSWORD = "centering"  # noqa: S105
YEARS_AGO = timedelta(days=1100)


def build(organisation: Organisation, *, password: str, now: datetime) -> Practice:
    """Make this practice with all that is in it. `password` is hashed already, once for everybody: that is slow."""
    practice = Practice.objects.filter(slug=organisation.slug).first() or Practice(slug=organisation.slug)
    practice.name, practice.kind, practice.phone = organisation.name, organisation.kind, organisation.phone
    practice.sender_name, practice.messages_from, practice.messages_until = organisation.sender, None, None
    with timezone.override(practice.zone), translation.override(practice.language):
        today = timezone.localtime(now).date()
        first, *others = organisation.staff
        coordinator = found_practice(
            practice,
            coordinator=_user(first, organisation, password),
            profession=first.profession,
            on=today - YEARS_AGO,
        )
        with practice_scope(practice):
            staff = {first.account: coordinator}
            for each in others:
                staff[each.account] = _member(practice, each, organisation, password, today)
            _fill(practice, organisation, staff, now)
    return practice


def hashed_password() -> str:
    return make_password(PASSWORD)


def _fill(practice: Practice, organisation: Organisation, staff: Mapping[str, Membership], now: datetime) -> None:
    crowd = Crowd(practice, organisation)
    ground = Ground(
        practice=practice,
        crowd=crowd,
        staff=staff,
        rooms={place.name: _room(practice, place) for place in organisation.rooms},
        activities=_activities(practice, organisation.neighbours),
        now=now,
    )
    for wanted in organisation.groups:
        make_group(ground, wanted)
    people = crowd.come(organisation.unplaced, language="nl", at=now - timedelta(days=4))
    kind = CareGroup.Kind.PARENTING if practice.kind == Practice.Kind.YOUTH else CareGroup.Kind.PREGNANCY
    crowd.expect(people, kind, window=_window_of_the_unplaced(kind, ground.today))
    # What was due until now was sent then; what the people who joined just now get is due now, and leaves.
    count_as_sent(Enrolment.objects.filter(practice=practice, enrolled_at__isnull=False), until=now)


def _window_of_the_unplaced(kind: str, today: date) -> tuple[date, date]:
    """People for whom a new group could begin in the coming weeks."""
    if kind == CareGroup.Kind.PREGNANCY:
        middle = today + TERM - timedelta(weeks=10)
        return middle - timedelta(weeks=2), middle + timedelta(weeks=2)
    return today - timedelta(weeks=4), today


def _user(staff: Staff, organisation: Organisation, password: str) -> User:
    email = staff.account if "@" in staff.account else f"{staff.account}@{organisation.slug}.example"
    values = {"name": staff.name, "password": password, "is_active": True}
    user, _is_new = User.objects.update_or_create(email=email, defaults=values)
    return user


def _member(practice: Practice, staff: Staff, organisation: Organisation, password: str, today: date) -> Membership:
    return Membership.objects.create(
        practice=practice,
        user=_user(staff, organisation, password),
        roles=[staff.role],
        profession=staff.profession,
        is_trained=staff.trained,
        organisation=staff.organisation,
        starts_on=today - YEARS_AGO,
        ends_on=today + timedelta(days=staff.days_left) if staff.days_left else None,
    )


def _room(practice: Practice, place: Place) -> Room:
    return Room.objects.create(
        practice=practice, name=place.name, street=place.street, postcode=place.postcode, town=place.town
    )


def _activities(practice: Practice, neighbours: Sequence[Neighbour]) -> dict[str, Activity]:
    """The partners of the practice with what they do; the activities by title."""
    found = {}
    for number, each in enumerate(neighbours, 1):
        partner = Partner.objects.create(
            practice=practice,
            name=each.name,
            kind=each.kind,
            contact_name=each.contact,
            email=f"partner{number}@example.org",
            phone=f"+313000001{number:02}",
            street=each.street,
            postcode=each.postcode,
            town=each.town,
        )
        for title, description, takes_place in each.activities:
            found[title] = Activity.objects.create(
                practice=practice, partner=partner, title=title, description=description, takes_place=takes_place
            )
    return found
