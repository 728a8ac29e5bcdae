"""Guests of an evening and babies in the room."""

from datetime import timedelta

import pytest
from django.utils import timezone

from groups.models import EnrolledChild
from practices.models import Role
from sessions import company
from sessions import evening as acts
from sessions.evening import NotRunning
from sessions.events import sessions_changed
from sessions.models import Guest
from tests.cast import client_of
from tests.evenings import make_evening, url
from tests.factories import make_child, make_membership, make_session

HTMX = {"HX-Request": "true", "Accept-Language": "en"}


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator)


def test_a_guest_who_is_asked_beforehand_is_counted_once_she_is_here(as_facilitator, facilitator):
    evening = make_evening(facilitator, starts_at=timezone.now() + timedelta(minutes=20))
    asked = {"name": "Dr. Vos", "what_for": "jeugdarts"}
    for sent in (asked, asked | {"name": "dr. vos"}, {"name": "Oma", "what_for": ""}):
        as_facilitator.post(url("sessions:company", evening), sent)
    vos, oma = evening.session.guests.all()

    def counted():
        return as_facilitator.get(url("sessions:arrivals", evening)).context["guests"]

    before = counted()
    as_facilitator.post(url("sessions:guest", evening, vos.pk), {"act": "here"}, headers=HTMX)
    after = counted()
    as_facilitator.post(url("sessions:guest", evening, vos.pk), {"act": "away"}, headers=HTMX)
    as_facilitator.post(url("sessions:guest", evening, oma.pk), {"act": "remove"}, headers=HTMX)

    assert (before, after, counted()) == (0, 1, 0)
    assert [(guest.name, guest.what_for) for guest in evening.session.guests.all()] == [("Dr. Vos", "jeugdarts")]


def test_who_is_written_down_during_the_evening_is_here(evening, facilitator):
    guest = company.add_guest(evening.session, "Oma", "", by=facilitator, now=timezone.now())

    assert guest.arrived_at


def test_babies_are_counted_as_a_number_and_another_tablet_hears_it(as_facilitator, evening):
    here = url("sessions:arrivals", evening)
    version = as_facilitator.get(here, headers=HTMX).context["version"]

    for _ in range(2):
        as_facilitator.post(url("sessions:babies", evening), {"babies": "3"}, headers=HTMX)
    told = as_facilitator.get(here, {"version": version}, headers=HTMX)

    evening.session.refresh_from_db()
    assert (evening.session.babies, told.status_code, told.context["babies"]) == (3, 200, 3)


def test_the_babies_of_families_that_came_are_there_until_somebody_counts(facilitator):
    evening = make_evening(facilitator, kind="parenting")
    for place in evening.places[:2]:
        child = make_child(place.participant, evening.now.date())
        EnrolledChild.objects.get_or_create(practice=evening.practice, enrolment=place, child=child)
    acts.record_arrival(evening.session, evening.places[0], "present", by=facilitator, now=evening.now)

    assert company.babies_at(evening.session) == 1
    company.count_babies(evening.session, 0, now=timezone.now())
    evening.session.refresh_from_db()
    assert company.babies_at(evening.session) == 0


@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("sessions:babies", {"babies": "many"}, "a number from 0 to 40"),
        ("sessions:babies", {"babies": "-1"}, "a number from 0 to 40"),
        ("sessions:company", {"name": " ", "what_for": "zomaar"}, "zomaar"),
        ("sessions:company", {"name": "Sanne 123456782"}, "This may be a BSN"),
        ("sessions:company", {"name": "Arts", "what_for": "van 1234.56.782"}, "This may be a BSN"),
    ],
)
def test_what_cannot_be_counted_is_told(as_facilitator, evening, name, sent, shown):
    response = as_facilitator.post(url(name, evening), sent, headers=HTMX)

    assert response.status_code == 422
    assert shown in response.content.decode()


def test_the_form_for_a_guest_is_folded_away_until_something_is_wrong_in_it(as_facilitator, evening):
    as_it_is = as_facilitator.get(url("sessions:company", evening)).content.decode()
    wrong = as_facilitator.post(url("sessions:company", evening), {"name": " "}).content.decode()

    assert [page.count('<details class="fold" open>') for page in (as_it_is, wrong)] == [0, 1]
    assert as_it_is.count('<details class="fold">') == 1


def test_a_closed_evening_shows_who_was_there_and_takes_nobody(as_facilitator, practice, evening, facilitator):
    guest = company.add_guest(evening.session, "Oma", "kijkt mee", by=facilitator, now=evening.now)
    evening.session.closed_at, evening.session.closed_by = timezone.now(), facilitator
    evening.session.save()

    page = as_facilitator.get(url("sessions:company", evening)).content.decode()
    refused = [
        as_facilitator.post(url("sessions:company", evening), {"name": "Opa"}),
        as_facilitator.post(url("sessions:guest", evening, guest.pk), {"act": "remove"}),
        as_facilitator.post(url("sessions:babies", evening), {"babies": "3"}),
    ]

    assert "kijkt mee" in page
    assert "hx-post" not in page.replace('hx-post="' + url("sessions:babies", evening), "")
    assert [response.status_code for response in refused] == [422] * 3
    assert evening.session.guests.get() == guest
    with pytest.raises(NotRunning):
        company.welcome_guest(guest, False, by=facilitator, now=timezone.now())
    for role, status in ((Role.COORDINATOR, 403), (Role.FACILITATOR, 404)):
        other = client_of(make_membership(practice, role))
        assert other.get(url("sessions:company", evening)).status_code == status


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_guest_for_an_evening_that_was_closed_meanwhile_is_not_lost(as_facilitator, evening, facilitator, headers):
    evening.session.closed_at, evening.session.closed_by = timezone.now(), facilitator
    evening.session.save()

    sent = {"name": "Opa", "what_for": "kijkt mee"}
    response = as_facilitator.post(url("sessions:company", evening), sent, headers=headers)

    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "<p>Opa, kijkt mee</p>" in response.text


def test_guests_follow_their_session_to_the_one_in_its_place(facilitator):
    evening = make_evening(facilitator, starts_at=timezone.now() + timedelta(days=3))
    off = evening.session
    company.add_guest(off, "Dr. Vos", "", by=facilitator, now=timezone.now())
    off.cancelled_at, off.cancelled_by = timezone.now(), facilitator
    off.save()
    new = make_session(evening.group, evening.now + timedelta(days=1), number=off.number)

    sessions_changed.send(sender=None, group=evening.group, sessions=[off, new], now=timezone.now())

    assert Guest.objects.get().session == new
