"""Messages leave over real SMTP, once, and what became of each is known or known to be unknown."""

import logging
from datetime import date, timedelta

import pytest

from centering.celery import app
from participants import contact
from participants.models import Participant
from practices.models import Role
from practices.tenancy import practice_scope
from reminders import ledger
from reminders.defaults import write_texts
from reminders.delivery import deliver
from reminders.models import CLAIM_LASTS, RETRY_AFTER, MessageText, Reminder
from reminders.tasks import deliver_due
from tests.factories import at, make_group, make_membership, make_participant, make_practice, make_room, make_session
from tests.test_ledger import change, join, move

pytestmark = pytest.mark.begins_with.with_args(write_texts)

NOW = at(date(2027, 2, 1), 12)
FIRST = at(date(2027, 2, 22), 19, 30)
SECOND = at(date(2027, 3, 22), 19, 30)
LINK = r"http://localhost:8000/a/"


@pytest.fixture
def group(practice, facilitator):
    practice.sender_name = "Praktijk De Linde"
    practice.save()
    room = make_room(practice, "Huiskamer", street="Dorpsstraat 1", postcode="1234 AB", town="Utrecht")
    group = make_group(practice, by=facilitator, first=facilitator, name="Kring maart")
    make_session(group, FIRST, room=room)
    make_session(group, SECOND, room=room)
    return group


@pytest.fixture
def sanne(practice):
    return make_participant(practice, "Sanne", email="sanne@example.org")


@pytest.fixture
def place(group, sanne):
    return join(group, sanne)[0]


def text_of(message):
    return message.get_content().replace("\r\n", "\n")


def states(now=NOW):
    return {(row.occasion, row.session_id): row.state(now) for row in Reminder.objects.order_by("pk")}


def the(occasion):
    return Reminder.objects.get(occasion=occasion)


def test_all_dates_leave_at_once_from_the_practice_with_place_and_link(post_office, place, settings):
    settings.DEFAULT_FROM_EMAIL = "bericht@example.net"

    deliver(NOW)

    (message,) = post_office.received
    welcome = the("welcome")
    assert message["From"] == "Praktijk De Linde <bericht@example.net>"
    assert message["To"] == "sanne@example.org"
    assert message["Subject"] == "Je afspraken bij Praktijk De Linde"
    assert message["List-Unsubscribe"] == f"<{settings.BASE_URL}/a/{welcome.token}/>"
    assert message["Message-ID"].endswith("@example.net>")
    assert welcome.token not in message["Message-ID"]
    assert message.get_content_type() == "text/plain"
    assert text_of(message) == (
        "Hallo,\n\n"
        "Dit zijn je afspraken bij Praktijk De Linde:\n\n"
        "- maandag 22 februari 2027, 19:30, Huiskamer, Dorpsstraat 1, 1234 AB Utrecht\n"
        "- maandag 22 maart 2027, 19:30, Huiskamer, Dorpsstraat 1, 1234 AB Utrecht\n\n"
        "Laat via deze link weten of je komt. Daar kun je ook zeggen dat je geen e-mails meer wilt:\n"
        f"{settings.BASE_URL}/a/{welcome.token}/\n\n"
        "Tot ziens,\nPraktijk De Linde\n"
    )
    assert (welcome.sent_at, welcome.sending_at) == (NOW, NOW)


def test_the_second_minute_sends_nothing_twice(post_office, place):
    deliver(NOW)
    deliver(NOW + timedelta(minutes=1))

    assert len(post_office.received) == 1


def test_reminders_leave_in_their_time(post_office, place):
    deliver(NOW)

    deliver(FIRST - timedelta(days=7))
    deliver(FIRST - timedelta(days=2))

    subjects = [message["Subject"] for message in post_office.received[1:]]
    assert subjects == ["Je afspraak op maandag 22 februari 2027", "Je afspraak op maandag 22 februari 2027 om 19:30"]
    assert "maandag 22 februari 2027, 19:30\nHuiskamer, Dorpsstraat 1" in text_of(post_office.received[1])


