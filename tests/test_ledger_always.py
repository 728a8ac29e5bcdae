"""Whatever happens to a group, in whatever order: the ledger is what a fresh computation gives, and people get what is
true, once, and nothing after they said stop. Messages leave over real SMTP all the while."""

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from participants import contact
from reminders import ledger
from reminders.delivery import deliver
from reminders.expected import DAYS_BEFORE, expected, may_be_told, told
from reminders.hours import days_before
from reminders.ledger import Book
from reminders.models import Reminder
from tests.factories import at, make_group, make_participant, make_session
from tests.test_ledger import change, join, leave, move

NOW = at(date(2027, 2, 1), 12)
PEOPLE, SESSIONS = st.integers(0, 1), st.integers(0, 2)
EVENTS = st.one_of(
    st.tuples(st.just("join"), PEOPLE),
    st.tuples(st.just("leave"), PEOPLE),
    st.tuples(st.just("stop"), PEOPLE),
    st.tuples(st.just("allow"), PEOPLE),
    st.tuples(st.just("wish"), PEOPLE, st.booleans()),
    st.tuples(st.just("answer"), PEOPLE, SESSIONS, st.booleans()),
    st.tuples(st.just("move"), SESSIONS, st.sampled_from([-72, -1, 0, 1, 48])),
    st.tuples(st.just("cancel"), SESSIONS),
    st.tuples(st.just("reopen"), SESSIONS),
    st.tuples(st.just("deliver"), st.sampled_from(["250 OK", "250 OK", "451 later", "554 no", "silence"])),
    st.tuples(st.just("wait"), st.integers(1, 200)),
)


class Undo(Exception):
    pass


class World:
    """A group with three sessions and two people, a clock, and a mail server."""

    def __init__(self, practice, facilitator, office):
        self.practice, self.by, self.office, self.now = practice, facilitator, office, NOW
        self.group = make_group(practice, by=facilitator)
        self.starts = [NOW + timedelta(days=12 + 14 * number) for number in range(3)]
        self.sessions = [make_session(self.group, start) for start in self.starts]
        self.people = [make_participant(practice) for _ in range(2)]

    def happen(self, name, *arguments):
        # A moment later, each time: no two things happen at one moment.
        self.now += timedelta(minutes=1)
        getattr(self, name)(*arguments)

    def place_of(self, person):
        return self.group.enrolments.select_related("participant").filter(participant=self.people[person]).first()

    def join(self, person):
        join(self.group, self.people[person], now=self.now)

    def leave(self, person):
        place = self.place_of(person)
        if place and place.state == "enrolled":
            leave(place, self.now)

    def stop(self, person):
        contact.stop_messages(self.fresh(person), by=self.by, now=self.now)

    def allow(self, person):
        contact.allow_messages(self.fresh(person), now=self.now)

    def wish(self, person, wanted):
        contact.wish_for_email(self.fresh(person), wanted, now=self.now)

    def fresh(self, person):
        self.people[person].refresh_from_db()
        return self.people[person]

    def answer(self, person, number, is_coming):
        place = self.place_of(person)
        if place:
            self.sessions[number].record_answer(place, is_coming=is_coming, now=self.now)
            ledger.derive([place], self.now)

    def move(self, number, hours):
        if self.sessions[number].starts_at > self.now:
            move(self.sessions[number], self.starts[number] + timedelta(hours=hours), self.now)

    def cancel(self, number):
        change(self.sessions[number], self.now, cancelled_at=self.now)

    def reopen(self, number):
        change(self.sessions[number], self.now, cancelled_at=None)

    def wait(self, hours):
        self.now += timedelta(hours=hours)
        # What went by unsent is over; the ledger says so when it next looks.
        ledger.derive(self.group.enrolments.all(), self.now)

    def deliver(self, answer):
        may = {p.participant.email for p in self.group.enrolments.select_related("participant") if may_be_told(p)}
        known = len(self.office.handed_over)
        self.office.drops, self.office.after_data = answer == "silence", answer if answer != "silence" else "250 OK"
        deliver(self.now)
        assert {message["To"] for message in self.office.handed_over[known:]} <= may

    def must_be_in_order(self):
        waiting = {}
        book = Book.opened(list(self.group.enrolments.values_list("pk", flat=True)))
        for place in book.places:
            waiting |= {row.key: row for row in place.rows if row.is_waiting}
            fresh = expected(place, now=self.now)
            assert [(each.key, each.due_at, each.session, each.speaks_of) for each in fresh] == [
                (row.key, row.due_at, row.session, row.speaks_of) for row in (waiting.pop(each.key) for each in fresh)
            ]
            self.reminders_must_be_complete(place, fresh)
        assert waiting == {}

    def reminders_must_be_complete(self, place, fresh):
        """Counted in another way: each session ahead has each reminder whose time is more than a day ahead."""
        if not may_be_told(place.enrolment):
            assert fresh == []
            return
        have = Counter((each.occasion, each.session.pk) for each in fresh if each.occasion in DAYS_BEFORE)
        gone = {(row.occasion, row.session_id, row.speaks_of) for row in place.rows if row.sending_at}
        for session in place.coming(self.now):
            for occasion, days in DAYS_BEFORE.items():
                ahead = days_before(self.practice, session.starts_at, days) > self.now + timedelta(days=1)
                if ahead and (occasion, session.pk, session.starts_at) not in gone:
                    assert have[occasion, session.pk] == (session.pk not in place.declined)
        assert set(have.values()) <= {1}

    def must_be_known_to_everybody(self):
        """When all that could leave has left, each reachable person was told what is true."""
        self.now += timedelta(days=2)
        self.deliver("250 OK")
        for place in Book.opened(list(self.group.enrolments.values_list("pk", flat=True))).places:
            if may_be_told(place.enrolment):
                said = told(place.rows)
                for session in self.sessions:
                    if session.starts_at > self.now and session.pk in said:
                        true = None if session.cancelled_at else (session.starts_at, None)
                        assert said[session.pk] == true

    def nobody_heard_twice(self):
        heard = Counter(message["Message-ID"] for message in self.office.received)
        assert set(heard.values()) <= {1}
        sent = Reminder.objects.filter(enrolment__group=self.group, sent_at__isnull=False, occasion__in=DAYS_BEFORE)
        days = Counter((row.enrolment_id, row.sent_at.astimezone(self.practice.zone).date()) for row in sent)
        assert set(days.values()) <= {1}


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(events=st.lists(EVENTS, min_size=6, max_size=20))
def test_the_ledger_is_right_whatever_happens(practice, facilitator, post_office, events):
    post_office.received.clear()
    post_office.handed_over.clear()
    with suppress(Undo), transaction.atomic():
        world = World(practice, facilitator, post_office)
        world.happen("join", 0)
        for event in events:
            world.happen(*event)
            world.must_be_in_order()
        world.must_be_known_to_everybody()
        world.nobody_heard_twice()
        raise Undo
