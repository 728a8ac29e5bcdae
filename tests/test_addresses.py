"""Every address there is, asked for by a stranger, by nobody, and by somebody who may."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import get_resolver
from django.utils import timezone

from checks.models import Limit
from groups.models import Enrolment
from neighbourhood.models import Activity, Meeting, Partner
from practices.access import views_of
from practices.models import Absence, ClosedDays, Membership, Role, Room
from reminders.models import Reminder
from sessions.models import ActivityFormat, CalendarFeed, GroupSession, Guest, LibraryTopic, PlanItem, ScheduleTemplate
from tests.cast import client_of
from tests.factories import enrol, make_child, make_group, make_membership, make_participant, make_session
from tests.house import build_house

# What the number behind each part of a path names, in the world below. The longest part that fits decides.
NUMBERS = {
    "participants/<int:pk>/": lambda world: world.group.enrolments.get().participant_id,
    "groups/<int:pk>/": lambda world: world.group_id,
    "sessions/<int:pk>/": lambda world: world.pk,
    "observations/<int:pk>/": lambda world: GroupSession.objects.standing().exclude(pk=world.pk).get().pk,
    "neighbourhood/<int:pk>/": lambda world: Partner.objects.first().pk,
    "neighbourhood/activities/<int:pk>/": lambda world: Activity.objects.first().pk,
    "neighbourhood/meetings/<int:pk>/": lambda world: Meeting.objects.get(session=world).pk,
    "practice/staff/<int:pk>/": lambda world: Membership.objects.first().pk,
    "practice/absences/<int:pk>/": lambda world: Absence.objects.first().pk,
    "practice/schedules/<int:pk>/": lambda world: ScheduleTemplate.objects.first().pk,
    "practice/library/formats/<int:pk>/": lambda world: ActivityFormat.objects.first().pk,
    "practice/library/topics/<int:pk>/": lambda world: LibraryTopic.objects.first().pk,
    "<int:guest>/": lambda world: Guest.objects.get(session=world).pk,
    "<int:number>/": lambda world: 1,
    "<str:moment>/": lambda world: "opening",
    "practice/limits/<int:pk>/": lambda world: Limit.objects.first().pk,
    "practice/rooms/<int:pk>/": lambda world: Room.objects.first().pk,
    "messages/<int:pk>/": lambda world: Reminder.objects.get(session=world).pk,
    "practice/closed-days/<int:pk>/": lambda world: ClosedDays.objects.first().pk,
    "places/<int:pk>/": lambda world: Enrolment.objects.get(group=world.group).pk,
    "calendars/<int:pk>/": lambda world: CalendarFeed.objects.get(group=world.group).pk,
    "sample.<str:extension>": lambda world: "csv",
    "<int:seat>/": lambda world: Enrolment.objects.get(group=world.group).pk,
    "<int:child>/": lambda world: world.group.enrolments.get().participant.children.get().pk,
    "<int:topic>/": lambda world: PlanItem.objects.get(session=world).pk,
}
ROUTES = sorted({route for route, _view in views_of(get_resolver().url_patterns)})
OF_A_PRACTICE = [route for route in ROUTES if route.startswith("<slug:practice_slug>/")]
# Pages that show nothing of a practice: signing in, the choice of a language, what a token opens.
OUTSIDE = [route for route in ROUTES if route not in OF_A_PRACTICE]


@pytest.fixture
def world(practice, facilitator):
    """A session of this evening, led by a midwife who coordinates too, with one of everything around it."""
    build_house(practice)
    owner = make_membership(practice, *Role, name="Olga Overal")
    group = make_group(practice, by=owner, first=owner)
    person = make_participant(practice, due_on=group.window_from)
    make_child(person, group.window_from)
    (place,) = enrol(group, person, by=owner)
    session = make_session(group, timezone.now() + timedelta(minutes=5))
    make_failed_message(place, session)
    PlanItem.objects.create(
        practice=practice, session=session, position=1, title="Slaap", added_at=timezone.now(), changed_by=owner
    )
    Meeting.objects.create(
        practice=practice,
        session=session,
        activity=Activity.objects.first(),
        arranged_by=owner,
        arranged_at=timezone.now(),
    )
    Guest.objects.create(practice=practice, session=session, name="Dr. Vos", changed_by=owner)
    CalendarFeed.objects.create(practice=practice, group=group, holder=owner, created_at=timezone.now())
    return GroupSession.objects.get(pk=session.pk), client_of(owner)


def make_failed_message(place, session):
    now = timezone.now()
    moments = {"created_at": now, "due_at": now, "sending_at": now, "failed_at": now}
    Reminder.objects.create(
        practice=place.practice,
        enrolment=place,
        session=session,
        occasion="week_before",
        channel="email",
        key="failed",
        failure="refused",
        **moments,
    )


def address(route, world, practice):
    path = route.replace("<slug:practice_slug>", practice.slug)
    while "<" in path:
        fitting = [part for part in NUMBERS if part in path]
        assert fitting, f"no number is known for {route}"
        part = max(fitting, key=len)
        path = path.replace(part, re.sub(r"<\w+:\w+>", str(NUMBERS[part](world)), part))
    return f"/{path}"


def test_a_stranger_finds_nothing_at_any_address_of_a_practice(practice, world, as_stranger):
    session, _ = world

    found = {
        route: (as_stranger.get(url).status_code, as_stranger.post(url).status_code)
        for route in OF_A_PRACTICE
        for url in [address(route, session, practice)]
    }

    assert {route: status for route, status in found.items() if status != (404, 404)} == {}


def test_somebody_signed_out_is_asked_to_sign_in_at_every_address_of_a_practice(practice, world, client):
    session, _ = world

    for route in OF_A_PRACTICE:
        url = address(route, session, practice)
        assert client.get(url).url == f"/accounts/login/?next={url}", route
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 401, route
        kept = client.post(url, {"note": ["<typed>", "twice"]})
        assert (kept.status_code, kept.context["kept"]) == (401, [("note", "<typed>"), ("note", "twice")]), route
        assert "<typed>" not in kept.text
        # A file cannot be kept in a page.
        assert client.post(url, {"file": ContentFile(b"x", "x.csv")}).url == f"/accounts/login/?next={url}", route


def test_somebody_who_may_finds_something_at_every_address(practice, world):
    session, owner = world

    # Twice over: first everything that only looks, then what changes, sent all but empty.
    pages = {route: owner.get(address(route, session, practice)) for route in OF_A_PRACTICE}
    looked = {route: page.status_code for route, page in pages.items()}
    acts = [route for route, status in looked.items() if status == 405]
    acted = {route: owner.post(address(route, session, practice), {"act": "done"}).status_code for route in acts}

    assert {route: status for route, status in looked.items() if status not in {200, 204, 302, 405}} == {}
    # What a view calls as the frame does (`places`) would stand in the navigation.
    assert [route for route, page in pages.items() if 'href=""' in page.content.decode(errors="replace")] == []
    assert {route: status for route, status in acted.items() if status not in {200, 204, 302, 400, 422}} == {}


def test_what_lies_outside_the_practices_is_known_by_name(db):
    assert [route for route in OUTSIDE if not route.startswith("accounts/")] == [
        "",
        "a/<slug:token>/",
        "calendar/<slug:token>.ics",
        "healthz",
        "i18n/setlang/",
        "mailbox/",
        "mailbox/<str:key>/",
        "tablet/",
        "tablet/<slug:token>/",
        "tablet/leave/",
    ]
