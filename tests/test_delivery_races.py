"""Two at once, on connections of their own, and a real worker that was asked over the broker."""

import threading
from datetime import timedelta

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connection
from django.utils import timezone

from centering.celery import app
from participants import contact
from participants.models import Participant
from practices.models import Role
from practices.tenancy import practice_scope
from reminders import answering, ledger
from reminders.delivery import deliver
from reminders.ledger import told_by
from reminders.models import Reminder
from reminders.tasks import deliver_due
from tests.factories import make_group, make_membership, make_participant, make_practice, make_session
from tests.test_ledger import join, move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def practice(db, now):
    """A practice with one message that is due, seen by every connection; no scope is open."""
    practice = make_practice("de-linde", with_defaults=True)
    with practice_scope(practice):
        lead = make_membership(practice, Role.FACILITATOR)
        group = make_group(practice, by=lead, first=lead)
        make_session(group, now + timedelta(days=30))
        join(group, make_participant(practice, email="sanne@example.org"), now=now)
    return practice


def in_thread(work):
    """Run it on a connection of its own; what it answered is in the list when the thread has ended."""
    answers = []

    def run():
        try:
            answers.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, answers


def until(condition):
    deadline = timezone.now() + timedelta(seconds=20)
    while not condition():
        assert timezone.now() < deadline, "it did not come to this"
        threading.Event().wait(0.02)


def until_it_waits(thread):
    """Until the other one waits for a row that we hold, or has gone on without waiting."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    def waits():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            return cursor.fetchone()[0]

    until(lambda: waits() or not thread.is_alive())


def welcome_of(practice):
    with practice_scope(practice):
        return Reminder.objects.select_related("enrolment__group").get(occasion="welcome")


def test_of_two_workers_that_claim_one_message_at_once_one_wins(practice, now):
    pk = welcome_of(practice).pk

    def claim():
        with practice_scope(practice):
            return Reminder.objects.claim(pk, now=now)

    with practice_scope(practice):
        mine = Reminder.objects.claim(pk, now=now)
        thread, theirs = in_thread(claim)
        until_it_waits(thread)
    thread.join(20)

    assert (mine, theirs) == (True, [False])


def test_workers_that_deliver_at_once_send_each_message_once(practice, now, post_office):
    group = welcome_of(practice).enrolment.group
    with practice_scope(practice):
        join(group, *(make_participant(practice) for _ in range(5)), now=now)

    threads = [in_thread(lambda: deliver(now))[0] for _ in range(3)]
    for thread in threads:
        thread.join(30)

    assert len(post_office.received) == len({message["Message-ID"] for message in post_office.received}) == 6


def test_who_presses_the_stop_switch_is_heard_by_a_message_that_is_about_to_leave(practice, now, post_office):
    with practice_scope(practice):
        person = Participant.objects.select_for_update().get()
        thread, _answers = in_thread(lambda: deliver(now))
        until_it_waits(thread)
        contact.stop_messages(person, by=make_membership(practice, Role.COORDINATOR), now=now)
    thread.join(20)

    assert post_office.handed_over == []
    assert welcome_of(practice).state(now) == "withdrawn"


def test_a_session_that_moves_while_its_message_leaves_is_told_again(practice, now):
    row = welcome_of(practice)
    read, moved = threading.Event(), threading.Event()

    def leave():
        with practice_scope(practice):
            assert Reminder.objects.claim(row.pk, now=now)
            row.refresh_from_db()
            place, _wanted = ledger.wish_for(row, now=now)
            read.set()
            moved.wait(20)
            return row.begin_sending(told_by(row, place, now=now), now=now)

    def move_it():
        with practice_scope(practice):
            session = row.enrolment.group.sessions.get()
            move(session, session.starts_at + timedelta(hours=1), now)

    leaving, left = in_thread(leave)
    read.wait(20)
    moving, _answers = in_thread(move_it)
    until_it_waits(moving)
    moved.set()
    leaving.join(20)
    moving.join(20)

    assert left == [True]
    with practice_scope(practice):
        assert Reminder.objects.waiting().filter(occasion="moved").exists()


def test_her_own_wish_is_compared_with_what_is_true_and_not_with_what_was(practice, now):
    token = welcome_of(practice).token

    def wish():
        with practice_scope(practice):
            answering.wish_for_email(answering.page_behind(token, now=now), True, now=now)

    with practice_scope(practice):
        Participant.objects.update(by_email=False)
        thread, _answers = in_thread(wish)
        until_it_waits(thread)
    thread.join(20)

    with practice_scope(practice):
        assert Participant.objects.get().by_email


def test_without_any_scope_open_each_outcome_is_written_down(practice, now, post_office, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    deliver(now)
    assert (welcome_of(practice).state(now), welcome_of(practice).tries) == ("waiting", 1)

    settings.EMAIL_PORT = port
    deliver(now + timedelta(minutes=2))
    assert welcome_of(practice).state(now) == "sent"


def a_worker_of(queue):
    """A worker in this process. It sets the level of every log, here the one that the project has anyway."""
    return start_worker(
        app, pool="solo", loglevel="INFO", perform_ping_check=False, queues=[queue], shutdown_timeout=30
    )


def test_a_message_leaves_through_a_real_worker_that_was_asked_over_the_broker(practice, post_office):
    queue = f"test-{timezone.now().timestamp()}"

    with a_worker_of(queue):
        deliver_due.apply_async(queue=queue)
        until(lambda: post_office.received)

    assert post_office.recipients == ["sanne@example.org"]


def test_a_task_carries_a_moment_and_nothing_of_anybody(practice, post_office, now):
    queue = f"test-{now.timestamp()}"
    later = now + timedelta(minutes=5)
    deliver_due.apply_async(kwargs={"now": later}, queue=queue)
    with app.connection_for_read() as broker:
        (waiting,) = broker.default_channel.client.lrange(queue, 0, -1)
    assert b"sanne" not in waiting

    with a_worker_of(queue):
        until(lambda: welcome_of(practice).sent_at)

    assert welcome_of(practice).sent_at == later
