"""What the database refuses about practices and people, each once and by its name."""

from datetime import date, time

import pytest
from django.db import IntegrityError, transaction

from practices.models import ClosedDays, Membership, Practice, Role, Room, User
from tests.factories import make_child, make_membership, make_participant, make_room, make_user

DAY = date(2027, 1, 4)


@pytest.fixture
def refuses():
    """Asserts that the constraint of this name refuses what the function does."""

    def check(name, act):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            act()

    return check


def test_an_address_is_kept_in_lower_case(db, refuses):
    refuses("email_is_lower_case", lambda: User.objects.create(email="Noor@example.org", name="Noor"))


def test_messages_leave_in_a_window_that_is_in_order(practice, refuses):
    hours = {"messages_from": time(20), "messages_until": time(9)}
    refuses("messages_leave_in_an_ordered_window", lambda: Practice.objects.filter(pk=practice.pk).update(**hours))


def test_a_person_works_once_in_a_practice(practice, refuses):
    user = make_user()
    make_membership(practice, user=user)
    refuses("one_membership_of_a_person_in_a_practice", lambda: make_membership(practice, user=user))


@pytest.mark.parametrize("roles", [[], ["queen"], [Role.FACILITATOR, "queen"]])
def test_a_membership_has_roles_that_exist(practice, refuses, roles):
    row = make_membership(practice)
    refuses("membership_has_known_roles", lambda: Membership.objects.filter(pk=row.pk).update(roles=roles))


def test_a_membership_does_not_end_before_it_starts(practice, refuses):
    refuses(
        "membership_does_not_end_before_it_starts",
        lambda: make_membership(practice, starts_on=DAY, ends_on=date(2027, 1, 3)),
    )


def test_a_room_has_a_name_of_its_own(practice, refuses):
    make_room(practice, "De Kring")
    refuses("room_name_is_unique_in_a_practice", lambda: make_room(practice, "De Kring"))


def test_a_room_is_cleared_within_four_hours(practice, refuses):
    make_room(practice, turnaround_minutes=240)
    refuses("room_is_cleared_within_four_hours", lambda: Room.objects.update(turnaround_minutes=241))


def test_closed_days_end_after_they_start(practice, refuses):
    refuses(
        "closed_days_end_after_they_start",
        lambda: ClosedDays.objects.create(practice=practice, starts_on=DAY, ends_on=date(2027, 1, 3), reason="x"),
    )


def test_a_client_number_is_of_one_person(practice, refuses):
    make_participant(practice, client_number="DK-1")
    refuses("client_number_is_unique_in_a_practice", lambda: make_participant(practice, client_number="DK-1"))


def test_nobody_is_without_a_client_number(practice, refuses):
    refuses("participant_has_a_client_number", lambda: make_participant(practice, client_number=""))


def test_a_person_has_one_open_pregnancy(practice, refuses):
    person = make_participant(practice, due_on=DAY)
    refuses(
        "one_ongoing_pregnancy_at_a_time", lambda: person.pregnancies.create(practice=practice, due_on=date(2027, 9, 1))
    )


@pytest.mark.parametrize("days", [139, 316])
def test_a_child_is_born_between_20_and_45_weeks(practice, refuses, days):
    person = make_participant(practice)
    refuses(
        "child_is_born_between_20_and_45_weeks",
        lambda: make_child(person, DAY, gestational_days_at_birth=days),
    )
