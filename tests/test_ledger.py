"""What should be waiting, when, and for whom: the ledger after everything that can happen to a group."""

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from groups.events import people_changed
from groups.models import CareGroup
from participants import contact
from participants.events import contact_wishes_changed
from participants.models import Participant
from reminders import ledger
from reminders.models import Occasion, Reminder
from sessions.events import consequences_of, sessions_changed
from sessions.planning import enrol_all
from tests.factories import at, enrol, make_group, make_participant, make_room, make_session

MONDAY = date(2027, 2, 1)
NOW = at(MONDAY, 12)
FIRST = at(date(2027, 2, 22), 19, 30)
SECOND = at(date(2027, 3, 22), 19, 30)
WELCOME, WEEK, TWO_DAYS = Occasion.WELCOME, Occasion.WEEK_BEFORE, Occasion.TWO_DAYS_BEFORE
MOVED, CANCELLED = Occasion.MOVED, Occasion.CANCELLED


@pytest.fixture
def group(practice, facilitator):
    group = make_group(practice, by=facilitator, first=facilitator)
    make_session(group, FIRST)
    make_session(group, SECOND)
    return group


@pytest.fixture
def sanne(practice):
    return make_participant(practice, "Sanne")


def join(group, *people, now=NOW):
    """Give them a place as the pages do: the row, and then the word that people changed."""
    return enrol_all(group, people, by=group.created_by, now=now)


def leave(place, now=NOW):
    place.state, place.left_at = "left", now
    place.save()
    people_changed.send(sender=CareGroup, group=place.group, enrolments=[place], now=now)


def change(session, now=NOW, **fields):
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()
    sessions_changed.send(sender=CareGroup, group=session.group, sessions=[session], now=now)


def move(session, starts_at, now=NOW):
    ends_at = starts_at + session.length
    change(session, now, starts_at=starts_at, ends_at=ends_at, occupied_until=ends_at)


def sessions(group):
    return list(group.sessions.order_by("number"))


def waiting(**filters):
    """(occasion, number of the session, when) of what is to be sent, in order."""
    rows = Reminder.objects.waiting().filter(**filters).select_related("session").order_by("due_at", "pk")
    return [(row.occasion, row.session and row.session.number, row.due_at) for row in rows]


def let_leave(now):
    """As if all that is due now had been sent by then."""
    ledger.count_as_sent({row.enrolment for row in Reminder.objects.due(now)}, until=now + timedelta(seconds=1))


def test_who_gets_a_place_gets_all_dates_at_once_and_two_reminders_of_each_session(group, sanne):
    join(group, sanne)

    assert waiting() == [
        (WELCOME, None, NOW),
        (WEEK, 1, FIRST - timedelta(7)),
        (TWO_DAYS, 1, FIRST - timedelta(2)),
        (WEEK, 2, SECOND - timedelta(7)),
        (TWO_DAYS, 2, SECOND - timedelta(2)),
    ]


def test_deriving_again_changes_nothing(group, sanne):
    (place,) = join(group, sanne)
    before = list(Reminder.objects.order_by("pk").values())

    ledger.derive([place], NOW + timedelta(minutes=5))

    assert list(Reminder.objects.order_by("pk").values()) == before


def test_who_joins_late_gets_the_dates_to_come_and_no_stale_reminder(group, sanne):
    join(group, sanne, now=FIRST - timedelta(days=3))

    assert waiting() == [
        (WELCOME, None, FIRST - timedelta(days=3)),
        (TWO_DAYS, 1, FIRST - timedelta(2)),
        (WEEK, 2, SECOND - timedelta(7)),
        (TWO_DAYS, 2, SECOND - timedelta(2)),
    ]


def test_who_joins_after_the_last_session_gets_nothing(group, sanne):
    join(group, sanne, now=SECOND + timedelta(hours=1))

    assert waiting() == []


