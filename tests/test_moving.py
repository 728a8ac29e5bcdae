"""Moving and cancelling one session: what is told first, what then happens."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from practices.models import ClosedDays
from sessions.clashes import Clashes
from sessions.events import Consequence, consequences, sessions_changed
from sessions.models import Attendance
from sessions.moving import CannotChange, Fixed, cancel, move
from sessions.schedule import Code, Remark
from tests.factories import at, enrol, make_group, make_participant, make_room, make_session

TODAY = timezone.localdate()
# A Tuesday and a Wednesday of a month without public holidays, always ahead.
TUESDAY = date(TODAY.year + 1, 9, 1) + timedelta((1 - date(TODAY.year + 1, 9, 1).weekday()) % 7)
WEDNESDAY = TUESDAY + timedelta(1)
NOW = at(TODAY, 9)


@pytest.fixture
def room(practice):
    return make_room(practice, "Kring")


@pytest.fixture
def session(practice, facilitator, co_facilitator, room):
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, room=room, name="Zwaluwen")
    return make_session(group, at(TUESDAY, 19, 30), room=room, number=3, remarks=["closed|2027-01-01|Studiedag"])


@pytest.fixture
def heard():
    said = []

    def receiver(sender, **told):
        said.append((told["group"], told["sessions"]))

    sessions_changed.connect(receiver)
    yield said
    sessions_changed.disconnect(receiver)


@pytest.fixture
def one_is_told():
    """Somebody who answers that one person will be told of every change."""

    def receiver(sender, group, changes, now, **kwargs):
        return [
            Consequence(
                person=place.participant,
                occasion_label="moved" if start else "called off",
                channel_label="e-mail",
                at=now,
            )
            for place in group.enrolments.enrolled()
            for start in changes.values()
        ]

    consequences.connect(receiver)
    yield
    consequences.disconnect(receiver)


def url_of(name, session):
    return reverse(name, args=[session.practice.slug, session.pk])


def given(session, **changes):
    return {"day": WEDNESDAY, "starts_at": "20:00", "room": session.room_id, **changes}


# The act


def test_a_moved_session_takes_its_leads_and_its_room_along(session, room, facilitator, heard):
    moved = move(session, starts_at=at(WEDNESDAY, 20), room=room, by=facilitator, now=NOW)

    session.refresh_from_db()
    assert (session.starts_at, session.ends_at) == (at(WEDNESDAY, 20), at(WEDNESDAY, 22))
    assert session.occupied_until == at(WEDNESDAY, 22, 15)
    assert {(lead.starts_at, lead.occupied_until) for lead in session.leads.all()} == {
        (session.starts_at, session.occupied_until)
    }
    assert (session.sequence, session.moved_at, session.moved_by) == (1, NOW, facilitator)
    assert heard == [(session.group, [moved])]


def test_the_reasons_for_the_old_day_make_way_for_where_it_came_from(session, room, facilitator):
    move(session, starts_at=at(WEDNESDAY, 20), room=room, by=facilitator, now=NOW)
    session.refresh_from_db()
    assert session.reasons == [Remark(Code.MOVED, TUESDAY)]

    move(session, starts_at=at(WEDNESDAY, 19), room=room, by=facilitator, now=NOW)
    session.refresh_from_db()
    assert session.reasons == []


def test_another_room_has_its_own_time_to_be_cleared(practice, session, facilitator):
    library = make_room(practice, "Bibliotheek", turnaround_minutes=45)

    move(session, starts_at=session.starts_at, room=library, by=facilitator, now=NOW)

    session.refresh_from_db()
    assert (session.room, session.occupied_until) == (library, at(TUESDAY, 22, 15))


def test_a_session_does_not_stand_in_its_own_way(session, room, facilitator):
    assert move(session, starts_at=at(TUESDAY, 20), room=room, by=facilitator, now=NOW)


@pytest.mark.parametrize("taken", ["room", "person", "group"])
def test_a_move_to_where_something_is_taken_is_refused(practice, session, room, facilitator, coordinator, taken):
    group = session.group if taken == "group" else make_group(practice, by=facilitator)
    if taken == "person":
        group.facilitations.create(practice=practice, membership=facilitator, role="first", starts_on=TODAY)
    in_the_way = make_session(group, at(WEDNESDAY, 19), room=room if taken == "room" else None)
    in_the_way.leads.exclude(session__room=None).delete()
    if taken == "group":
        in_the_way.leads.all().delete()

    with pytest.raises(Clashes) as refused:
        move(session, starts_at=at(WEDNESDAY, 20), room=room, by=facilitator, now=NOW)

    assert [clash.taken.value for clash in refused.value.found[3]] == [taken]
    session.refresh_from_db()
    assert session.starts_at == at(TUESDAY, 19, 30)


def test_a_cancelled_session_frees_its_room_and_its_leads(practice, session, room, facilitator, heard):
    cancel(session, by=facilitator, now=NOW)

    session.refresh_from_db()
    other = make_group(practice, by=facilitator, first=facilitator)
    assert make_session(other, session.starts_at, room=room)
    assert (session.cancelled_at, session.cancelled_by, session.sequence) == (NOW, facilitator, 1)
    assert not session.leads.standing().exists()
    assert heard[0][0] == session.group


@pytest.mark.parametrize("why", list(Fixed))
def test_what_is_over_stays_where_it_was(practice, session, room, facilitator, why, heard):
    if why is Fixed.BEGUN:
        (place,) = enrol(session.group, make_participant(practice, due_on=date(2027, 3, 9)), by=facilitator)
        Attendance.objects.create(
            practice=practice,
            session=session,
            enrolment=place,
            outcome="present",
            recorded_at=NOW,
            recorded_by=facilitator,
        )
    elif why is Fixed.CLOSED:
        session.closed_at, session.closed_by = NOW, facilitator
    else:
        session.cancelled_at, session.cancelled_by = NOW, facilitator
    session.save()

    with pytest.raises(CannotChange) as moving:
        move(session, starts_at=at(WEDNESDAY, 20), room=room, by=facilitator, now=NOW)
    with pytest.raises(CannotChange) as cancelling:
        cancel(session, by=facilitator, now=NOW)

    assert (moving.value.why, cancelling.value.why) == (why, why)
    assert heard == []


# The pages


def test_the_page_says_who_will_be_told_before_it_moves(practice, as_facilitator, session, facilitator, one_is_told):
    enrol(session.group, make_participant(practice, "Merel", due_on=date(2027, 3, 9)), by=facilitator)

    shown = as_facilitator.post(url_of("sessions:move", session), given(session), headers={"HX-Request": "true"})

    page = shown.content.decode()
    assert "<html" not in page
    assert "Merel" in page
    assert "moved" in page
    session.refresh_from_db()
    assert session.starts_at == at(TUESDAY, 19, 30)


def test_without_javascript_a_button_shows_who_will_be_told(
    practice, as_facilitator, session, facilitator, one_is_told
):
    enrol(session.group, make_participant(practice, "Merel", due_on=date(2027, 3, 9)), by=facilitator)

    shown = as_facilitator.post(url_of("sessions:move", session), given(session, show="1"))

    assert "Merel" in shown.content.decode()
    session.refresh_from_db()
    assert session.starts_at == at(TUESDAY, 19, 30)


def test_the_button_moves_the_session(practice, as_facilitator, session):
    response = as_facilitator.post(url_of("sessions:move", session), given(session))

    session.refresh_from_db()
    assert response.url == reverse("sessions:series", args=[practice.slug, session.group_id])
    assert session.starts_at == at(WEDNESDAY, 20)


def test_the_page_begins_with_where_the_session_is(as_facilitator, session):
    page = as_facilitator.get(url_of("sessions:move", session)).content.decode()

    assert f'value="{TUESDAY.isoformat()}"' in page
    assert 'value="19:30"' in page
    assert "who will be told appears here" in page


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"day": TODAY - timedelta(days=1)}, "day", "A session can only move to a moment that is still to come."),
        (
            {"day": TUESDAY, "starts_at": "19:30"},
            "day",
            "The session is there already. Choose another day, time or room.",
        ),
        ({"day": "soon"}, "day", "Give a day, for instance 4 March 2027 as 2027-03-04."),
        ({"starts_at": "late"}, "starts_at", "Give a time, for instance 19:30."),
        ({"room": ""}, "room", "Choose the room where the group meets."),
    ],
)
def test_bad_input_is_told_beside_its_field(as_facilitator, session, changes, field, words):
    response = as_facilitator.post(url_of("sessions:move", session), given(session, **changes))

    assert response.status_code == 422
    assert response.context["form"].errors == {field: [words]}


def test_a_closed_day_is_refused_with_its_reason(practice, as_facilitator, session):
    ClosedDays.objects.create(practice=practice, starts_on=WEDNESDAY, ends_on=WEDNESDAY, reason="Studiedag")

    answers = [
        as_facilitator.post(url_of("sessions:move", session), given(session), headers=headers)
        for headers in ({}, {"HX-Request": "true"})
    ]

    assert all("is closed: Studiedag. Choose another day." in answer.content.decode() for answer in answers)


def test_a_clash_is_told_at_the_field_that_mends_it(practice, as_facilitator, session, room, facilitator):
    make_session(make_group(practice, by=facilitator, name="Merels"), at(WEDNESDAY, 19), room=room)

    response = as_facilitator.post(url_of("sessions:move", session), given(session))

    assert response.status_code == 422
    assert response.context["form"].errors == {"room": ["Kring is taken by Merels, 19:00–21:00."]}


def test_the_cancel_page_says_who_will_be_told_and_then_cancels(
    practice, as_facilitator, session, facilitator, one_is_told
):
    enrol(session.group, make_participant(practice, "Merel", due_on=date(2027, 3, 9)), by=facilitator)

    asked = as_facilitator.get(url_of("sessions:cancel", session))
    done = as_facilitator.post(url_of("sessions:cancel", session))

    assert "Merel" in asked.content.decode()
    assert "called off" in asked.content.decode()
    session.refresh_from_db()
    assert session.is_cancelled
    assert done.url == reverse("sessions:series", args=[practice.slug, session.group_id])


def test_with_nobody_in_the_group_nobody_is_told(as_facilitator, session):
    assert (
        "Nobody gets a message about this." in as_facilitator.get(url_of("sessions:cancel", session)).content.decode()
    )


@pytest.mark.parametrize("name", ["sessions:move", "sessions:cancel"])
def test_a_closed_session_leads_back_with_a_sentence(practice, as_facilitator, session, facilitator, name):
    session.closed_at, session.closed_by = NOW, facilitator
    session.save()

    response = as_facilitator.get(url_of(name, session), follow=True)

    assert "This session is closed. What happened stays as it was." in response.content.decode()


@pytest.mark.parametrize("name", ["sessions:move", "sessions:cancel"])
def test_only_planners_of_the_practice_move_and_cancel(
    session, as_co_facilitator, as_coordinator, as_stranger, stranger, name
):
    theirs = reverse(name, args=[stranger.practice.slug, session.pk])

    assert as_coordinator.get(url_of(name, session)).status_code == 200
    assert as_co_facilitator.post(url_of(name, session), given(session)).status_code == 403
    assert as_stranger.post(theirs, given(session)).status_code == 404
    session.refresh_from_db()
    assert (session.starts_at, session.cancelled_at) == (at(TUESDAY, 19, 30), None)


def test_a_session_keeps_its_hour_when_it_moves_over_a_clock_change(as_facilitator, session):
    winter = date(TUESDAY.year, 11, 17)

    as_facilitator.post(url_of("sessions:move", session), given(session, day=winter, starts_at="19:30"))

    session.refresh_from_db()
    assert session.starts_at == at(winter, 19, 30)
    assert session.starts_at.astimezone(timezone.get_default_timezone()).time() == time(19, 30)
    assert isinstance(session.starts_at, datetime)