def test_a_move_is_told_with_the_old_and_the_new_start(post_office, place, group):
    deliver(NOW)
    move(group.sessions.get(number=1), FIRST + timedelta(days=1))

    deliver(NOW + timedelta(minutes=1))

    message = post_office.received[1]
    assert message["Subject"] == "Je afspraak bij Praktijk De Linde is verplaatst"
    assert "- maandag 22 februari 2027, 19:30 → dinsdag 23 februari 2027, 19:30, Huiskamer" in text_of(message)
    assert "22 maart" not in text_of(message)


def test_a_cancellation_is_told_with_the_start_she_knows(post_office, place, group):
    deliver(NOW)
    move(group.sessions.get(number=1), FIRST + timedelta(days=1))
    change(group.sessions.get(number=1), cancelled_at=NOW)

    deliver(NOW + timedelta(minutes=1))

    (message,) = post_office.received[1:]
    assert message["Subject"] == "Je afspraak bij Praktijk De Linde gaat niet door"
    assert "- maandag 22 februari 2027, 19:30\n" in text_of(message)


def test_a_message_is_in_the_language_of_the_person(post_office, group, practice):
    join(group, make_participant(practice, language="en"))

    deliver(NOW)

    assert "Monday 22 February 2027, 19:30" in text_of(post_office.received[0])


@pytest.mark.parametrize(("of_practice", "greeting"), [("en", "Hello"), ("nl", "Hallo")])
def test_without_a_text_in_her_language_it_is_the_language_of_the_practice(
    post_office, group, practice, of_practice, greeting
):
    practice.language = of_practice
    practice.save()
    join(group, make_participant(practice, language="ti"))

    deliver(NOW)

    assert text_of(post_office.received[0]).startswith(greeting)


def test_a_text_of_the_practice_in_another_language_is_used(post_office, group, practice):
    MessageText.objects.create(
        practice=practice, occasion="welcome", channel="email", language="uk", subject="Вітаємо", body="{dates} {link}"
    )
    join(group, make_participant(practice, language="uk"))

    deliver(NOW)

    assert post_office.received[0]["Subject"] == "Вітаємо"
    assert "понеділок 22 лютого 2027" in text_of(post_office.received[0])


def test_an_online_group_gets_the_link_to_its_room(post_office, practice, facilitator, sanne):
    group = make_group(practice, by=facilitator, mode="online", online_url="https://video.example.org/x")
    make_session(group, FIRST)
    join(group, sanne)

    deliver(NOW)

    assert "19:30, https://video.example.org/x\n" in text_of(post_office.received[0])


def test_the_name_of_the_group_and_of_the_person_are_in_no_message(post_office, place):
    deliver(NOW)
    deliver(FIRST - timedelta(days=7))

    for message in post_office.received:
        assert "Kring" not in message.as_string()
        assert "Sanne" not in message.as_string()


def test_a_line_that_starts_with_a_dot_arrives_whole(post_office, place):
    MessageText.objects.filter(occasion="welcome").update(body=".\n.x {link}\n..")

    deliver(NOW)

    assert text_of(post_office.received[0]).splitlines()[0] == "."


@pytest.mark.parametrize("wish", ["stop", "opt out", "leave", "cancel", "move"])
def test_what_changed_without_a_word_is_seen_at_the_moment_of_sending(post_office, place, group, sanne, wish):
    deliver(NOW)
    first = group.sessions.get(number=1)
    if wish == "stop":
        Participant.objects.update(contact_stopped_at=NOW)
    elif wish == "opt out":
        Participant.objects.update(by_email=False)
    elif wish == "leave":
        group.enrolments.update(state="left", left_at=NOW)
    elif wish == "cancel":
        group.sessions.filter(pk=first.pk).update(cancelled_at=NOW)
    else:
        group.sessions.filter(pk=first.pk).update(starts_at=FIRST - timedelta(hours=1))

    deliver(FIRST - timedelta(days=7))

    assert len(post_office.received) == 1
    assert Reminder.objects.get(occasion="week_before", session=first).state(NOW) == "withdrawn"


def test_a_reminder_whose_session_has_begun_is_withdrawn(post_office, place):
    deliver(NOW)

    deliver(FIRST)

    assert len(post_office.received) == 1


def test_after_an_outage_one_reminder_of_a_session_leaves_and_not_two(post_office, place):
    deliver(NOW)

    deliver(FIRST - timedelta(days=1))

    assert [m["Subject"] for m in post_office.received[1:]] == ["Je afspraak op maandag 22 februari 2027 om 19:30"]


