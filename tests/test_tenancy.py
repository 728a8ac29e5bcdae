"""The three walls, each on its own."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse

from practices.models import Practice, Role, Room, practices_of
from practices.tenancy import all_practices, practice_scope
from tests.factories import make_group, make_membership, make_practice, make_room, make_user


def today_url(practice):
    return reverse("insight:today", args=[practice.slug])


def test_a_member_of_staff_comes_in_and_a_stranger_does_not_learn_what_exists(
    client, practice, as_facilitator, as_stranger
):
    assert as_facilitator.get(today_url(practice)).status_code == 200
    assert as_stranger.get(today_url(practice)).status_code == 404
    assert client.get(today_url(practice)).url == f"/accounts/login/?next={today_url(practice)}"


def test_a_query_without_a_scope_is_an_error_where_there_is_a_row(db):
    practice = make_practice()
    with practice_scope(practice):
        make_room(practice)

    with pytest.raises(DatabaseError, match="no practice is in scope"), transaction.atomic():
        list(Room.objects.all())


def test_a_row_of_another_practice_does_not_exist_inside_a_scope(practice):
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        room = make_room(elsewhere)

    assert not Room.objects.filter(pk=room.pk).exists()
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        make_room(elsewhere)


def test_a_reference_cannot_leave_the_practice(practice, facilitator):
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        room = make_room(elsewhere)

    def plan_in_their_room():
        make_group(practice, by=facilitator, room_id=room.pk)
        connection.check_constraints()

    with pytest.raises(IntegrityError, match="same_practice"), transaction.atomic():
        plan_in_their_room()


def test_a_scope_is_restored_after_an_error_inside_it(practice):
    elsewhere = make_practice()

    with pytest.raises(ZeroDivisionError), practice_scope(elsewhere):
        _ = 1 / 0

    assert make_room(practice).pk


def test_a_user_finds_her_practices_and_no_other(db):
    user = make_user()
    one, two, other = make_practice("een"), make_practice("twee"), make_practice("drie")
    for practice, member in ((one, user), (two, user), (other, make_user())):
        with practice_scope(practice):
            make_membership(practice, Role.FACILITATOR, user=member)

    with all_practices():
        assert Practice.objects.count() >= 3
    assert practices_of(user, day=date(2026, 6, 1)) == [one, two]
