"""Where a session could be instead, when its room, its people or its group are taken."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from practices.models import ClosedDays
from sessions.clashes import Busy, BusyTimes, Taken, slot
from sessions.openings import openings
from sessions.working_days import working_days
from tests.factories import at, make_group, make_room, make_session

TODAY = timezone.localdate()
# A Tuesday of a month without public holidays, always ahead.
TUESDAY = date(TODAY.year + 1, 9, 8) + timedelta((1 - date(TODAY.year + 1, 9, 8).weekday()) % 7)
START = at(TUESDAY, 19)
WHOLE_MONTH = (START - timedelta(15), START + timedelta(15))


@pytest.fixture
def room(practice):
    return make_room(practice, "Kring", turnaround_minutes=15)


@pytest.fixture
def wanted(room):
    return slot(3, START, START + timedelta(hours=2), room)


@pytest.fixture
def in_the_way(practice, room, facilitator, wanted):
    return make_session(make_group(practice, by=facilitator), START, room=room)


def find(practice, wanted, room, **fields):
    days = working_days(practice, TUESDAY - timedelta(30), TUESDAY + timedelta(30))
    return openings(practice, wanted, room=room, days=days, **{"people": [], "between": WHOLE_MONTH, **fields})


def test_the_nearest_free_moments_come_first(practice, room, wanted, in_the_way):
    found = find(practice, wanted, room)

    # 21:30 would end after ten; with the time to clear the room 16:30 is the latest that leaves it free.
    assert [each.starts_at for each in found] == [at(TUESDAY, 16, 30), at(TUESDAY, 16), at(TUESDAY, 15, 30)]
    assert {each.room for each in found} == {room}


def test_a_free_room_at_the_same_moment_comes_before_any_other_moment(practice, room, wanted, in_the_way):
    busy, library = make_room(practice, "Zolder"), make_room(practice, "Bibliotheek")
    make_session(make_group(practice, by=in_the_way.group.created_by), START, room=busy)

    found = find(practice, wanted, room, other_rooms=[busy, library])

    assert (found[0].starts_at, found[0].room) == (START, library)
    assert [each.room for each in found[1:]] == [room, room]


def test_a_person_who_leads_something_then_is_not_asked_to_be_in_two_places(
    practice, room, wanted, in_the_way, facilitator
):
    group = make_group(practice, by=facilitator, first=facilitator)
    make_session(group, at(TUESDAY, 14), minutes=180)

    found = find(practice, wanted, room, people=[facilitator])

    assert [each.starts_at.astimezone(practice.zone).date() for each in found] == [
        TUESDAY + timedelta(1),
        TUESDAY - timedelta(1),
        TUESDAY + timedelta(2),
    ]


def test_closed_days_weekends_and_the_neighbours_of_the_series_are_left_out(practice, room, wanted, facilitator):
    for hour in (9, 12, 15, 18):
        make_session(make_group(practice, by=facilitator), at(TUESDAY, hour), minutes=165, room=room)
    wednesday = TUESDAY + timedelta(1)
    ClosedDays.objects.create(practice=practice, starts_on=wednesday, ends_on=wednesday, reason="Studiedag")

    found = find(practice, wanted, room, between=(at(TUESDAY, 12), START + timedelta(days=6)))

    days = [each.starts_at.astimezone(practice.zone).date() for each in found]
    assert days == [TUESDAY + timedelta(2), TUESDAY + timedelta(3)]


def test_where_nothing_is_free_nothing_is_offered(practice, room, wanted, in_the_way):
    assert find(practice, wanted, room, between=(START, START + timedelta(hours=1))) == []


HOURS = st.integers(0, 60)


@given(times=st.lists(st.tuples(HOURS, st.integers(1, 40), st.sampled_from(Taken))), hour=HOURS)
def test_among_many_times_those_in_the_way_are_found_as_if_each_was_looked_at(times, hour):
    busy = [
        Busy(taken, str(number), START + timedelta(hours=begins), START + timedelta(hours=begins + length))
        for number, (begins, length, taken) in enumerate(times)
    ]
    asked = slot(1, START + timedelta(hours=hour), START + timedelta(hours=hour + 2), None)

    found = BusyTimes(busy).in_the_way_of(asked)

    assert sorted(found, key=busy.index) == [one for one in busy if one.is_in_the_way_of(asked)]