def test_who_leaves_gets_nothing_any_more(group, sanne):
    (place,) = join(group, sanne)

    leave(place)

    assert waiting() == []


def test_who_comes_back_is_welcome_again_and_is_reminded_again(group, sanne):
    (place,) = join(group, sanne)
    let_leave(NOW)
    leave(place, NOW + timedelta(days=1))

    join(group, sanne, now=NOW + timedelta(days=2))

    assert waiting()[0] == (WELCOME, None, NOW + timedelta(days=2))
    assert len(waiting()) == 5


@pytest.mark.parametrize("reason", ["stopped", "opted out", "no address"])
def test_who_may_not_be_written_to_gets_nothing_from_that_moment(group, sanne, facilitator, reason):
    join(group, sanne)

    if reason == "stopped":
        contact.stop_messages(sanne, by=facilitator, now=NOW)
    elif reason == "opted out":
        contact.wish_for_email(sanne, False, now=NOW)
    else:
        Participant.objects.filter(pk=sanne.pk).update(email="")
        contact_wishes_changed.send(sender=Participant, participant=sanne, now=NOW)

    assert waiting() == []


def test_who_may_be_written_to_again_gets_what_is_still_to_come(group, sanne, facilitator):
    join(group, sanne)
    let_leave(NOW)
    contact.stop_messages(sanne, by=facilitator, now=NOW)

    contact.allow_messages(sanne, now=FIRST - timedelta(days=4))

    assert [row[:2] for row in waiting()] == [(TWO_DAYS, 1), (WEEK, 2), (TWO_DAYS, 2)]


def test_a_move_that_nobody_was_told_about_is_no_news(group, sanne):
    join(group, sanne)
    first, _second = sessions(group)

    move(first, FIRST + timedelta(days=1))

    assert waiting()[0][:2] == (WELCOME, None)
    assert MOVED not in {row[0] for row in waiting()}
    assert (WEEK, 1, FIRST - timedelta(6)) in waiting()


def test_a_move_is_told_once_and_the_reminders_follow(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)
    later = NOW + timedelta(days=1)

    move(first, FIRST + timedelta(days=1), later)
    again = waiting()
    ledger.derive(group.enrolments.all(), later)

    assert waiting() == again
    assert again[:3] == [
        (MOVED, 1, later),
        (WEEK, 1, FIRST - timedelta(6)),
        (TWO_DAYS, 1, FIRST - timedelta(1)),
    ]
    assert Reminder.objects.get(occasion=MOVED).speaks_of == FIRST + timedelta(days=1)


def test_two_moves_before_anything_left_are_one_message_with_the_last_start(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)

    move(first, FIRST + timedelta(days=1), NOW + timedelta(days=1))
    move(first, FIRST + timedelta(days=2), NOW + timedelta(days=1))

    assert [row.speaks_of for row in Reminder.objects.filter(occasion=MOVED)] == [FIRST + timedelta(days=2)]


def test_another_room_is_news_and_the_same_room_again_is_none(group, sanne, practice):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)
    reminders = waiting()

    change(first, NOW + timedelta(days=1), room=make_room(practice))
    assert waiting() == [(MOVED, 1, NOW + timedelta(days=1)), *reminders]

    change(first, NOW + timedelta(days=1), room=None)
    assert waiting() == reminders


def test_another_room_is_foreseen_too(group, sanne, practice):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)
    first.room = make_room(practice)

    (told,) = consequences_of(group, {first: FIRST}, now=NOW)

    assert (told.person, str(told.occasion_label)) == (sanne, "session moved")


def test_two_sessions_that_move_are_one_message(group, sanne):
    join(group, sanne)
    let_leave(NOW)

    for session in sessions(group):
        move(session, session.starts_at + timedelta(days=1), NOW + timedelta(days=1))

    assert [row[:2] for row in waiting(occasion=MOVED)] == [(MOVED, 1)]


