"""Whatever is done to two groups, in whatever order: what hangs on their sessions is what a fresh look gives."""

from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from elements import verdicts
from elements.fidelity import computed
from elements.models import Element
from groups.models import CareGroup, Enrolment, GroupFull
from reminders.expected import expected
from reminders.ledger import Book, count_as_sent
from sessions.clashes import Clashes
from sessions.ending import CannotEnd, cancel_group, reopen_group
from sessions.merging import merge
from sessions.models import GroupSession, SessionLead
from sessions.moving import CannotChange, cancel, may_follow, move, moves_of, reopen, replace
from sessions.subscriptions import entries_of, subscribe
from tests.factories import at, make_group, make_membership, make_participant, make_session
from tests.test_leading import keys_of, replacement
from tests.test_ledger import join

NOW = at(date(2027, 2, 1), 12)
GROUPS, NUMBERS, DAYS = st.integers(0, 1), st.integers(1, 3), st.sampled_from([-7, -1, 1, 7, 21])
# Each kind of act, so that none is left out, in whatever order and with whatever it is done to.
ACTS = st.tuples(
    *[st.tuples(st.just("move"), GROUPS, NUMBERS, DAYS, st.booleans())] * 3,
    *[st.tuples(st.just("replace"), GROUPS, NUMBERS, DAYS)] * 2,
    *[st.tuples(st.just(name), GROUPS, NUMBERS) for name in ("cancel", "reopen", "stand_in", "come_back")] * 2,
    *[st.tuples(st.just(name), GROUPS) for name in ("cancel_group", "reopen_group", "merge", "tell")],
).flatmap(st.permutations)
REFUSALS = (CannotChange, CannotEnd, Clashes, GroupFull)


class Undo(Exception):
    pass


class World:
    """Two groups of three sessions with a person each, and somebody who stands in; all have their calendars."""

    def __init__(self, practice, facilitator):
        self.by, self.now = facilitator, NOW
        self.firsts, self.substitute = (facilitator, make_membership(practice)), make_membership(practice)
        self.groups = [make_group(practice, by=facilitator, first=first) for first in self.firsts]
        self.usual = {group.pk: first for group, first in zip(self.groups, self.firsts, strict=True)}
        # The keys of the sessions in which somebody stands in.
        self.stood_in = set()
        self.feeds = []
        for group in self.groups:
            for week in range(3):
                make_session(group, NOW + timedelta(weeks=14 + 2 * week))
            (place,) = join(group, make_participant(practice), now=NOW)
            self.feeds.append(subscribe(practice, {"enrolment": place}, now=NOW))
        staff = [*self.firsts, self.substitute]
        self.feeds_of_staff = [subscribe(practice, {"membership": member}, now=NOW) for member in staff]

    def happen(self, name, *arguments):
        self.now += timedelta(minutes=1)
        with suppress(*REFUSALS), transaction.atomic():
            getattr(self, name)(*arguments)
        # Each time: the next act may hide what this one did.
        self.those_who_lead_must_be_right()
        self.consistent_must_count_who_stands_in()

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
            new = replace(there, by=self.by, now=self.now)
            if session.pk in self.stood_in:
                self.stood_in.add(new.pk)

    def cancel(self, group, number):
        session = self.session(group, number, cancelled_at=None)
        if session:
            cancel(session, by=self.by, now=self.now)

    def reopen(self, group, number):
        session = self.session(group, number, cancelled_at__isnull=False)
        if session:
            reopen(session, by=self.by, now=self.now)

    def stand_in(self, group, number):
        session = self.session(group, number, cancelled_at=None)
        if session:
            replacement(session, first=self.substitute).carry_out(seen=keys_of(session), now=self.now)
            self.stood_in.add(session.pk)

    def come_back(self, group, number):
        session = self.session(group, number, cancelled_at=None)
        if session:
            replacement(session, first=self.firsts[group]).carry_out(seen=keys_of(session), now=self.now)
            self.stood_in.discard(session.pk)

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
        for feed in self.feeds:
            self.calendar_must_be_true(feed)
        for feed in self.feeds_of_staff:
            self.calendar_of_staff_must_be_true(feed)

    def those_who_lead_must_be_right(self):
        standing = defaultdict(dict)
        for lead in SessionLead.objects.select_related("session", "membership", "stands_in_for"):
            session = lead.session
            assert (lead.starts_at, lead.occupied_until) == (session.starts_at, session.occupied_until)
            if lead.cancelled_at is None:
                standing[session][lead.role] = (lead.membership, lead.stands_in_for)
        assert standing == {each: self.leads_of(each) for each in GroupSession.objects.standing()}

    def leads_of(self, session):
        """Role to (who, for whom), as it has to be while the session stands."""
        usual = self.usual[session.group_id]
        return {"first": (self.substitute, usual) if session.pk in self.stood_in else (usual, None)}

    def consistent_must_count_who_stands_in(self):
        """Others lead where somebody stands in; who was to lead the first session is the one to compare with."""
        sessions = list(GroupSession.objects.standing().select_related("group").order_by("starts_at", "pk"))
        over = NOW + timedelta(weeks=100)
        found = computed(sessions, elements=list(Element.objects.current()), now=over)
        begun = set()
        for session in sessions:
            is_first, same = session.group_id not in begun, session.pk not in self.stood_in
            begun.add(session.group_id)
            wanted = verdicts.consistent(is_first=is_first, same_leads=same, joined=0, left=0)
            assert found[session.pk]["E7"] == wanted

    def calendar_must_be_true(self, feed):
        """It shows as standing what stands in the group that its owner is in now, and nothing else."""
        feed.refresh_from_db()
        place = Enrolment.objects.select_related("group").get(pk=feed.enrolment_id)
        shown = {entry.key for entry in entries_of(feed, now=self.now) if not entry.is_cancelled}
        assert shown == set(place.group.sessions.standing().values_list("pk", flat=True))

    def calendar_of_staff_must_be_true(self, feed):
        """It shows as standing what she leads, also in somebody's place, and nothing that another leads in hers."""
        shown = {entry.key for entry in entries_of(feed, now=self.now) if not entry.is_cancelled}
        standing = GroupSession.objects.standing()
        assert shown == {each.pk for each in standing if self.leads_of(each)["first"][0] == feed.membership}


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_what_hangs_on_the_sessions_is_right_whatever_is_done(practice, facilitator, acts):
    with suppress(Undo), transaction.atomic():
        world = World(practice, facilitator)
        for act in acts:
            world.happen(*act)
        world.must_be_in_order()
        raise Undo
