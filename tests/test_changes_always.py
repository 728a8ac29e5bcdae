"""Whatever is done to two groups, in whatever order: what hangs on their sessions is what a fresh look gives."""

from contextlib import suppress
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from groups.models import CareGroup, Enrolment, GroupFull
from reminders.expected import expected
from reminders.ledger import Book, count_as_sent
from sessions.clashes import Clashes
from sessions.ending import CannotEnd, cancel_group, reopen_group
from sessions.merging import merge
from sessions.models import SessionLead
from sessions.moving import CannotChange, cancel, may_follow, move, moves_of, reopen, replace
from sessions.subscriptions import entries_of, subscribe
from tests.factories import at, make_group, make_membership, make_participant, make_session
from tests.test_ledger import join

NOW = at(date(2027, 2, 1), 12)
GROUPS, NUMBERS, DAYS = st.integers(0, 1), st.integers(1, 3), st.sampled_from([-7, -1, 1, 7, 21])
ACTS = st.one_of(
    st.tuples(st.just("move"), GROUPS, NUMBERS, DAYS, st.booleans()),
    st.tuples(st.just("replace"), GROUPS, NUMBERS, DAYS),
    st.tuples(st.sampled_from(["cancel", "reopen"]), GROUPS, NUMBERS),
    st.tuples(st.sampled_from(["cancel_group", "reopen_group", "merge", "tell"]), GROUPS),
)
REFUSALS = (CannotChange, CannotEnd, Clashes, GroupFull)


class Undo(Exception):
    pass


class World:
    """Two groups of three sessions with a person each, who has her calendar."""

    def __init__(self, practice, facilitator):
        self.by, self.now = facilitator, NOW
        firsts = facilitator, make_membership(practice)
        self.groups = [make_group(practice, by=facilitator, first=first) for first in firsts]
        self.feeds = []
        for group in self.groups:
            for week in range(3):
                make_session(group, NOW + timedelta(weeks=14 + 2 * week))
            (place,) = join(group, make_participant(practice), now=NOW)
            self.feeds.append(subscribe(practice, {"enrolment": place}, now=NOW))

    def happen(self, name, *arguments):
        self.now += timedelta(minutes=1)
        with suppress(*REFUSALS), transaction.atomic():
            getattr(self, name)(*arguments)

    def session(self, group, number, **state):
        rows = self.groups[group].sessions.filter(number=number, **state).select_related("group", "practice", "room")
        return rows.order_by("pk").first()

    def move(self, group, number, days, with_later):
        session = self.session(group, number, cancelled_at=None)
        if session:
            following = may_follow(session) if with_later else ()
            there = moves_of(session, starts_at=session.starts_at + timedelta(days), room=None, following=following)
            move(there, by=self.by, now=self.now)

    def replace(self, group, number, days):
        session = self.session(group, number, cancelled_at=None)
        if session:
            (there,) = moves_of(session, starts_at=session.starts_at + timedelta(days), room=None)
            replace(there, by=self.by, now=self.now)

    def cancel(self, group, number):
        session = self.session(group, number, cancelled_at=None)
        if session:
            cancel(session, by=self.by, now=self.now)

    def reopen(self, group, number):
        session = self.session(group, number, cancelled_at__isnull=False)
        if session:
            reopen(session, by=self.by, now=self.now)

    def cancel_group(self, group):
        cancel_group(self.groups[group], by=self.by, now=self.now)

    def reopen_group(self, group):
        reopen_group(CareGroup.objects.get(pk=self.groups[group].pk), by=self.by, now=self.now)

    def merge(self, group):
        merge(self.groups[group], self.groups[1 - group], by=self.by, now=self.now)

    def tell(self, group):
        count_as_sent(self.groups[group].enrolments.all(), until=self.now + timedelta(seconds=1))

    def must_be_in_order(self):
        book = Book.opened(list(Enrolment.objects.values_list("pk", flat=True)))
        for place in book.places:
            wanted = {each.key: each.due_at for each in expected(book.with_busy_days(place), now=self.now)}
            assert {row.key: row.due_at for row in place.rows if row.is_waiting} == wanted
        for group in CareGroup.objects.all():
            standing = list(group.sessions.standing().values_list("number", flat=True))
            assert len(standing) == len(set(standing))
            assert not (group.cancelled_at and (standing or group.enrolments.involved().exists()))
        for lead in SessionLead.objects.select_related("session"):
            assert (lead.starts_at, lead.cancelled_at is None) == (
                lead.session.starts_at,
                not lead.session.is_cancelled,
            )
        for feed in self.feeds:
            self.calendar_must_be_true(feed)

    def calendar_must_be_true(self, feed):
        """It shows as standing what stands in the group that its owner is in now, and nothing else."""
        feed.refresh_from_db()
        place = Enrolment.objects.select_related("group").get(pk=feed.enrolment_id)
        shown = {entry.key for entry in entries_of(feed, now=self.now) if not entry.is_cancelled}
        assert shown == set(place.group.sessions.standing().values_list("pk", flat=True))


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(ACTS, min_size=5, max_size=10))
def test_what_hangs_on_the_sessions_is_right_whatever_is_done(practice, facilitator, acts):
    with suppress(Undo), transaction.atomic():
        world = World(practice, facilitator)
        for act in acts:
            world.happen(*act)
        world.must_be_in_order()
        raise Undo