def test_a_move_back_before_anything_left_is_no_news(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)

    move(first, FIRST + timedelta(days=1), NOW + timedelta(days=1))
    move(first, FIRST, NOW + timedelta(days=1))

    assert waiting(occasion=MOVED) == []
    assert (WEEK, 1, FIRST - timedelta(7)) in waiting()


def test_moving_there_and_back_and_there_again_is_told_each_time(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)

    for day, start in enumerate((FIRST + timedelta(1), FIRST, FIRST + timedelta(1)), start=1):
        move(first, start, NOW + timedelta(days=day))
        assert waiting(occasion=MOVED) == [(MOVED, 1, NOW + timedelta(days=day))]
        let_leave(NOW + timedelta(days=day))

    assert Reminder.objects.filter(occasion=MOVED).count() == 3


def test_a_cancelled_session_is_told_to_who_expects_it_and_reminded_of_no_more(group, sanne, practice):
    join(group, sanne)
    let_leave(NOW)
    join(group, make_participant(practice, "Fatima"), now=NOW + timedelta(days=1))
    first, _second = sessions(group)

    change(first, NOW + timedelta(days=1), cancelled_at=NOW + timedelta(days=1))

    assert waiting(occasion=CANCELLED) == [(CANCELLED, 1, NOW + timedelta(days=1))]
    assert {row[:2] for row in waiting()} == {(CANCELLED, 1), (WELCOME, None), (WEEK, 2), (TWO_DAYS, 2)}


