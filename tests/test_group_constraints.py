"""What a group, a series and a session can never be, each refused by the database once."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from groups.models import CareGroup, EnrolledChild, Enrolment, Facilitation
from practices.models import Role
from practices.tenancy import practice_scope
from sessions.models import GroupSession, ScheduleTemplate, Series, SessionLead
from tests.factories import (
    at,
    enrol,
    make_child,
    make_group,
    make_membership,
    make_participant,
    make_practice,
    make_room,
    make_session,
)

DAY = date(2027, 2, 2)
NOW = at(DAY, 12)
EVENING = at(DAY, 19, 30)
ENROLMENT_STATES = ["invited", "waiting", "offered", "enrolled", "declined", "left", "ended"]


@contextmanager
def refused(name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        yield


@pytest.fixture
def group(practice, facilitator):
    return make_group(practice, by=facilitator)


@pytest.fixture
def room(practice):
    return make_room(practice)


# Groups


@pytest.mark.parametrize(
    "window",
    [
        {"window_from": DAY, "window_until": DAY},
        {"window_from": None, "window_until": None},
        {"kind": "theme", "window_from": DAY, "window_until": DAY + timedelta(1)},
    ],
)
def test_a_window_ends_after_it_starts_and_only_a_theme_group_has_none(group, window):
    with refused("window_ends_after_it_starts"):
        CareGroup.objects.filter(pk=group.pk).update(**window)


@pytest.mark.parametrize("sizes", [(0, 5, 9), (6, 5, 9), (5, 10, 9)])
def test_the_sizes_of_a_group_rise(group, sizes):
    with refused("group_sizes_are_in_order"):
        CareGroup.objects.filter(pk=group.pk).update(**dict(zip(("minimum", "target", "maximum"), sizes, strict=True)))


@pytest.mark.parametrize("mode", ["online", "mixed"])
def test_an_online_group_has_a_link(group, mode):
    with refused("online_group_has_a_link"):
        CareGroup.objects.filter(pk=group.pk).update(mode=mode)


def test_a_merged_group_is_cancelled(practice, facilitator, group):
    with refused("merged_group_is_cancelled"):
        CareGroup.objects.filter(pk=group.pk).update(merged_into=make_group(practice, by=facilitator))


def test_one_form_makes_one_group(practice, facilitator):
    key = "5f0ddc9c-7d1c-4f3b-8f0c-3f0f0d7f3f11"
    make_group(practice, by=facilitator, form_key=key)

    with refused("one_group_from_one_form"):
        make_group(practice, by=facilitator, form_key=key)


# Facilitators


def facilitate(group, membership, role="first", starts_on=DAY, ends_on=None):
    return Facilitation.objects.create(
        practice=group.practice, group=group, membership=membership, role=role, starts_on=starts_on, ends_on=ends_on
    )


def test_a_facilitation_ends_after_it_starts(group, facilitator):
    with refused("facilitation_ends_after_it_starts"):
        facilitate(group, facilitator, ends_on=DAY)


def test_a_group_has_one_first_facilitator_at_a_time(practice, group, facilitator, coordinator):
    facilitate(group, facilitator, ends_on=DAY + timedelta(10))

    with refused("one_first_facilitator_at_a_time"):
        facilitate(group, coordinator, starts_on=DAY + timedelta(9))
    assert facilitate(group, coordinator, starts_on=DAY + timedelta(10))
    assert facilitate(make_group(practice, by=facilitator), facilitator)
    assert facilitate(group, facilitator, role="doctor")


# Who is in a group


def test_a_person_is_in_a_group_once(practice, group, facilitator):
    person = make_participant(practice, due_on=DAY)
    enrol(group, person, by=facilitator)

    with refused("one_enrolment_of_a_person_in_a_group"):
        Enrolment.objects.create(practice=practice, group=group, participant=person, state="invited", invited_at=NOW)


def test_a_pregnancy_has_a_place_in_one_group(practice, group, facilitator):
    person = make_participant(practice, due_on=DAY)
    enrol(group, person, by=facilitator)

    with refused("one_group_for_a_pregnancy"):
        enrol(make_group(practice, by=facilitator), person, by=facilitator)


@pytest.mark.parametrize("state", ENROLMENT_STATES)
def test_a_state_has_its_moment(practice, group, state):
    # invited_has_its_moment, waiting_has_its_moment, offered_has_its_moment,
    # enrolled_has_its_moment, declined_has_its_moment, left_has_its_moment, ended_has_its_moment
    with refused(f"{state}_has_its_moment"):
        Enrolment.objects.create(
            practice=practice,
            group=group,
            participant=make_participant(practice),
            state=state,
            offer_ends_at=NOW,
            ended_from="enrolled",
        )


def test_an_offer_ends(practice, group):
    with refused("an_offer_ends"):
        Enrolment.objects.create(
            practice=practice, group=group, participant=make_participant(practice), state="offered", offered_at=NOW
        )


def test_an_ended_place_says_what_it_was(practice, group):
    with refused("an_ended_place_says_what_it_was"):
        Enrolment.objects.create(
            practice=practice, group=group, participant=make_participant(practice), state="ended", ended_at=NOW
        )


def test_a_place_that_goes_on_in_another_group_has_ended(practice, group, facilitator):
    (place,) = enrol(group, make_participant(practice), by=facilitator)

    with refused("a_place_that_goes_on_has_ended"):
        Enrolment.objects.filter(pk=place.pk).update(goes_on_in=place)


def test_a_child_comes_along_once(practice, group, facilitator):
    mother = make_participant(practice)
    child = make_child(mother, DAY)
    (place,) = enrol(group, mother, by=facilitator)
    EnrolledChild.objects.create(practice=practice, enrolment=place, child=child)

    with refused("child_is_in_an_enrolment_once"):
        EnrolledChild.objects.create(practice=practice, enrolment=place, child=child)


# Templates


@pytest.fixture
def template(practice):
    return ScheduleTemplate.objects.create(
        practice=practice, name="Eigen", kind="theme", minimum=1, target=2, maximum=3
    )


def test_the_name_of_a_template_is_unique(practice, template):
    with refused("template_name_is_unique_in_a_practice"):
        ScheduleTemplate.objects.create(practice=practice, name="Eigen", kind="theme", minimum=1, target=2, maximum=3)


@pytest.mark.parametrize("sizes", [(0, 5, 9), (6, 5, 9), (5, 10, 9)])
def test_the_sizes_of_a_template_rise(template, sizes):
    sizes = dict(zip(("minimum", "target", "maximum"), sizes, strict=True))

    with refused("template_sizes_are_in_order"):
        ScheduleTemplate.objects.filter(pk=template.pk).update(**sizes)


def test_a_step_has_a_number_of_its_own(practice, template):
    step = {"practice": practice, "number": 1, "anchor": "series", "days": 0, "theme": "A"}
    template.steps.create(**step)

    with refused("step_number_is_unique"):
        template.steps.create(**step)


@pytest.mark.parametrize("minutes", [14, 481])
def test_a_step_has_a_length(practice, template, minutes):
    with refused("step_has_a_length"):
        template.steps.create(practice=practice, number=1, anchor="series", days=0, theme="A", minutes=minutes)


def test_a_group_has_one_series(practice, group):
    series = {"practice": practice, "group": group, "steps": [], "first_on": DAY, "starts_at": "19:30"}
    Series.objects.create(**series)

    with refused("group_sessions_series_group_id_key"):
        Series.objects.create(**series)


# Sessions


def test_a_session_ends_after_it_starts(group):
    with refused("session_ends_after_it_starts"):
        make_session(group, EVENING, minutes=0)


def test_a_room_is_occupied_until_the_end_at_least(group):
    session = make_session(group, EVENING)

    with refused("room_is_occupied_until_the_end_at_least"):
        GroupSession.objects.filter(pk=session.pk).update(occupied_until=session.ends_at - timedelta(minutes=1))


@pytest.mark.parametrize("missing", ["closed_by", "cancelled_at"])
def test_a_closed_session_stands_and_has_a_name(group, facilitator, missing):
    session = make_session(group, EVENING)
    closed = {"closed_at": NOW, "closed_by": None if missing == "closed_by" else facilitator}
    if missing == "cancelled_at":
        closed["cancelled_at"] = NOW

    with refused("closed_session_stands_and_has_a_name"):
        GroupSession.objects.filter(pk=session.pk).update(**closed)


def test_a_number_is_unique_in_a_group_among_the_sessions_that_stand(group):
    make_session(group, EVENING, number=1, cancelled_at=NOW)
    make_session(group, EVENING, number=1)

    with refused("session_number_is_unique_in_a_group"):
        make_session(group, EVENING + timedelta(days=1), number=1)


def test_a_room_is_booked_once_at_a_time_until_it_is_cleared(practice, facilitator, group, room):
    other = make_group(practice, by=facilitator)
    make_session(group, EVENING, room=room)

    with refused("room_booked_once_at_a_time"):
        make_session(other, EVENING + timedelta(hours=2, minutes=14), room=room)
    assert make_session(other, EVENING + timedelta(hours=2, minutes=15), room=room)
    assert make_session(other, EVENING, room=make_room(practice))
    assert make_session(make_group(practice, by=facilitator), EVENING)


def test_a_cancelled_session_leaves_its_room_free(practice, facilitator, group, room):
    make_session(group, EVENING, room=room, cancelled_at=NOW)

    assert make_session(make_group(practice, by=facilitator), EVENING, room=room)


def test_a_group_meets_once_at_a_time(group):
    make_session(group, EVENING)

    with refused("group_meets_once_at_a_time"):
        make_session(group, EVENING + timedelta(minutes=119))
    assert make_session(group, EVENING + timedelta(minutes=120))


# Who leads a session


def lead(session, membership, role="first"):
    # The times and the user are not what the database will keep: it takes those of the session.
    return SessionLead.objects.create(
        practice=session.practice,
        session=session,
        membership=membership,
        user=membership.user,
        role=role,
        starts_at=NOW,
        occupied_until=NOW + timedelta(days=900),
    )


def test_a_session_has_one_first_lead_that_stands(group, facilitator, coordinator):
    session = make_session(group, EVENING)
    first = lead(session, facilitator)

    with refused("one_first_lead_of_a_session"):
        lead(session, coordinator)
    SessionLead.objects.filter(pk=first.pk).update(cancelled_at=NOW)
    assert lead(session, coordinator)


def test_a_person_leads_once_at_a_time(practice, group, facilitator):
    other = make_session(make_group(practice, by=facilitator), EVENING + timedelta(hours=1))
    lead(make_session(group, EVENING), facilitator)

    with refused("person_leads_once_at_a_time"):
        lead(other, facilitator)


def test_a_guest_leads_once_at_a_time_whichever_practice_asks_her(practice, group, facilitator):
    elsewhere = make_practice()
    with practice_scope(elsewhere):
        guest = make_membership(elsewhere, Role.FACILITATOR, user=facilitator.user)
        lead(make_session(make_group(elsewhere, by=guest), EVENING), guest)
    session = make_session(group, EVENING)

    with refused("person_leads_once_at_a_time"):
        lead(session, facilitator)


# What the database keeps equal by itself: leads_follow_their_session, lead_takes_the_times_of_its_session


def test_a_lead_takes_the_times_of_its_session_and_the_user_of_its_membership(group, room, facilitator, coordinator):
    """lead_takes_the_times_of_its_session"""
    session = make_session(group, EVENING, room=room)

    row = SessionLead.objects.create(
        practice=session.practice,
        session=session,
        membership=facilitator,
        user=coordinator.user,
        role="first",
        starts_at=NOW,
        occupied_until=NOW,
    )

    row.refresh_from_db()
    assert (row.starts_at, row.occupied_until) == (session.starts_at, session.occupied_until)
    assert row.user == facilitator.user


def test_a_lead_of_a_cancelled_session_is_cancelled_with_it(group, facilitator):
    """lead_takes_the_times_of_its_session"""
    session = make_session(group, EVENING, cancelled_at=NOW)

    row = lead(session, facilitator)

    row.refresh_from_db()
    assert row.cancelled_at == NOW


def test_leads_follow_their_session_when_it_moves(group, facilitator):
    """leads_follow_their_session"""
    session = make_session(group, EVENING)
    row = lead(session, facilitator)

    later = EVENING + timedelta(days=7)
    GroupSession.objects.filter(pk=session.pk).update(
        starts_at=later, ends_at=later + timedelta(hours=1), occupied_until=later + timedelta(hours=2)
    )

    row.refresh_from_db()
    assert (row.starts_at, row.occupied_until) == (later, later + timedelta(hours=2))


def test_leads_follow_their_session_when_it_is_cancelled_and_when_it_is_taken_up_again(group, facilitator, coordinator):
    """leads_follow_their_session"""
    session = make_session(group, EVENING)
    stays, replaced = lead(session, facilitator), lead(session, coordinator, role="co")
    before = NOW - timedelta(days=1)
    SessionLead.objects.filter(pk=replaced.pk).update(cancelled_at=before)

    cancelled = []
    for moment in (NOW, None):
        GroupSession.objects.filter(pk=session.pk).update(cancelled_at=moment)
        cancelled.append([SessionLead.objects.get(pk=row.pk).cancelled_at for row in (stays, replaced)])

    assert cancelled == [[NOW, before], [None, before]]


def test_a_session_that_moves_onto_another_of_its_lead_is_refused(practice, group, facilitator):
    other = make_session(make_group(practice, by=facilitator), EVENING + timedelta(days=1))
    lead(other, facilitator)
    session = make_session(group, EVENING)
    lead(session, facilitator)

    later = EVENING + timedelta(days=1)
    with refused("person_leads_once_at_a_time"):
        GroupSession.objects.filter(pk=session.pk).update(
            starts_at=later, ends_at=later + timedelta(hours=2), occupied_until=later + timedelta(hours=2)
        )


def test_nothing_is_left_to_be_refused_at_the_end(practice, group, room, facilitator):
    make_session(group, EVENING, room=room)

    connection.check_constraints()
