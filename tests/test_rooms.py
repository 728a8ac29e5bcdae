from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from practices.models import ClosedDays, Practice, Role, Room
from practices.places import places_for
from practices.tabs import tabs_for
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import at, make_group, make_membership, make_practice, make_room, make_session
from tests.races import overtaken


def url(name, practice, *rest):
    return reverse(f"practices:{name}", args=[practice.slug, *rest])


KRING = {"name": "De Kring", "street": "Dorpsstraat 1", "postcode": "3511 AB", "town": "Utrecht", "seats": "14",
         "turnaround_minutes": "15"}  # fmt: skip


def settings_data(**changes):
    return {
        "name": "De Linde", "sender_name": "De Linde", "phone": "", "language": "nl", "messages_from": "",
        "messages_until": "", "school_region": "Midden",
    } | changes  # fmt: skip


def test_a_room_is_added_and_shown_with_its_address(as_coordinator, practice):
    response = as_coordinator.post(url("room_add", practice), KRING)

    room = Room.objects.get()
    assert response.url == url("rooms", practice)
    assert room.address == "Dorpsstraat 1, 3511 AB Utrecht"
    assert room.address in as_coordinator.get(url("rooms", practice)).content.decode()


def test_a_room_is_changed(as_coordinator, practice):
    room = make_room(practice, "De Kring")

    as_coordinator.post(url("room", practice, room.pk), KRING | {"seats": "9"})

    room.refresh_from_db()
    assert room.seats == 9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Zaal"}, "name"),
        ({"seats": "0"}, "seats"),
        ({"seats": "many"}, "seats"),
        ({"turnaround_minutes": "-1"}, "turnaround_minutes"),
        ({"turnaround_minutes": "241"}, "turnaround_minutes"),
        ({"postcode": "x" * 11}, "postcode"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(as_coordinator, practice, changes, field):
    make_room(practice, "Zaal")

    response = as_coordinator.post(url("room_add", practice), KRING | changes)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Room.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_one_room_at_once_the_second_is_told():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.COORDINATOR))

    def add():
        response = browser.post(url("room_add", practice), KRING)
        return response.status_code, list(response.context["form"].errors)

    with practice_scope(practice), overtaken(add) as outcome:
        make_room(practice, "De Kring")

    assert outcome() == (422, ["name"])


def test_a_room_is_no_longer_used_and_used_again(as_coordinator, practice, facilitator):
    room = make_room(practice, "De Kring")
    group = make_group(practice, by=facilitator, first=facilitator)
    make_session(group, at(timezone.localdate() + timedelta(days=9), 19), room=room)

    asked = as_coordinator.get(url("retire", practice, room.pk))
    as_coordinator.post(url("retire", practice, room.pk))

    assert len(asked.context["consequences"]) == 1
    page = as_coordinator.get(url("rooms", practice))
    assert (page.context["rooms"], page.context["retired"]) == ([], [room])
    assert not Room.objects.in_use(timezone.localdate()).exists()
    as_coordinator.post(url("reopen", practice, room.pk))
    assert Room.objects.in_use(timezone.localdate()).exists()
    assert as_coordinator.get(url("reopen", practice, room.pk)).status_code == 405


