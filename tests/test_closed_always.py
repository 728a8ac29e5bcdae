"""Whatever is done in an evening, by whom and in whatever order: a closed session has no mark that nobody saw."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checks import entry
from checks.cells import Seat, load_cell
from checks.correcting import correct
from checks.defaults import set_default_limits
from checks.entry import NotSaved
from checks.kinds import CheckKind
from checks.models import Measurement
from checks.review import MayNotReview, review, waiting
from elements.closing import close_session, reopen_session
from sessions import evening as acts
from sessions.evening import Refused
from sessions.models import GroupSession
from tests.evenings import make_evening
from tests.values import save_value

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)

PLACES, READINGS = st.integers(0, 1), st.sampled_from([1, 1, 2])
# Most acts are the first facilitator's, and only she closes.
STAFF = st.sampled_from(["first", "first", "co"])
TYPED = st.sampled_from(["118/76", "128/82", "144/92", "165/112", "80/120"])
ENTER = st.tuples(st.just("enter"), st.sampled_from(["first", "co", "herself"]), PLACES, READINGS, TYPED)
REVIEW = st.tuples(st.just("review"), STAFF, st.integers(1, 3))
PUT_RIGHT = st.tuples(st.just("put_right"), STAFF, PLACES, READINGS, TYPED, st.booleans())
CLOSE = st.tuples(st.just("close"), STAFF)
ACTS = st.one_of(
    ENTER,
    ENTER,
    REVIEW,
    REVIEW,
    CLOSE,
    CLOSE,
    st.tuples(st.just("check_in"), STAFF, PLACES, st.sampled_from(["present", "late", "apologised"])),
    st.tuples(st.just("take_away"), STAFF, PLACES, READINGS),
    PUT_RIGHT,
    PUT_RIGHT,
    st.tuples(st.just("leave"), STAFF, PLACES),
    st.tuples(st.just("reopen"), STAFF),
)
REFUSALS = (NotSaved, MayNotReview, Refused)


class Undo(Exception):
    pass


class Evening:
    """A session of two people that began half an hour ago, one of whom measured too high a pressure."""

    def __init__(self, made, happened):
        self.made, self.session, self.happened = made, made.session, happened
        self.now, self.rows = timezone.now(), 0
        self.happen("enter", "herself", 0, 1, "144/92")

    def happen(self, name, who, *arguments):
        """It is done or refused in words: an error of the database would fail the test."""
        self.now += timedelta(seconds=1)
        with suppress(*REFUSALS), transaction.atomic():
            done = getattr(self, name)(getattr(self.made, who, None), *arguments)
            self.happened[name] += done is not None
        self.must_be_whole()

    def standing(self, place, reading):
        rows = Measurement.objects.standing().filter(enrolment=self.made.places[place], reading=reading)
        return rows.select_related("enrolment__participant", "child").first()

    def check_in(self, by, place, outcome):
        return acts.record_arrival(self.session, self.made.places[place], outcome, by=by, now=self.now)

    def enter(self, by, place, reading, typed):
        row = self.standing(place, reading)
        values = {"reading": reading, "seen": row.pk if row else None}
        return save_value(
            self.session, self.made.places[place], CheckKind.BLOOD_PRESSURE, typed, by=by, now=self.now, **values
        )

    def take_away(self, by, place, reading):
        if row := self.standing(place, reading):
            session = entry.locked(GroupSession.objects.all()).get(pk=self.session.pk)
            cell = load_cell(session, Seat(row.enrolment, None), CheckKind.BLOOD_PRESSURE)
            entry.take_away(cell, reading=reading, by=by, seen=row.pk, now=self.now)
        return row

    def put_right(self, by, place, reading, typed, says_yes):
        row = self.standing(place, reading)
        confirmed = typed if says_yes else ""
        return row and correct(row, [typed], reason="x", by=by, confirmed=confirmed, now=self.now)

    def review(self, by, how_many):
        rows = list(waiting(self.session).values_list("pk", flat=True)[:how_many])
        return review(self.session, rows, by=by, now=self.now) or None

    def leave(self, by, place):
        self.made.places[place].leave(reason="", by=by, now=self.now)
        return place

    def close(self, by):
        return close_session(self.session, by=by, now=self.now)

    def reopen(self, by):
        return reopen_session(self.session, reason="x", by=by, now=self.now)

    def must_be_whole(self):
        rows = list(Measurement.objects.values_list("mark", "reviewed_at"))
        # What was kept stays, replaced or not.
        assert len(rows) >= self.rows
        self.rows = len(rows)
        if GroupSession.objects.get().is_closed:
            assert [mark for mark, reviewed_at in rows if mark != "none" and reviewed_at is None] == []
            assert self.session.attendances.count() == len(self.made.places)


def test_no_path_leads_to_a_closed_session_with_a_mark_that_nobody_saw(facilitator, co_facilitator):
    made, happened = make_evening(facilitator, co_facilitator, people=2), Counter()

    @settings(
        max_examples=14,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(acts=st.lists(ACTS, min_size=16, max_size=20))
    def whatever_is_done(acts):
        with suppress(Undo), transaction.atomic():
            evening = Evening(made, happened)
            for act in acts:
                evening.happen(*act)
            raise Undo

    whatever_is_done()

    # Each act was done, and not only refused.
    assert set(+happened) == {"enter", "check_in", "review", "take_away", "put_right", "leave", "close", "reopen"}