def test_a_session_that_is_opened_again_before_anybody_heard_is_no_news(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    before = waiting()
    first, _second = sessions(group)

    change(first, NOW + timedelta(days=1), cancelled_at=NOW)
    change(first, NOW + timedelta(days=1), cancelled_at=None)

    assert waiting() == before


def test_a_session_that_is_opened_again_is_told_to_who_heard_that_it_was_cancelled(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)
    change(first, NOW + timedelta(days=1), cancelled_at=NOW)
    let_leave(NOW + timedelta(days=1))

    change(first, NOW + timedelta(days=2), cancelled_at=None)

    assert waiting(occasion=MOVED) == [(MOVED, 1, NOW + timedelta(days=2))]
    assert Reminder.objects.get(occasion=MOVED).speaks_of == FIRST


def test_a_session_in_the_past_is_no_news(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)

    change(first, FIRST + timedelta(days=1), cancelled_at=FIRST)

    assert waiting(occasion=CANCELLED) == []


def test_who_cannot_come_is_not_reminded_until_the_session_moves(group, sanne):
    (place,) = join(group, sanne)
    let_leave(NOW)
    first, _second = sessions(group)

    first.record_answer(place, is_coming=False, now=NOW)
    ledger.derive([place], NOW)
    assert [row[:2] for row in waiting()] == [(WEEK, 2), (TWO_DAYS, 2)]

    move(first, FIRST + timedelta(days=1), NOW + timedelta(days=1))
    assert [row[:2] for row in waiting()] == [(MOVED, 1), (WEEK, 1), (TWO_DAYS, 1), (WEEK, 2), (TWO_DAYS, 2)]


def test_who_comes_is_reminded(group, sanne):
    (place,) = join(group, sanne)
    before = waiting()

    sessions(group)[0].record_answer(place, is_coming=True, now=NOW)
    ledger.derive([place], NOW)

    assert waiting() == before


@pytest.fixture
def quiet(practice):
    """Messages between nine and eight, not on Sundays and holidays."""
    practice.messages_from, practice.messages_until = time(9), time(20)
    practice.save()
    return practice


def test_at_night_messages_wait_for_the_morning(quiet, group, sanne):
    join(group, sanne, now=at(MONDAY, 22))

    assert waiting()[0] == (WELCOME, None, at(MONDAY + timedelta(days=1), 9))


def test_before_nine_messages_wait_for_nine(quiet, group, sanne):
    join(group, sanne, now=at(MONDAY, 6))

    assert waiting()[0] == (WELCOME, None, at(MONDAY, 9))


def test_a_reminder_on_a_sunday_or_a_holiday_waits_for_the_next_open_day(quiet, group, sanne):
    # Easter Sunday is 28 March, Easter Monday 29 March.
    make_session(group, at(date(2027, 3, 30), 19, 30))

    join(group, sanne)

    assert waiting(session__number=3) == [
        (WEEK, 3, at(date(2027, 3, 23), 19, 30)),
        (TWO_DAYS, 3, at(date(2027, 3, 30), 9)),
    ]


def test_a_holiday_that_is_an_ordinary_day_here_is_no_reason_to_wait(quiet, group, sanne):
    quiet.ordinary_holidays = ["tweede paasdag"]
    quiet.save()
    make_session(group, at(date(2027, 3, 30), 19, 30))

    join(group, sanne)

    assert waiting(session__number=3)[1] == (TWO_DAYS, 3, at(date(2027, 3, 29), 9))


def test_a_reminder_that_would_wait_beyond_the_start_leaves_earlier(quiet, group, sanne):
    make_session(group, at(date(2027, 3, 30), 8, 30))

    join(group, sanne)

    assert waiting(session__number=3)[1] == (TWO_DAYS, 3, at(date(2027, 3, 27), 9))


def test_news_that_would_come_too_late_does_not_wait(quiet, group, sanne):
    saturday_night = at(date(2027, 3, 20), 22)
    _first, second = sessions(group)
    join(group, sanne)
    let_leave(NOW)

    move(second, at(date(2027, 3, 22), 8, 30), NOW)
    let_leave(NOW)
    change(second, saturday_night, cancelled_at=saturday_night)

    assert waiting(occasion=CANCELLED) == [(CANCELLED, 2, saturday_night)]


def test_without_hours_sundays_are_days_like_any_other(group, sanne):
    sunday = at(date(2027, 2, 7), 3)

    join(group, sanne, now=sunday)

    assert waiting()[0] == (WELCOME, None, sunday)


def test_reminders_keep_their_time_when_the_clocks_change(group, sanne):
    # Summer time begins on 28 March 2027.
    make_session(group, at(date(2027, 3, 29), 19, 30))

    join(group, sanne)

    assert waiting(session__number=3) == [
        (WEEK, 3, at(date(2027, 3, 22), 19, 30)),
        (TWO_DAYS, 3, at(date(2027, 3, 27), 19, 30)),
    ]


def test_the_welcome_takes_the_place_of_a_reminder_on_the_same_day(group, sanne):
    join(group, sanne, now=FIRST - timedelta(days=7, hours=3))

    assert [row[:2] for row in waiting()] == [(WELCOME, None), (TWO_DAYS, 1), (WEEK, 2), (TWO_DAYS, 2)]


def test_a_reminder_gives_way_to_news_of_another_session(group, sanne):
    join(group, sanne)
    let_leave(NOW)
    morning = FIRST - timedelta(days=7, hours=9)

    move(sessions(group)[1], SECOND + timedelta(days=1), morning)

    assert waiting()[:2] == [(MOVED, 2, morning), (WEEK, 1, FIRST - timedelta(6))]


def test_one_person_in_two_groups_gets_one_reminder_a_day(group, sanne, facilitator):
    other = make_group(group.practice, by=facilitator, kind=CareGroup.Kind.THEME)
    make_session(other, FIRST + timedelta(hours=12))
    make_session(other, FIRST + timedelta(days=5))

    join(group, sanne)
    let_leave(NOW)
    join(other, sanne, now=NOW + timedelta(days=1))
    let_leave(NOW + timedelta(days=1))

    days = [due_at.date() for *_what, due_at in waiting()]
    assert len(days) == len(set(days)) == 8


def test_messages_are_of_the_practice_and_never_of_another_one(group, sanne):
    join(group, sanne)

    assert {row.practice_id for row in Reminder.objects.all()} == {group.practice_id}


def test_a_key_exists_once(group, sanne):
    join(group, sanne)
    row = Reminder.objects.first()
    row.pk, row.token = None, "another"

    with pytest.raises(IntegrityError, match="a_message_is_sent_once"), transaction.atomic():
        row.save()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"sent_at": NOW}, "sent_was_sending"),
        ({"sent_at": NOW, "sending_at": NOW, "failed_at": NOW, "failure": "refused"}, "sent_was_sending"),
        ({"failed_at": NOW, "sending_at": NOW}, "failed_has_a_reason"),
        ({"failed_at": NOW, "failure": "refused"}, "failed_has_a_reason"),
        ({"sending_at": NOW, "cancelled_at": NOW}, "what_is_sending_cannot_be_cancelled"),
    ],
)
def test_a_row_cannot_say_what_cannot_be(group, sanne, fields, constraint):
    join(group, sanne)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Reminder.objects.filter(occasion=WELCOME).update(**fields)