def test_what_became_due_at_night_waits_for_the_hours_of_the_practice(post_office, place, practice):
    practice.messages_from, practice.messages_until = NOW.replace(hour=9).time(), NOW.replace(hour=20).time()
    practice.save()

    deliver(NOW.replace(hour=22))

    assert post_office.received == []
    assert the("welcome").due_at == at(date(2027, 2, 2), 9)
    deliver(at(date(2027, 2, 2), 9))
    assert len(post_office.received) == 1


def test_a_refusal_for_good_is_a_failure_and_the_others_leave(post_office, place, group, practice, caplog):
    post_office.refusals["sanne@example.org"] = "550 no such user sanne@example.org"
    join(group, make_participant(practice, "Fatima", email="fatima@example.org"))

    with caplog.at_level(logging.INFO):
        deliver(NOW)

    row = Reminder.objects.get(enrolment=place, occasion="welcome")
    assert (row.state(NOW), row.failure, row.failed_at) == ("failed", "refused", NOW)
    assert post_office.recipients == ["fatima@example.org"]
    assert f"Message {row.pk}: refused" in caplog.text
    assert "sanne" not in " ".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


def test_a_server_that_will_not_have_us_as_a_sender_says_nothing_about_the_message(post_office, place):
    post_office.sender = "550 not you"

    deliver(NOW)

    assert (the("welcome").state(NOW), the("welcome").tries) == ("waiting", 1)


def test_a_refusal_for_good_of_the_content_is_a_failure_too(post_office, place):
    post_office.after_data = "554 spam"

    deliver(NOW)

    assert the("welcome").failure == "refused"


@pytest.mark.parametrize("where", ["recipient", "content"])
def test_a_refusal_for_now_is_tried_again_later(post_office, place, where):
    if where == "recipient":
        post_office.refusals["sanne@example.org"] = "450 greylisted"
    else:
        post_office.after_data = "451 later"
    deliver(NOW)
    row = the("welcome")
    assert (row.state(NOW), row.tries, row.due_at) == ("waiting", 1, NOW + RETRY_AFTER[0])
    assert row.told == {}

    post_office.refusals, post_office.after_data = {}, "250 OK"
    deliver(NOW + timedelta(minutes=1))
    assert post_office.received == []
    deliver(NOW + RETRY_AFTER[0])
    assert len(post_office.received) == 1


def test_a_message_that_waits_for_another_try_keeps_waiting_when_the_ledger_is_derived(post_office, place):
    post_office.after_data = "451 later"
    deliver(NOW)

    ledger.derive([place], NOW + timedelta(minutes=1))

    assert the("welcome").due_at == NOW + RETRY_AFTER[0]


def test_trying_again_has_an_end(post_office, place):
    post_office.after_data = "451 later"

    moment = NOW
    for wait in (*RETRY_AFTER, timedelta()):
        deliver(moment)
        moment += wait

    row = the("welcome")
    assert (row.state(moment), row.failure, row.tries) == ("failed", "not_taken", len(RETRY_AFTER))
    assert len(post_office.handed_over) == len(RETRY_AFTER) + 1


def test_a_mail_server_that_is_away_leaves_everything_due(place, group, practice, settings, caplog):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    join(group, make_participant(practice))

    deliver(NOW)

    rows = Reminder.objects.filter(occasion="welcome").order_by("pk")
    assert [(row.state(NOW), row.tries, row.claimed_at) for row in rows] == [("waiting", 1, None), ("waiting", 0, None)]
    assert "The mail server is away" in caplog.text


def test_silence_after_the_content_is_unknown_and_never_repeated_by_itself(post_office, place, caplog):
    post_office.drops = True
    deliver(NOW)
    row = the("welcome")
    assert (row.state(NOW), row.failure, row.sent_at) == ("unknown", "no_answer", None)

    post_office.drops = False
    for minutes in (1, 11, 60):
        deliver(NOW + timedelta(minutes=minutes))

    assert len(post_office.handed_over) == 1
    assert f"Message {row.pk}: no_answer" in caplog.text


