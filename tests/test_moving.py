"""Moving, cancelling and reopening sessions: what is told first, what then happens."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from practices.models import ClosedDays
from sessions.clashes import Clashes, Taken
from sessions.events import Consequence, consequences, sessions_changed
from sessions.models import Attendance, GroupSession, Series
from sessions.moving import CannotChange, Fixed, StaysOff, cancel, may_follow, move, moves_of, reopen
from sessions.schedule import Anchor, Code, NoOpenDay, Remark, Step
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
    (moved,) = move(moves_of(session, starts_at=at(WEDNESDAY, 20), room=room), by=facilitator, now=NOW)

    session.refresh_from_db()
    assert (session.starts_at, session.ends_at) == (at(WEDNESDAY, 20), at(WEDNESDAY, 22))
    assert session.occupied_until == at(WEDNESDAY, 22, 15)
    assert {(lead.starts_at, lead.occupied_until) for lead in session.leads.all()} == {
        (session.starts_at, session.occupied_until)
    }
    assert (session.sequence, session.moved_at, session.moved_by) == (1, NOW, facilitator)
    assert heard == [(session.group, [moved])]


def test_the_reasons_for_the_old_day_make_way_for_where_it_came_from(session, room, facilitator):
    move(moves_of(session, starts_at=at(WEDNESDAY, 20), room=room), by=facilitator, now=NOW)
    session.refresh_from_db()
    assert session.reasons == [Remark(Code.MOVED, TUESDAY)]

    move(moves_of(session, starts_at=at(WEDNESDAY, 19), room=room), by=facilitator, now=NOW)
    session.refresh_from_db()
    assert session.reasons == []


def test_another_room_has_its_own_time_to_be_cleared(practice, session, facilitator):
    library = make_room(practice, "Bibliotheek", turnaround_minutes=45)

    move(moves_of(session, starts_at=session.starts_at, room=library), by=facilitator, now=NOW)

    session.refresh_from_db()
    assert (session.room, session.occupied_until) == (library, at(TUESDAY, 22, 15))


def test_a_session_does_not_stand_in_its_own_way(session, room, facilitator):
    assert move(moves_of(session, starts_at=at(TUESDAY, 20), room=room), by=facilitator, now=NOW)


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
        move(moves_of(session, starts_at=at(WEDNESDAY, 20), room=room), by=facilitator, now=NOW)

    assert [clash.taken.value for clash in refused.value.found[3]] == [taken]
    session.refresh_from_db()
    assert session.starts_at == at(TUESDAY, 19, 30)


@pytest.fixture
def series(session, room):
    """The session with three more of its group, a week apart, of which the third is called off."""
    weeks = {number: at(TUESDAY + timedelta(weeks=number - 3), 19, 30) for number in (4, 5, 6)}
    later = [make_session(session.group, start, room=room, number=number) for number, start in weeks.items()]
    later[1].cancelled_at, later[1].cancelled_by = NOW, session.group.created_by
    later[1].save()
    return [session, *later]


def starts(sessions):
    return [GroupSession.objects.get(pk=session.pk).starts_at for session in sessions]


@pytest.mark.parametrize("days", [7, -7, 1], ids=["a week later", "a week earlier", "another day"])
def test_later_sessions_follow_by_as_many_days_to_the_same_time(session, series, room, facilitator, heard, days):
    to = at(TUESDAY + timedelta(days), 20)

    moved = move(moves_of(session, starts_at=to, room=room, following=may_follow(session)), by=facilitator, now=NOW)

    assert starts(series) == [to, to + timedelta(7), at(TUESDAY + timedelta(14), 19, 30), to + timedelta(21)]
    assert moved == [series[0], series[1], series[3]]
    assert heard == [(session.group, moved)]


def test_the_time_of_the_clock_stays_over_a_clock_change(session, room, facilitator):
    winter = make_session(session.group, at(date(TUESDAY.year, 11, 10), 19, 30), room=room, number=4)

    move(
        moves_of(session, starts_at=at(TUESDAY, 18), room=room, following=may_follow(session)),
        by=facilitator,
        now=NOW,
    )

    assert starts([session, winter]) == [at(TUESDAY, 18), at(date(TUESDAY.year, 11, 10), 18)]


def test_a_later_session_gives_way_to_a_closed_day_and_says_why(practice, session, series, room):
    closed = WEDNESDAY + timedelta(weeks=1)
    ClosedDays.objects.create(practice=practice, starts_on=closed, ends_on=closed, reason="Studiedag")

    _first, second, _last = moves_of(session, starts_at=at(WEDNESDAY, 20), room=room, following=may_follow(session))

    assert (second.day, second.remarks[0]) == (closed + timedelta(1), Remark(Code.CLOSED, closed, "Studiedag"))


def test_where_no_day_is_open_nothing_moves(practice, session, series, room):
    week = WEDNESDAY + timedelta(weeks=1)
    ClosedDays.objects.create(
        practice=practice, starts_on=week - timedelta(4), ends_on=week + timedelta(4), reason="Verbouwing"
    )

    with pytest.raises(NoOpenDay) as refusal:
        moves_of(session, starts_at=at(WEDNESDAY, 20), room=room, following=may_follow(session))

    assert (refusal.value.number, refusal.value.day) == (4, week)


def test_sessions_in_another_room_stay_there(practice, session, series, room):
    library, attic = make_room(practice, "Bibliotheek"), make_room(practice, "Zolder")
    series[3].room = library
    series[3].save()

    moves = moves_of(session, starts_at=session.starts_at, room=attic, following=may_follow(session))

    assert [move.room for move in moves] == [attic, attic, library]


def test_a_session_to_which_people_came_does_not_follow(practice, session, series, facilitator):
    (place,) = enrol(session.group, make_participant(practice), by=facilitator)
    Attendance.objects.create(
        practice=practice, session=series[1], enrolment=place, outcome="late", recorded_at=NOW, recorded_by=facilitator
    )

    assert may_follow(session) == [series[3]]


def test_one_that_is_in_the_way_keeps_all_of_them(practice, session, series, room, facilitator, heard):
    make_session(make_group(practice, by=facilitator), at(WEDNESDAY + timedelta(7), 19), room=room)
    before = starts(series)

    with pytest.raises(Clashes) as refusal:
        move(
            moves_of(session, starts_at=at(WEDNESDAY, 20), room=room, following=may_follow(session)),
            by=facilitator,
            now=NOW,
        )

    assert list(refusal.value.found) == [4]
    assert (starts(series), heard) == (before, [])


def test_a_day_outside_the_margin_of_the_template_is_a_warning(practice, session, room):
    step = Step(number=3, anchor=Anchor.PREGNANCY, days=20 * 7, margin_days=7)
    Series.objects.create(
        practice=practice,
        group=session.group,
        template_name="9 + 1",
        steps=[step.as_json()],
        first_on=TUESDAY,
        starts_at=time(19, 30),
    )
    asked = session.group.reference_date - timedelta(days=280) + timedelta(weeks=20)

    (near,) = moves_of(session, starts_at=at(asked + timedelta(7), 20), room=room)
    (far,) = moves_of(session, starts_at=at(asked + timedelta(8), 20), room=room)

    assert Code.OUTSIDE_MARGIN not in [remark.code for remark in near.remarks]
    assert Remark(Code.OUTSIDE_MARGIN, asked) in far.remarks


def test_a_session_that_was_called_off_comes_back_with_its_leads(session, facilitator, heard):
    leads = {lead.membership for lead in session.leads.standing()}
    cancel(session, by=facilitator, now=NOW)

    reopened = reopen(session, by=facilitator, now=NOW + timedelta(hours=1))

    session.refresh_from_db()
    assert (session.is_cancelled, session.cancelled_by, session.sequence) == (False, None, 2)
    assert {lead.membership for lead in session.leads.standing()} == leads
    assert heard[-1] == (session.group, [reopened])


@pytest.mark.parametrize("taken", ["room", "person"])
def test_a_session_does_not_come_back_where_something_is_taken_by_now(practice, session, room, facilitator, taken):
    cancel(session, by=facilitator, now=NOW)
    group = make_group(practice, by=facilitator, first=facilitator if taken == "person" else None)
    make_session(group, at(TUESDAY, 19), room=room if taken == "room" else None)

    with pytest.raises(Clashes) as refusal:
        reopen(session, by=facilitator, now=NOW)

    assert [clash.taken for clash in refusal.value.found[3]] == [Taken(taken)]


@pytest.mark.parametrize("why", [StaysOff.STANDS, StaysOff.OVER, StaysOff.REPLACED])
def test_only_what_was_called_off_and_is_still_to_come_comes_back(session, room, facilitator, why):
    moment = NOW
    if why is not StaysOff.STANDS:
        cancel(session, by=facilitator, now=NOW)
    if why is StaysOff.OVER:
        moment = session.starts_at
    if why is StaysOff.REPLACED:
        make_session(session.group, at(WEDNESDAY, 20), room=room, number=3)

    with pytest.raises(CannotChange) as refusal:
        reopen(session, by=facilitator, now=moment)

    assert refusal.value.why is why


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
        move(moves_of(session, starts_at=at(WEDNESDAY, 20), room=room), by=facilitator, now=NOW)
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


def test_the_page_shows_every_new_date_and_then_moves_all(practice, as_facilitator, session, series):
    page = url_of("sessions:move", session)
    shown = as_facilitator.post(page, given(session, with_later="on"), headers={"HX-Request": "true"}).text

    assert shown.count('<th scope="row">') == 3
    answer = as_facilitator.post(page, given(session, with_later="on"), follow=True)

    assert "3 sessions have moved, from session 3" in answer.text
    assert starts([series[1], series[3]]) == [at(WEDNESDAY + timedelta(7), 20), at(WEDNESDAY + timedelta(21), 20)]


def test_a_clash_of_a_later_session_is_told_with_its_day(practice, as_facilitator, session, series, room, facilitator):
    make_session(make_group(practice, by=facilitator, name="Merels"), at(WEDNESDAY + timedelta(7), 19), room=room)

    answer = as_facilitator.post(url_of("sessions:move", session), given(session, with_later="on"))

    assert answer.status_code == 422
    assert "Session 4, " in answer.text
    assert "Kring is taken by Merels, 19:00–21:00." in answer.text
    assert 'name="with_later" class="checkboxinput form-check-input" id="id_with_later" checked' in answer.text


def test_a_free_place_fills_the_form_and_moves_nothing_yet(practice, as_facilitator, session, room, facilitator):
    make_session(make_group(practice, by=facilitator, name="Merels"), at(WEDNESDAY, 20), room=room)
    library = make_room(practice, "Bibliotheek")
    page = url_of("sessions:move", session)
    shown = as_facilitator.post(page, given(session), headers={"HX-Request": "true"}).text
    offered = re.findall(r'name="take" value="([^"]+)"', shown)
    assert len(offered) == 3
    assert offered[0] == f"{at(WEDNESDAY, 20).astimezone(UTC).isoformat()}|{library.pk}"

    answer = as_facilitator.post(page, {**given(session), "take": offered[0]})

    assert answer.status_code == 200
    assert answer.context["form"].cleaned_data["room"] == library
    assert [(move.starts_at, move.room) for move in answer.context["proposed"]] == [(at(WEDNESDAY, 20), library)]
    assert starts([session]) == [at(TUESDAY, 19, 30)]


def test_no_free_place_is_on_the_day_of_the_session_before(as_facilitator, session, series):
    onto_the_one_before = {"day": TUESDAY, "starts_at": "19:30", "room": session.room_id}

    answer = as_facilitator.post(url_of("sessions:move", series[1]), onto_the_one_before)

    offered = [each.starts_at.astimezone(session.practice.zone).date() for each in answer.context["form"].openings]
    assert offered == [WEDNESDAY, TUESDAY + timedelta(2), TUESDAY + timedelta(3)]


def test_the_last_session_offers_no_later_ones(as_facilitator, session):
    assert "with_later" not in as_facilitator.get(url_of("sessions:move", session)).text


@pytest.mark.parametrize("rows", [1, 3])
def test_moving_more_sessions_asks_no_more_to_show(as_facilitator, session, room, rows, django_assert_num_queries):
    for number in range(rows):
        make_session(session.group, at(TUESDAY + timedelta(weeks=1 + number), 19, 30), room=room, number=4 + number)

    with django_assert_num_queries(28):
        as_facilitator.post(
            url_of("sessions:move", session), given(session, with_later="on"), headers={"HX-Request": "true"}
        )


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


def test_the_page_says_who_will_be_told_and_then_reopens(practice, as_facilitator, session, facilitator, one_is_told):
    enrol(session.group, make_participant(practice, "Fatima", "Berg"), by=facilitator)
    cancel(session, by=facilitator, now=NOW)
    series = reverse("sessions:series", args=[practice.slug, session.group_id])
    assert url_of("sessions:reopen", session) in as_facilitator.get(series).text

    assert "Fatima Berg" in as_facilitator.get(url_of("sessions:reopen", session)).text
    answer = as_facilitator.post(url_of("sessions:reopen", session), follow=True)

    assert "Session 3 takes place after all." in answer.text
    assert url_of("sessions:reopen", session) not in answer.text
    assert not GroupSession.objects.get(pk=session.pk).is_cancelled


def test_the_page_says_what_is_in_the_way_of_reopening(practice, as_facilitator, session, room, facilitator):
    cancel(session, by=facilitator, now=NOW)
    make_session(make_group(practice, by=facilitator, name="Merels"), at(TUESDAY, 19), room=room)

    answer = as_facilitator.post(url_of("sessions:reopen", session))

    assert answer.status_code == 422
    assert "Kring is taken by Merels, 19:00–21:00." in answer.text


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


def test_only_planners_of_the_practice_reopen(session, facilitator, as_co_facilitator, as_stranger, stranger):
    cancel(session, by=facilitator, now=NOW)
    theirs = reverse("sessions:reopen", args=[stranger.practice.slug, session.pk])

    assert as_co_facilitator.post(url_of("sessions:reopen", session)).status_code == 403
    assert as_stranger.post(theirs).status_code == 404
    assert GroupSession.objects.get(pk=session.pk).is_cancelled


def test_a_session_keeps_its_hour_when_it_moves_over_a_clock_change(as_facilitator, session):
    winter = date(TUESDAY.year, 11, 17)

    as_facilitator.post(url_of("sessions:move", session), given(session, day=winter, starts_at="19:30"))

    session.refresh_from_db()
    assert session.starts_at == at(winter, 19, 30)
    assert session.starts_at.astimezone(timezone.get_default_timezone()).time() == time(19, 30)
    assert isinstance(session.starts_at, datetime)
