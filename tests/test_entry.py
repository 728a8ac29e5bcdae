"""Saving a value: nothing twice, nothing unseen, nothing that cannot be."""

from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.utils import timezone, translation

from checks.cells import seat_of
from checks.defaults import set_default_limits
from checks.entry import AskAgain, NotSaved, Overtaken, Refused, held_by, shares_self_measured
from checks.kinds import CheckKind
from checks.models import Limit, Mark, Measurement
from checks.reading import Values
from practices.models import Role
from practices.tenancy import all_practices, practice_scope
from sessions.models import GroupSession
from tests.cast import client_of
from tests.evenings import make_evening
from tests.factories import make_child, make_membership, make_participant, make_practice, make_session
from tests.races import overtaken
from tests.values import BP, WEIGHT, keep, measuring_evening, parents_evening, post_cell

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def evening(facilitator, co_facilitator):
    return measuring_evening(facilitator, co_facilitator)


def standing(evening):
    rows = Measurement.objects.standing().filter(session=evening.session)
    return sorted((row.kind, row.reading, row.value, row.second_value, row.mark) for row in rows)


def test_a_value_keeps_who_typed_it_and_that_she_measured_herself(evening, co_facilitator):
    now = timezone.now()

    row = keep(evening, "128/82", by=co_facilitator, now=now)

    row.refresh_from_db()
    assert (row.value, row.second_value, row.mark) == (128, 82, Mark.NONE)
    assert (row.taken_by, row.entered_by, row.entered_at, row.reviewed_by) == (None, co_facilitator, now, None)


def test_values_in_base_units_are_taken_as_they_are(evening):
    assert keep(evening, Values(72_400), kind=WEIGHT).value == 72_400
    assert keep(evening, ["128", "82"]).value == 128


def test_a_correction_is_a_new_row_and_the_old_one_stays(evening, co_facilitator):
    old = keep(evening, "128/82")

    new = keep(evening, "126/82", seen=old.pk, by=co_facilitator)

    old.refresh_from_db()
    assert (old.value, old.replaced_by) == (128, co_facilitator)
    assert (new.replaces, new.replaced_at, old.replaced_at) == (old, None, new.entered_at)
    assert standing(evening) == [("blood_pressure", 1, 126, 82, "none")]


def test_the_same_value_again_changes_nothing(evening):
    first = keep(evening, "128/82")

    assert keep(evening, "128 82", seen=None) == first
    assert Measurement.objects.count() == 1


def test_the_same_save_sent_twice_is_one(evening):
    key = uuid4()

    assert keep(evening, "128/82", key=key) == keep(evening, "128/82", key=key)
    assert Measurement.objects.count() == 1


def test_a_save_that_was_changed_before_it_was_sent_again_replaces_its_own(evening):
    key = uuid4()
    keep(evening, "128/82", key=key)

    keep(evening, "129/82", key=key)

    assert standing(evening) == [("blood_pressure", 1, 129, 82, "none")]


def test_one_key_for_two_cells_is_two_saves(evening):
    key = uuid4()

    keep(evening, "128/82", key=key)
    keep(evening, "128/82", key=key, place=1)
    keep(evening, "72,4", kind=WEIGHT, key=key)

    assert Measurement.objects.count() == 3


def test_a_value_that_the_page_did_not_show_is_not_overwritten(evening, co_facilitator):
    theirs = keep(evening, "128/82", by=co_facilitator)

    with pytest.raises(Overtaken, match="Aisha Assistente typed another value here") as overtaken:
        keep(evening, "124/80", seen=None)

    assert overtaken.value.standing == theirs
    assert keep(evening, "124/80", seen=theirs.pk).value == 124


def test_an_older_version_of_the_page_overwrites_nothing(evening, co_facilitator):
    shown = keep(evening, "128/82")
    newer = keep(evening, "126/82", seen=shown.pk, by=co_facilitator)

    with pytest.raises(Overtaken) as overtaken:
        keep(evening, "124/80", seen=shown.pk)

    assert overtaken.value.standing == newer