def test_after_silence_the_others_leave_in_the_next_minute(post_office, place, group, practice):
    join(group, make_participant(practice, email="fatima@example.org"))
    post_office.drops = True
    deliver(NOW)
    post_office.drops = False

    deliver(NOW + timedelta(minutes=1))

    assert post_office.recipients == ["fatima@example.org"]


def test_a_worker_that_dies_before_sending_gives_its_claim_back_after_a_while(post_office, place):
    assert Reminder.objects.claim(the("welcome").pk, now=NOW)

    deliver(NOW + CLAIM_LASTS - timedelta(seconds=1))
    assert post_office.received == []
    deliver(NOW + CLAIM_LASTS)
    assert len(post_office.received) == 1


def test_a_worker_that_dies_while_sending_leaves_an_unknown_outcome(post_office, place):
    row = the("welcome")
    Reminder.objects.claim(row.pk, now=NOW)
    row.refresh_from_db()
    assert row.begin_sending({}, now=NOW)

    deliver(NOW + timedelta(days=1))

    assert post_office.received == []
    assert the("welcome").state(NOW + CLAIM_LASTS) == "unknown"


def test_who_was_stopped_while_her_message_was_claimed_does_not_get_it(post_office, place, sanne, facilitator):
    row = the("welcome")
    Reminder.objects.claim(row.pk, now=NOW)
    row.refresh_from_db()

    contact.stop_messages(sanne, by=facilitator, now=NOW)

    assert not row.begin_sending({}, now=NOW)
    assert the("welcome").state(NOW) == "withdrawn"


def test_a_message_without_a_text_fails_with_that_reason(post_office, place, practice):
    MessageText.objects.all().delete()

    deliver(NOW)

    assert (the("welcome").state(NOW), the("welcome").failure) == ("failed", "text")


def test_an_address_that_is_none_fails_with_that_reason(post_office, place):
    Participant.objects.update(email="sanne@@example.org")

    deliver(NOW)

    assert (the("welcome").state(NOW), the("welcome").failure) == ("failed", "address")


def test_what_failed_can_be_sent_again_with_the_dates_of_now(post_office, place, group):
    post_office.after_data = "554 no"
    deliver(NOW)
    move(group.sessions.get(number=1), FIRST + timedelta(days=1))
    post_office.after_data = "250 OK"

    assert ledger.send_again(the("welcome"), now=NOW + timedelta(minutes=5))
    deliver(NOW + timedelta(minutes=5))

    assert "dinsdag 23 februari 2027" in text_of(post_office.received[-1])
    assert the("welcome").state(NOW) == "sent"


def test_a_second_copy_can_be_recognised_as_one(post_office, place):
    post_office.drops = True
    deliver(NOW)
    post_office.drops = False

    ledger.send_again(the("welcome"), now=NOW + timedelta(minutes=5))
    deliver(NOW + timedelta(minutes=5))

    one, other = post_office.handed_over
    assert one["Message-ID"] == other["Message-ID"]


def test_what_nobody_needs_any_more_is_not_sent_again(post_office, place, group):
    deliver(NOW)
    post_office.after_data = "554 no"
    deliver(FIRST - timedelta(days=7))
    row = Reminder.objects.get(failure="refused")

    assert not ledger.send_again(row, now=FIRST)
    assert row.state(FIRST) == "withdrawn"


def test_every_practice_is_served_in_one_go_and_writes_in_its_own_name(post_office, place, facilitator):
    elsewhere = make_practice("elders", with_defaults=True)
    elsewhere.sender_name = "Elders"
    elsewhere.save()
    with practice_scope(elsewhere):
        lead = make_membership(elsewhere, Role.FACILITATOR)
        group = make_group(elsewhere, by=lead, first=lead)
        make_session(group, FIRST)
        join(group, make_participant(elsewhere))

    deliver(NOW)

    assert sorted(message["From"].split(" <")[0] for message in post_office.received) == [
        "Elders",
        "Praktijk De Linde",
    ]


def test_beat_asks_each_minute_for_a_task_that_exists():
    (entry,) = [e for e in app.conf.beat_schedule.values() if e["task"] == "reminders.tasks.deliver_due"]

    assert entry["schedule"] == 60
    assert deliver_due.name in app.tasks