@pytest.mark.parametrize("number", [1, 3])
def test_deriving_asks_as_often_for_three_people_as_for_one(group, practice, number):
    places = enrol(group, *(make_participant(practice) for _ in range(number)), by=group.created_by, now=NOW)

    with CaptureQueriesContext(connection) as queries:
        ledger.derive(places, NOW)

    assert len(queries) == 8
    move(sessions(group)[0], FIRST + timedelta(days=1))
    with CaptureQueriesContext(connection) as queries:
        ledger.derive(places, NOW)
    assert len(queries) == 7


def test_a_change_shows_first_who_will_be_told_and_changes_nothing(group, sanne, practice, facilitator):
    fatima = make_participant(practice, "Fatima", email="")
    ilse = make_participant(practice, "Ilse")
    join(group, sanne, fatima, ilse)
    let_leave(NOW)
    contact.stop_messages(ilse, by=facilitator, now=NOW)
    before = list(Reminder.objects.order_by("pk").values())
    later = NOW + timedelta(days=1)
    first, second = sessions(group)

    found = consequences_of(group, {first: FIRST + timedelta(days=1), second: None}, now=later)

    assert [(c.person, str(c.occasion_label), str(c.channel_label), c.at) for c in found] == [
        (sanne, "session cancelled", "e-mail", later),
        (fatima, "session changed", "not by e-mail: tell her yourself", later),
        (sanne, "session moved", "e-mail", later),
    ]
    assert list(Reminder.objects.order_by("pk").values()) == before
    assert first.starts_at == FIRST


def test_what_failed_or_is_unknown_needs_attention_while_it_matters(group, sanne, practice, facilitator, stranger):
    join(group, sanne, make_participant(practice, "Fatima"))
    one, two = Reminder.objects.filter(session__number=1, occasion=WEEK)
    moment = FIRST - timedelta(days=7)
    Reminder.objects.filter(pk=one.pk).update(sending_at=moment, failed_at=moment, failure="refused")
    Reminder.objects.filter(pk=two.pk).update(sending_at=moment)

    def found(now):
        return {row.pk for row in ledger.needing_attention(facilitator, now)}

    assert found(moment + timedelta(minutes=9)) == {one.pk}
    assert found(moment + timedelta(minutes=10)) == {one.pk, two.pk}
    assert found(FIRST) == set()


def test_a_co_facilitator_sees_the_messages_of_her_own_groups(group, sanne, co_facilitator, facilitator):
    join(group, sanne)
    assert not Reminder.objects.visible_to(co_facilitator).exists()

    own = make_group(group.practice, by=facilitator, co=co_facilitator)
    make_session(own, FIRST + timedelta(days=20))
    join(own, sanne)

    assert {row.enrolment.group for row in Reminder.objects.visible_to(co_facilitator)} == {own}
    assert not Reminder.objects.editable_by(co_facilitator).exists()