def test_a_save_that_comes_again_after_somebody_changed_it_shows_both(evening, co_facilitator):
    key = uuid4()
    lost = keep(evening, "128/82", key=key)
    theirs = keep(evening, "126/82", seen=lost.pk, by=co_facilitator)

    with pytest.raises(Overtaken) as overtaken:
        keep(evening, "128/82", key=key)

    assert overtaken.value.standing == theirs


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (BP, "80/120", "Were they swapped"),
        (BP, "300/20", "is more than 260 mmHg"),
        (BP, "12/80", "Were they swapped"),
        (BP, "hoog", "This is not a blood pressure"),
        (WEIGHT, "720", "is more than 250.0 kg"),
        (WEIGHT, "zwaar", "This is not a weight"),
        (CheckKind.BABY_WEIGHT, "4250", "This is not measured in this group"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_kept_nowhere(evening, kind, typed, words):
    with pytest.raises(Refused, match=words):
        keep(evening, typed, kind=kind)

    assert not Measurement.objects.exists()


def test_a_weight_far_from_the_last_evening_is_asked_before_it_is_taken(evening, facilitator):
    earlier = make_evening(facilitator, group=evening.group, number=9, starts_at=evening.now - timedelta(weeks=2))
    keep(evening, "72,4", kind=WEIGHT, session=earlier.session)

    with pytest.raises(AskAgain, match=r"4.1 kg more than last time \(72.4 kg\)"):
        keep(evening, "76,5", kind=WEIGHT)

    assert keep(evening, "76,5", kind=WEIGHT, confirmed=True).value == 76_500


def test_a_value_is_held_against_the_limits_of_the_day_of_its_session(evening, practice, facilitator):
    today = evening.session.day
    Limit.objects.create(practice=practice, quantity="systolic", valid_from=today, owner=facilitator, mark_from=120)
    Limit.objects.create(practice=practice, quantity="systolic", valid_from=today + timedelta(1), refuse_above=10)

    assert keep(evening, "128/82").mark == Mark.OUTSIDE
    assert keep(evening, "119/82", place=1).mark == Mark.NONE


def test_a_second_reading_is_taken_only_after_one_outside_the_limits(evening):
    keep(evening, "128/82")
    with pytest.raises(Refused, match="only after one outside the limits"):
        keep(evening, "126/82", reading=2)

    keep(evening, "144/92", place=1)
    keep(evening, "140/88", place=1, reading=2)
    with pytest.raises(Refused, match="only after one outside the limits"):
        keep(evening, "140/88", place=1, reading=3)

    keep(evening, "144/92", place=2)
    keep(evening, "130/88", place=2, reading=2)
    keep(evening, "138/88", place=2, reading=3)

    rows = Measurement.objects.filter(enrolment=evening.places[2]).order_by("reading")
    assert [(row.reading, row.value, row.mark) for row in rows] == [
        (1, 144, "outside"),
        (2, 130, "none"),
        (3, 138, "none"),
    ]


def test_nothing_is_entered_before_the_day_of_the_session(facilitator):
    evening = measuring_evening(facilitator, starts_at=timezone.now() + timedelta(days=3))

    with pytest.raises(Refused, match="Entering starts on"):
        keep(evening, "128/82")


def test_an_evening_that_nobody_closed_still_takes_values_the_day_after(facilitator):
    evening = measuring_evening(facilitator, starts_at=timezone.now() - timedelta(days=1))

    assert keep(evening, "128/82")


def test_nothing_is_entered_in_a_cancelled_or_a_closed_session(evening, facilitator):
    kept = keep(evening, "128/82")
    session = evening.session
    session.closed_at, session.closed_by = timezone.now(), facilitator
    session.save()

    with pytest.raises(Refused, match="This session is closed"):
        keep(evening, "126/82", seen=kept.pk)
    assert keep(evening, "128/82") == kept

    session.closed_at, session.cancelled_at = None, timezone.now()
    session.save()
    with pytest.raises(Refused, match="This session is cancelled"):
        keep(evening, "126/82", place=1)


def test_a_seat_that_left_or_sits_elsewhere_takes_no_value(evening, facilitator):
    place = evening.places[0]
    place.state, place.left_at = "left", timezone.now()
    place.save()
    with pytest.raises(Refused, match="Fatima has left this group"):
        keep(evening, "128/82")

    other = make_evening(facilitator, starts_at=evening.now - timedelta(days=1)).places[0]
    assert seat_of(evening.session, other.pk, None) is None


def test_each_of_two_twins_has_values_of_its_own(facilitator):
    evening = parents_evening(facilitator, twins=2)
    one, other = evening.children
    kind = CheckKind.BABY_WEIGHT

    keep(evening, "4250", kind=kind, child=one)
    keep(evening, "4,1", kind=kind, child=other)

    rows = Measurement.objects.order_by("value")
    assert [(row.child, row.value) for row in rows] == [(other, 4_100), (one, 4_250)]


def test_a_baby_that_is_shorter_than_last_time_is_kept_once_that_is_right(facilitator):
    evening = parents_evening(facilitator, number=2)
    baby = {"kind": CheckKind.BABY_LENGTH, "child": evening.children[0]}
    keep(evening, "63,1", session=make_session(evening.group, evening.now - timedelta(weeks=4), number=1), **baby)

    with pytest.raises(AskAgain, match=r"That is 4\.6 cm less than last time \(63\.1 cm\)\. Is it right\?"):
        keep(evening, "58,5", **baby)

    assert keep(evening, "58,5", confirmed=True, **baby).value == 585


def test_a_baby_of_somebody_else_has_no_cell_here(facilitator, practice):
    evening = parents_evening(facilitator)
    stranger = make_child(make_participant(practice), evening.session.day - timedelta(days=60))

    assert seat_of(evening.session, evening.places[0].pk, stranger.pk) is None


def test_the_share_that_measured_themselves_counts_people_who_came(facilitator):
    evening = measuring_evening(facilitator, people=4, here=3)
    keep(evening, "128/82")
    keep(evening, "72,4", kind=WEIGHT)
    keep(evening, "128/82", place=1, taken_by=facilitator)
    keep(evening, "128/82", place=3)

    assert shares_self_measured([evening.session])[evening.session.pk] == (1, 3)


# Two at once, over two real connections ----------------------------------------------------------------------------


@pytest.fixture
def real_evening(db):
    """An evening outside any scope; in a test that commits, other connections see it too."""
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        first = make_membership(practice, Role.FACILITATOR, name="Mila Verloskundige")
        co = make_membership(practice, Role.CO_FACILITATOR, name="Aisha Assistente")
        return measuring_evening(first, co)


def waits_for_a_lock(work, practice):
    """Start the work on a connection of its own; returns when the database says that it waits. (thread, outcome)"""
    outcome = {}
    pid = Event()

    def run():
        try:
            with translation.override("en"), practice_scope(practice):
                with connection.cursor() as cursor:
                    cursor.execute("select pg_backend_pid()")
                    outcome["pid"] = cursor.fetchone()[0]
                pid.set()
                outcome["result"] = work()
        except NotSaved as error:
            outcome["result"] = error
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    assert pid.wait(20)
    deadline = timezone.now() + timedelta(seconds=20)
    with connection.cursor() as cursor:
        while timezone.now() < deadline:
            cursor.execute("select wait_event_type from pg_stat_activity where pid = %s", [outcome["pid"]])
            if cursor.fetchone() == ("Lock",):
                return thread, outcome
    raise AssertionError("the second one did not wait for the first")


@pytest.mark.django_db(transaction=True)
def test_of_two_in_one_cell_the_second_sees_both(real_evening):
    with practice_scope(real_evening.practice):
        first = keep(real_evening, "128/82", by=real_evening.co)
        thread, outcome = waits_for_a_lock(lambda: keep(real_evening, "124/80"), real_evening.practice)
    thread.join(20)

    assert isinstance(outcome["result"], Overtaken)
    assert outcome["result"].standing == first
    with practice_scope(real_evening.practice):
        assert standing(real_evening) == [("blood_pressure", 1, 128, 82, "none")]


@pytest.mark.django_db(transaction=True)
def test_the_same_save_twice_at_once_is_one(real_evening):
    key = uuid4()
    with practice_scope(real_evening.practice):
        first = keep(real_evening, "128/82", key=key)
        thread, outcome = waits_for_a_lock(lambda: keep(real_evening, "128/82", key=key), real_evening.practice)
    thread.join(20)

    assert outcome["result"] == first
    with practice_scope(real_evening.practice):
        assert Measurement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_cell_of_the_page_that_meets_the_closing_of_its_session_is_refused(real_evening):
    practice = real_evening.practice
    with practice_scope(practice):
        browser = client_of(real_evening.first)

    with practice_scope(practice), overtaken(lambda: post_cell(browser, real_evening, "128", "82")) as outcome:
        session = GroupSession.objects.select_for_update().get(pk=real_evening.session.pk)
        session.closed_at, session.closed_by = timezone.now(), real_evening.first
        session.save()

    answer = outcome()
    assert (answer.status_code, "This session is closed." in answer.text) == (422, True)
    with practice_scope(practice):
        assert not Measurement.objects.exists()


def test_a_session_is_held_by_whom_its_rule_lets_change_it(practice, evening, coordinator, facilitator):
    elsewhere = make_practice()
    with all_practices():
        strange = make_membership(elsewhere, Role.FACILITATOR)
    others = [make_membership(practice, role) for role in Role]
    today = timezone.localdate()
    gone, coming = others[:2]
    for member, days in ((gone, {"ends_on": today}), (coming, {"starts_on": today + timedelta(days=9)})):
        evening.group.facilitations.create(
            practice=practice, membership=member, role="co", **{"starts_on": today - timedelta(days=30), **days}
        )

    for member in (evening.first, evening.co, facilitator, coordinator, strange, *others):
        runs_it = GroupSession.objects.editable_by(member).filter(pk=evening.session.pk).exists()
        found = held_by(member, evening.session.pk)
        assert (found == evening.session) is runs_it, member
        assert (found is None) is not runs_it, member


@pytest.mark.django_db(transaction=True)
def test_a_save_that_meets_the_closing_of_its_session_is_refused(real_evening):
    with practice_scope(real_evening.practice):
        session = GroupSession.objects.select_for_update().get(pk=real_evening.session.pk)
        thread, outcome = waits_for_a_lock(lambda: keep(real_evening, "165/112"), real_evening.practice)
        session.closed_at, session.closed_by = timezone.now(), real_evening.first
        session.save()
    thread.join(20)

    assert isinstance(outcome["result"], Refused)
    assert outcome["result"].words.startswith("This session is closed. Nothing more can be entered")
    with practice_scope(real_evening.practice):
        assert not Measurement.objects.exists()