def test_a_room_without_sessions_has_no_consequences(as_coordinator, practice):
    room = make_room(practice)

    assert as_coordinator.get(url("retire", practice, room.pk)).context["consequences"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_ask_the_same_number_of_queries_however_long_they_are(
    as_coordinator, practice, number, django_assert_num_queries
):
    day = timezone.localdate()
    for _ in range(number):
        make_room(practice)
        make_room(practice, retired_on=day)
        ClosedDays.objects.create(practice=practice, starts_on=day, ends_on=day, reason="Studiedag")

    with django_assert_num_queries(13):
        as_coordinator.get(url("rooms", practice))
    with django_assert_num_queries(13):
        as_coordinator.get(url("closed_days", practice))


def test_rows_of_another_practice_are_not_found(as_coordinator, practice, stranger):
    with practice_scope(stranger.practice):
        room = make_room(stranger.practice)
        period = ClosedDays.objects.create(
            practice=stranger.practice, starts_on=date(2027, 1, 1), ends_on=date(2027, 1, 1), reason="x"
        )

    for name, pk in (("room", room.pk), ("retire", room.pk), ("reopen", room.pk), ("closed_days_remove", period.pk)):
        assert as_coordinator.post(url(name, practice, pk)).status_code == 404


def test_a_facilitator_changes_no_room(as_facilitator, practice):
    room = make_room(practice)

    for name in ("room", "retire", "reopen"):
        assert as_facilitator.post(url(name, practice, room.pk)).status_code == 403


def test_closed_days_are_added_and_taken_away(as_coordinator, practice):
    data = {"starts_on": "2040-12-24", "ends_on": "2040-12-31", "reason": "Kerstvakantie"}

    as_coordinator.post(url("closed_days", practice), data)

    period = ClosedDays.objects.get()
    assert list(as_coordinator.get(url("closed_days", practice)).context["periods"]) == [period]
    as_coordinator.post(url("closed_days_remove", practice, period.pk))
    assert not ClosedDays.objects.exists()


@pytest.mark.parametrize(("starts_on", "ends_on"), [("2040-12-24", "2040-12-23"), ("0204-12-24", "0204-12-31")])
def test_closed_days_that_cannot_be_are_told_beside_their_end(as_coordinator, practice, starts_on, ends_on):
    data = {"starts_on": starts_on, "ends_on": ends_on, "reason": "Kerstvakantie"}

    response = as_coordinator.post(url("closed_days", practice), data)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"ends_on"}
    assert not ClosedDays.objects.exists()


def test_the_settings_of_the_practice_are_changed(as_coordinator, practice):
    data = settings_data(
        sender_name="De Linde \r\n Utrecht", messages_from="09:00", messages_until="20:00", phone="030 1234567",
        ordinary_holidays=["Goede vrijdag", "Bevrijdingsdag"],
    )  # fmt: skip

    response = as_coordinator.post(url("settings", practice), data)

    assert response.url == url("settings", practice)
    practice.refresh_from_db()
    assert (practice.messages_from, practice.messages_until) == (time(9), time(20))
    assert practice.ordinary_holidays == ["Goede vrijdag", "Bevrijdingsdag"]
    assert practice.sender_name == "De Linde Utrecht"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"messages_from": "09:00"}, "messages_until"),
        ({"messages_from": "20:00", "messages_until": "09:00"}, "messages_until"),
        ({"ordinary_holidays": ["Sinterklaas"]}, "ordinary_holidays"),
        ({"school_region": "Oost"}, "school_region"),
    ],
)
def test_settings_that_cannot_be_are_told_beside_their_field(as_coordinator, practice, changes, field):
    response = as_coordinator.post(url("settings", practice), settings_data(**changes))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert Practice.objects.get(pk=practice.pk).name == "De Linde"


def test_tabs_show_what_the_role_may_open(as_coordinator, practice, facilitator):
    shown = [
        reverse(name, args=[practice.slug]) for name in ("sessions:schedules", "sessions:library", "checks:limits")
    ]
    assert [tab.url for tab in tabs_for(facilitator, "limits")] == shown
    page = as_coordinator.get(url("rooms", practice)).content.decode()
    assert page.count('class="tab"') == 7


def test_every_page_of_the_practice_lies_in_its_place(practice, coordinator):
    for name in ("staff", "invite", "rooms", "closed_days", "settings"):
        places = places_for(coordinator, url(name, practice))

        assert [place.icon for place in places if place.current] == ["practice"]


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("", ["today"]),
        ("sessions/3/arrivals/", ["today"]),
        ("sessions/3/closing/reopen/", ["today"]),
        ("sessions/3/move/", ["groups"]),
        ("sessions/3/leads/", ["groups"]),
        ("groups/3/series/", ["groups"]),
        ("calendars/", []),
    ],
)
def test_a_page_lies_in_the_place_it_is_reached_from(coordinator, path, here):
    places = places_for(coordinator, f"/{coordinator.practice.slug}/{path}")

    assert [place.icon for place in places if place.current] == here
