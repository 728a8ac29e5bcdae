"""A session that is called off with another in its place: what is planned, and the one message that says both."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from neighbourhood.models import Meeting
from reminders import ledger
from reminders.defaults import write_texts
from reminders.ledger import Book
from reminders.models import Reminder
from reminders.texts import compose
from sessions.clashes import Clashes, Taken
from sessions.models import GroupSession, PlanItem
from sessions.moving import CannotChange, Fixed, StaysOff, cancel, moves_of, reopen, replace, why_not_reopened
from tests.factories import at, make_activity, make_group, make_participant, make_partner, make_room, make_session
from tests.test_ledger import join
from tests.test_moving import NOW, TUESDAY, WEDNESDAY, given, url_of

pytestmark = pytest.mark.begins_with.with_args(write_texts)
OFF, MOVED = at(TUESDAY, 19, 30), at(WEDNESDAY, 20)


@pytest.fixture
def room(practice):
    return make_room(practice, "Kring")


@pytest.fixture
def session(practice, facilitator, co_facilitator, room):
    group = make_group(practice, by=facilitator, first=facilitator, co=co_facilitator, room=room, name="Zwaluwen")
    session = make_session(group, OFF, room=room, number=3, theme="Bevallen", with_doctor=True)
    PlanItem.objects.create(practice=practice, session=session, position=1, title="Weeën", added_at=NOW)
    return session


@pytest.fixture
def place(practice, session):
    """Somebody who was told all dates."""
    (place,) = join(session.group, make_participant(practice, "Merel", language="nl"), now=NOW)
    ledger.count_as_sent([place], until=NOW + timedelta(minutes=1))
    return place


def put(session, starts_at, by, room=None, now=NOW):
    (there,) = moves_of(session, starts_at=starts_at, room=room or session.room)
    return replace(there, by=by, now=now)


def waiting_news():
    return Reminder.objects.waiting().filter(occasion__in=["welcome", "moved", "cancelled"])


def dates_in(reminder, now=NOW):
    book = Book.opened([reminder.enrolment_id])
    letter = compose(reminder, book.places[0], now=now)
    return [line for line in letter.body.splitlines() if line.startswith("- ")], letter


def test_the_session_in_its_place_has_its_number_theme_topics_and_leads(session, facilitator, room):
    new = put(session, MOVED, facilitator)

    session.refresh_from_db()
    assert (session.starts_at, session.cancelled_at, session.cancelled_by) == (OFF, NOW, facilitator)
    assert (new.number, new.theme, new.with_doctor, new.room) == (3, "Bevallen", True, room)
    assert (new.starts_at, new.occupied_until) == (MOVED, at(WEDNESDAY, 22, 15))
    assert new.replaces == session
    assert [topic.title for topic in new.plan.all()] == ["Weeën"]
    leads = [set(each.leads.values_list("membership", "role")) for each in (session, new)]
    assert leads[0] == leads[1]
    assert not session.leads.standing().exists()
    assert new.leads.standing().count() == 2


def test_a_partner_who_was_to_come_goes_along_and_comes_back(practice, session, facilitator):
    activity = make_activity(make_partner(practice))
    meeting = Meeting.objects.create(
        practice=practice, session=session, activity=activity, arranged_by=facilitator, arranged_at=NOW
    )

    new = put(session, MOVED, facilitator)
    meeting.refresh_from_db()
    assert meeting.session == new

    cancel(new, by=facilitator, now=NOW)
    meeting.refresh_from_db()
    assert meeting.session == new
    reopen(session, by=facilitator, now=NOW)
    meeting.refresh_from_db()
    assert meeting.session == session


def test_one_message_says_what_is_off_and_what_comes_in_its_place(session, place, facilitator):
    new = put(session, MOVED, facilitator)

    (message,) = waiting_news()
    assert message.occasion == "moved"
    (line,), letter = dates_in(message)
    was, _arrow, becomes = line.partition(" → ")
    assert (f"{TUESDAY.day} september" in was, "19:30" in was) == (True, True)
    assert (f"{WEDNESDAY.day} september" in becomes, "20:00, Kring" in becomes) == (True, True)
    assert letter.told[str(session.pk)] is None
    assert datetime.fromisoformat(letter.told[str(new.pk)]["starts_at"]) == MOVED


def test_after_that_message_nothing_more_is_told(session, place, facilitator):
    put(session, MOVED, facilitator)

    ledger.count_as_sent([place], until=NOW + timedelta(minutes=1))
    ledger.derive([place], NOW + timedelta(minutes=2))

    assert not waiting_news().exists()


def test_replaced_twice_before_anything_left_she_hears_the_last_of_it_once(session, place, facilitator):
    newest = put(put(session, MOVED, facilitator), MOVED + timedelta(days=1), facilitator)

    (message,) = waiting_news()
    (line,), letter = dates_in(message)
    assert line.startswith(f"- dinsdag {TUESDAY.day} september")
    assert set(letter.told) == {str(session.pk), str(newest.pk)}


def test_when_that_one_is_called_off_too_the_message_says_only_that(session, place, facilitator):
    cancel(put(session, MOVED, facilitator), by=facilitator, now=NOW)

    (message,) = waiting_news()
    assert message.occasion == "cancelled"
    assert len(dates_in(message)[0]) == 1


def test_a_replaced_session_stays_off_while_the_other_stands(session, facilitator):
    new = put(session, MOVED, facilitator)
    session.refresh_from_db()
    assert why_not_reopened(session, now=NOW) is StaysOff.REPLACED

    cancel(new, by=facilitator, now=NOW)
    reopen(session, by=facilitator, now=NOW)

    assert [topic.title for topic in session.plan.all()] == ["Weeën"]


def test_what_is_in_the_way_of_the_new_moment_leaves_all_as_it_was(practice, session, facilitator, room):
    make_session(make_group(practice, by=facilitator), at(WEDNESDAY, 19), room=room)

    with pytest.raises(Clashes) as refused:
        put(session, MOVED, facilitator)

    assert [clash.taken for clash in refused.value.found[3]] == [Taken.ROOM]
    assert GroupSession.objects.get(pk=session.pk).cancelled_at is None


def test_the_moment_that_becomes_free_may_be_taken_again(session, facilitator, room):
    assert put(session, OFF + timedelta(minutes=30), facilitator).starts_at == OFF + timedelta(minutes=30)


def test_a_session_that_is_off_already_is_not_replaced(session, facilitator):
    (there,) = moves_of(session, starts_at=MOVED, room=session.room)
    cancel(session, by=facilitator, now=NOW)

    with pytest.raises(CannotChange) as refused:
        replace(there, by=facilitator, now=NOW)

    assert refused.value.why is Fixed.CANCELLED


def test_the_page_tells_one_thing_to_each_person_and_then_does_both(practice, as_facilitator, session, place):
    url, filled = url_of("sessions:cancel", session), given(session)

    shown = as_facilitator.post(url, {**filled, "show": "1"})
    assert [told.occasion_label for told in shown.context["consequences"]] == ["session moved"]
    assert GroupSession.objects.count() == 1
    done = as_facilitator.post(url, filled, follow=True)

    assert f"Session 3 is cancelled; another one on Wednesday {WEDNESDAY.day} September is in its place." in done.text
    series = reverse("sessions:series", args=[practice.slug, session.group_id])
    assert done.redirect_chain == [(series, 302)]
    assert url_of("sessions:reopen", session) not in done.text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"day": TUESDAY, "starts_at": "19:30"}, "day", "The session is there already."),
        ({"starts_at": "late"}, "starts_at", "Give a time, for instance 19:30."),
        ({"room": ""}, "room", "Choose the room where the group meets."),
    ],
)
def test_bad_input_for_the_new_moment_is_told_beside_its_field(as_facilitator, session, changes, field, words):
    response = as_facilitator.post(url_of("sessions:cancel", session), given(session, **changes))

    assert response.status_code == 422
    assert response.context["form"].errors[field][0].startswith(words)
    assert not GroupSession.objects.get().is_cancelled
