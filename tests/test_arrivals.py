from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import Enrolment
from participants.models import AccessRecord
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions import evening as acts
from sessions.company import babies_at
from sessions.evening import NoPlace, NotHere, NotRunning
from sessions.models import Attendance
from sessions.planning import lead_of
from sessions.register import register_of
from tests.cast import client_of
from tests.evenings import make_evening, outcomes, url
from tests.factories import make_membership
from tests.values import parents_evening

HTMX = {"HX-Request": "true"}
IN_ENGLISH = {"Accept-Language": "en"}
PRESENT, LATE, ABSENT = "present", "late", "absent"


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator)


@pytest.fixture
def record(evening, co_facilitator):
    def record(index, outcome, *, now=None, with_partner=None):
        place = evening.places[index]
        return acts.record_arrival(
            evening.session, place, outcome, with_partner=with_partner, by=co_facilitator, now=now or evening.now
        )

    return record


def place_of(evening, index=0):
    return evening.places[index].pk


# What a touch does


def test_a_touch_on_a_seat_checks_in(as_co_facilitator, evening):
    response = as_co_facilitator.post(
        url("sessions:arrival", evening, place_of(evening)), {"outcome": PRESENT}, headers=HTMX
    )

    assert response.status_code == 200
    assert "1/3" in response.content.decode()
    assert outcomes(evening) == {evening.places[0].participant.given_name: PRESENT}


def test_the_same_touch_twice_is_one_arrival_at_its_first_moment(record, evening):
    first = record(0, PRESENT)

    again = record(0, PRESENT, now=evening.now + timedelta(minutes=5))

    assert (again.pk, again.arrived_at, again.recorded_at) == (first.pk, evening.now, evening.now)
    assert evening.session.attendances.count() == 1


@pytest.mark.parametrize("outcome", [each for each in Attendance.Outcome.values if each != "by_partner"])
def test_the_sheet_of_a_seat_knows_every_outcome(as_co_facilitator, evening, outcome):
    response = as_co_facilitator.post(
        url("sessions:arrival", evening, place_of(evening)), {"outcome": outcome}, headers=HTMX
    )

    assert response.status_code == 200
    assert list(outcomes(evening).values()) == [outcome]


def test_a_later_word_on_the_outcome_leaves_the_moment_of_coming_in(record, evening):
    record(0, PRESENT)

    row = record(0, LATE, now=evening.now + timedelta(minutes=20))

    assert (row.outcome, row.arrived_at) == (LATE, evening.now)


def test_who_turns_out_not_to_be_here_has_neither_arrived_nor_been_seen(record, evening, facilitator):
    record(0, PRESENT, with_partner=True)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=evening.now)

    row = record(0, ABSENT)

    assert (row.arrived_at, row.seen_at, row.seen_by, row.with_partner) == (None, None, None, False)


def test_a_partner_comes_along_and_the_outcome_stays(as_co_facilitator, evening, record):
    record(0, LATE)
    seat = url("sessions:arrival", evening, place_of(evening))

    as_co_facilitator.post(seat, {"with_partner": "yes"}, headers=HTMX)

    row = evening.session.attendances.get()
    assert (row.outcome, row.with_partner) == (LATE, True)
    as_co_facilitator.post(seat, {"with_partner": "no"}, headers=HTMX)
    row.refresh_from_db()
    assert (row.outcome, row.with_partner) == (LATE, False)


def test_both_are_said_of_who_comes_with_her_partner(as_co_facilitator, evening):
    seat = url("sessions:arrival", evening, place_of(evening))
    name = evening.places[0].participant.given_name

    page = as_co_facilitator.post(seat, {"outcome": PRESENT, "with_partner": "yes"}, headers=HTMX | IN_ENGLISH).text

    assert f"<span>{name}: present, with partner.</span>" in page


def test_an_outcome_alone_leaves_the_partner(record):
    record(0, PRESENT, with_partner=True)

    assert record(0, LATE).with_partner is True


def test_a_partner_cannot_come_along_with_nobody(evening, co_facilitator):
    with pytest.raises(NotHere):
        acts.record_partner(evening.session, evening.places[0], True, by=co_facilitator, now=evening.now)


def test_a_wrong_touch_is_taken_back_and_the_history_keeps_it(as_co_facilitator, evening, record):
    row = record(0, PRESENT)

    response = as_co_facilitator.post(url("sessions:undo_arrival", evening, place_of(evening)), headers=HTMX)

    assert response.status_code == 200
    assert outcomes(evening) == {}
    history = Attendance.pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")
    assert [event.pgh_label for event in history] == ["insert", "delete"]


def touch(client, evening, outcome, *, index=0):
    """Say what became of somebody; the way back that the answer offers."""
    seat = url("sessions:arrival", evening, place_of(evening, index))
    return client.post(seat, {"outcome": outcome}, headers=HTMX).context["undo"]


def go_back(client, undo):
    return client.post(undo["url"], undo["fields"], headers=HTMX | IN_ENGLISH)


@pytest.mark.parametrize("mistake", [ABSENT, "apologised", "partner_only"])
def test_the_way_back_from_a_mistake_is_what_stood_before_it(as_co_facilitator, evening, record, facilitator, mistake):
    record(0, LATE, with_partner=True)
    seen_at = evening.now + timedelta(minutes=9)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=seen_at)
    undo = touch(as_co_facilitator, evening, mistake)

    pages = [go_back(as_co_facilitator, undo).text for _ in range(2)]

    row = evening.session.attendances.get()
    assert (row.outcome, row.with_partner) == (LATE, True)
    assert (row.arrived_at, row.seen_at, row.seen_by) == (evening.now, seen_at, facilitator)
    assert all(f"{evening.places[0].participant.given_name}: came late, with partner." in page for page in pages)


def test_the_way_back_leaves_what_was_done_meanwhile(as_co_facilitator, evening, record, facilitator):
    record(0, PRESENT)
    undo = touch(as_co_facilitator, evening, LATE)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=evening.now)

    go_back(as_co_facilitator, undo)

    row = evening.session.attendances.get()
    assert (row.outcome, row.arrived_at, row.seen_at) == (PRESENT, evening.now, evening.now)


@pytest.mark.parametrize("before", [[], [LATE]])
def test_the_way_back_is_closed_once_somebody_else_said_what_happened(as_co_facilitator, evening, record, before):
    for outcome in before:
        record(0, outcome)
    undo = touch(as_co_facilitator, evening, PRESENT)
    acts.record_arrival(evening.session, evening.places[0], ABSENT, by=evening.first, now=timezone.now())

    told = go_back(as_co_facilitator, undo)

    assert (told.status_code, evening.session.attendances.get().outcome) == (422, ABSENT)
    assert "Somebody changed this since. It stays as it is now." in told.text


@pytest.mark.parametrize("before", [[], [ABSENT]])
def test_the_way_back_leaves_who_was_seen_since(as_co_facilitator, evening, record, facilitator, before):
    for outcome in before:
        record(0, outcome)
    undo = touch(as_co_facilitator, evening, PRESENT)
    acts.mark_seen(evening.session, evening.places[0], by=facilitator, now=timezone.now())

    assert go_back(as_co_facilitator, undo).status_code == 422
    assert evening.session.attendances.get().seen_by == facilitator


def test_the_way_back_does_not_record_again_what_somebody_took_back(as_co_facilitator, evening, record):
    record(0, ABSENT)
    undo = touch(as_co_facilitator, evening, PRESENT)
    acts.undo_arrival(evening.session, evening.places[0], now=timezone.now())

    assert go_back(as_co_facilitator, undo).status_code == 422
    assert not evening.session.attendances.exists()


def test_a_touch_that_cannot_be_told_is_not_taken_back(as_co_facilitator, evening, record):
    record(0, PRESENT)

    assert (
        go_back(as_co_facilitator, {**touch(as_co_facilitator, evening, LATE), "fields": {"at": "x"}}).status_code
        == 404
    )
    assert list(outcomes(evening).values()) == [LATE]


def test_the_way_back_to_an_apology_is_one(as_co_facilitator, evening, record):
    record(0, "apologised")
    undo = touch(as_co_facilitator, evening, PRESENT)

    go_back(as_co_facilitator, undo)

    row = evening.session.attendances.get()
    assert (row.outcome, row.arrived_at) == ("apologised", None)


def test_the_way_back_of_somebody_else_is_none(as_co_facilitator, evening, record):
    record(0, PRESENT)
    record(1, PRESENT)
    undo = touch(as_co_facilitator, evening, ABSENT)

    elsewhere = url("sessions:undo_arrival", evening, place_of(evening, 1))

    for sent in (undo["fields"], {"kept": "x"}, {"kept": "9" * 18}):
        assert as_co_facilitator.post(elsewhere, sent).status_code == 404
    assert list(outcomes(evening).values()) == [ABSENT, PRESENT]


def test_without_javascript_the_seat_has_a_page_of_its_own(as_co_facilitator, evening):
    seat = url("sessions:arrival", evening, place_of(evening))

    assert as_co_facilitator.get(seat).status_code == 200
    response = as_co_facilitator.post(seat, {"outcome": LATE, "with_partner": "yes"})

    assert response.url == url("sessions:arrivals", evening)
    row = evening.session.attendances.get()
    assert (row.outcome, row.with_partner) == (LATE, True)


@pytest.mark.parametrize("typed", [{}, {"outcome": "asleep"}])
def test_a_touch_that_says_nothing_known_is_refused_in_words(as_co_facilitator, evening, typed):
    seat = url("sessions:arrival", evening, place_of(evening))

    assert as_co_facilitator.post(seat, typed).status_code == 422
    assert as_co_facilitator.post(seat, typed, headers=HTMX).status_code == 422
    assert outcomes(evening) == {}


# Parents choose who of them comes with the baby


@pytest.fixture
def family(facilitator, co_facilitator):
    evening = parents_evening(facilitator, co_facilitator)
    evening.session.attendances.all().delete()
    return evening


def test_a_family_comes_with_either_parent(as_co_facilitator, family):
    seat = url("sessions:arrival", family, place_of(family))
    for outcome in ("partner_only", "delivered"):
        assert as_co_facilitator.post(seat, {"outcome": outcome}, headers=HTMX).status_code == 422

    page = as_co_facilitator.post(seat, {"outcome": "by_partner"}, headers=HTMX).text

    assert "1/1" in page
    assert babies_at(family.session) == 1
    row = family.session.attendances.get()
    assert (row.outcome, row.with_partner, row.arrived_at is None) == ("by_partner", False, False)
    assert register_of(family.session, with_measured=False).partners == 1
    board = as_co_facilitator.get(url("checks:measure", family)).text
    assert "Bram" in board
    acts.mark_seen(family.session, family.places[0], by=family.first, now=timezone.now())


def test_a_partner_who_came_with_the_baby_comes_along_once_she_is_here_too(family, co_facilitator):
    [place] = family.places
    row = acts.record_arrival(family.session, place, "by_partner", by=co_facilitator, now=family.now)

    both = acts.record_partner(family.session, place, True, by=co_facilitator, now=timezone.now())

    assert (both.outcome, both.with_partner, both.arrived_at) == (PRESENT, True, row.arrived_at)
    alone = acts.record_arrival(family.session, place, "by_partner", by=co_facilitator, now=timezone.now())
    assert (alone.outcome, alone.with_partner) == ("by_partner", False)


def test_no_partner_comes_in_the_place_of_a_pregnant_woman(as_co_facilitator, evening):
    seat = url("sessions:arrival", evening, place_of(evening))

    assert as_co_facilitator.post(seat, {"outcome": "by_partner"}, headers=HTMX).status_code == 422


# Everybody at once


def test_all_present_leaves_apologies_and_outcomes_that_stand(as_co_facilitator, facilitator, co_facilitator):
    evening = make_evening(facilitator, co_facilitator, people=5)
    by = {"by": co_facilitator, "now": evening.now}
    acts.record_arrival(evening.session, evening.places[0], "apologised", **by)
    acts.record_arrival(evening.session, evening.places[1], LATE, **by)
    evening.session.record_answer(evening.places[2], is_coming=False, now=evening.now)
    evening.session.record_answer(evening.places[3], is_coming=True, now=evening.now)

    response = as_co_facilitator.post(url("sessions:all_present", evening), headers=HTMX)

    assert response.status_code == 200
    rows = {row.enrolment_id: row.outcome for row in evening.session.attendances.all()}
    expected = ["apologised", LATE, None, PRESENT, PRESENT]
    assert [rows.get(place.pk) for place in evening.places] == expected
    assert acts.record_all_present(evening.session, **by) == 0


def check_in_everybody(client, evening):
    """Touch the button; the way back that the answer offers."""
    return client.post(url("sessions:all_present", evening), headers=HTMX).context["undo"]


def test_everybody_at_once_is_taken_back_in_one_touch(as_co_facilitator, facilitator, co_facilitator):
    evening = make_evening(facilitator, co_facilitator, people=6)
    before, left, late, partner, seen, _untouched = evening.places
    acts.record_arrival(evening.session, before, PRESENT, by=co_facilitator, now=timezone.now())
    undo = check_in_everybody(as_co_facilitator, evening)
    by = {"by": facilitator, "now": timezone.now()}
    acts.record_arrival(evening.session, late, LATE, **by)
    acts.record_partner(evening.session, partner, True, **by)
    acts.mark_seen(evening.session, seen, **by)
    left.state, left.left_at = Enrolment.State.LEFT, timezone.now()
    left.save()

    page, again = (go_back(as_co_facilitator, undo).text for _ in range(2))

    assert set(evening.session.attendances.values_list("enrolment", "outcome")) == {
        (before.pk, PRESENT),
        (left.pk, PRESENT),
        (late.pk, LATE),
        (partner.pk, PRESENT),
        (seen.pk, PRESENT),
    }
    assert "1 person taken back." in page
    assert "0 people taken back." in again


def test_nobody_takes_back_what_another_touched(as_facilitator, as_co_facilitator, evening):
    undo = check_in_everybody(as_co_facilitator, evening)

    assert "0 people taken back." in go_back(as_facilitator, undo).text
    assert "3 people taken back." in go_back(as_co_facilitator, undo).text
    assert evening.session.attendances.count() == 0


def test_where_nobody_was_checked_in_nothing_is_to_be_taken_back(as_co_facilitator, evening):
    check_in_everybody(as_co_facilitator, evening)

    assert check_in_everybody(as_co_facilitator, evening) == {}


@pytest.mark.parametrize("at", ["", "now", "2026-02-30T10:00:00+00:00"])
def test_everybody_is_taken_back_by_a_moment_only(as_co_facilitator, evening, at):
    check_in_everybody(as_co_facilitator, evening)

    assert as_co_facilitator.post(url("sessions:undo_all_present", evening), {"at": at}).status_code == 400
    assert evening.session.attendances.count() == 3


# What the register shows


def test_an_answer_beforehand_shows_as_an_apology_to_be(evening):
    evening.session.record_answer(evening.places[0], is_coming=False, now=evening.now)

    register = register_of(evening.session, with_measured=True)

    assert [row.state for row in register.rows] == ["apologised", "expected", "expected"]
    assert (register.here, register.expected, register.not_coming) == (0, 2, 1)


def test_an_answer_about_an_earlier_start_says_nothing(evening):
    evening.session.record_answer(evening.places[0], is_coming=False, now=evening.now)
    evening.session.starts_at += timedelta(minutes=5)
    evening.session.save()

    register = register_of(evening.session, with_measured=False)

    assert register.expected == 3


def test_somebody_who_said_she_cannot_and_comes_all_the_same_is_here(as_co_facilitator, evening):
    evening.session.record_answer(evening.places[0], is_coming=False, now=evening.now)

    as_co_facilitator.post(url("sessions:arrival", evening, place_of(evening)), {"outcome": PRESENT}, headers=HTMX)

    assert list(outcomes(evening).values()) == [PRESENT]


def test_partners_are_counted_with_her_and_in_her_place(evening, record):
    record(0, PRESENT, with_partner=True)
    record(1, "partner_only")

    register = register_of(evening.session, with_measured=False)

    assert (register.here, register.partners, register.not_coming) == (1, 2, 1)


def test_who_left_before_the_evening_has_no_seat_and_who_left_later_keeps_hers(evening, facilitator):
    early, late, _stays = evening.places
    for place, left_at in ((early, evening.now - timedelta(days=1)), (late, evening.now + timedelta(minutes=5))):
        place.state, place.left_at = Enrolment.State.LEFT, left_at
        place.save()

    register = register_of(evening.session, with_measured=False)

    assert [row.place.pk for row in register.rows] == [place.pk for place in evening.places[1:]]
    assert [row.may_change for row in register.rows] == [False, True]


def test_who_came_into_the_group_afterwards_is_no_part_of_the_evening(evening):
    place = evening.places[0]
    place.enrolled_at = evening.session.ends_at + timedelta(days=1)
    place.save()

    assert register_of(evening.session, with_measured=False).total == 2


def test_the_page_says_how_many_are_here(as_co_facilitator, evening, record):
    record(0, PRESENT)

    page = as_co_facilitator.get(url("sessions:arrivals", evening)).content.decode()

    assert "1/3" in page
    assert page.count('class="seat seat-') == 3


def test_another_tablet_hears_of_a_change_and_of_nothing_else(as_co_facilitator, evening, record):
    here = url("sessions:arrivals", evening)
    version = as_co_facilitator.get(here, headers=HTMX).context["version"]

    unchanged = as_co_facilitator.get(here, {"version": version}, headers=HTMX)
    record(0, PRESENT)
    changed = as_co_facilitator.get(here, {"version": version}, headers=HTMX)

    assert (unchanged.status_code, unchanged.content) == (204, b"")
    assert changed.status_code == 200
    assert "1/3" in changed.content.decode()
    assert "<html" not in changed.content.decode()


def test_the_page_notes_whose_evening_was_looked_at_and_the_polls_do_not(as_co_facilitator, evening, co_facilitator):
    as_co_facilitator.get(url("sessions:arrivals", evening))
    as_co_facilitator.get(url("sessions:arrivals", evening), headers=HTMX)

    seen = AccessRecord.objects.filter(membership=co_facilitator, page="sessions:arrivals")
    assert {record.participant_id for record in seen} == {place.participant_id for place in evening.places}
    assert seen.count() == 3


@pytest.mark.parametrize("people", [1, 3])
def test_the_arrivals_cost_the_same_for_one_and_for_three(
    as_co_facilitator, facilitator, co_facilitator, django_assert_num_queries, people
):
    evening = make_evening(facilitator, co_facilitator, people=people)
    acts.record_all_present(evening.session, by=co_facilitator, now=evening.now)
    as_co_facilitator.get(url("sessions:arrivals", evening))

    with django_assert_num_queries(24):
        as_co_facilitator.get(url("sessions:arrivals", evening))


# When nothing may be entered


def close(evening):
    evening.session.closed_at, evening.session.closed_by = timezone.now(), evening.first
    evening.session.save()


def cancel(evening):
    evening.session.cancelled_at, evening.session.cancelled_by = timezone.now(), evening.first
    evening.session.save()


def postpone(evening):
    evening.session.starts_at += timedelta(days=3)
    evening.session.ends_at += timedelta(days=3)
    evening.session.occupied_until += timedelta(days=3)
    evening.session.save()


@pytest.mark.parametrize("change", [close, cancel, postpone])
def test_a_session_that_does_not_run_is_readable_and_takes_nothing(as_co_facilitator, evening, record, change):
    record(0, PRESENT)
    change(evening)

    page = as_co_facilitator.get(url("sessions:arrivals", evening))
    saves = [
        as_co_facilitator.post(url("sessions:arrival", evening, place_of(evening, 1)), {"outcome": LATE}, headers=HTMX),
        as_co_facilitator.post(url("sessions:arrival", evening, place_of(evening, 1)), {"outcome": LATE}),
        as_co_facilitator.post(url("sessions:undo_arrival", evening, place_of(evening)), headers=HTMX),
        as_co_facilitator.post(url("sessions:all_present", evening), headers=HTMX),
        as_co_facilitator.post(url("sessions:undo_all_present", evening), {"at": timezone.now()}, headers=HTMX),
    ]

    assert page.status_code == 200
    assert page.context["closed_words"]
    assert "hx-post" not in page.content.decode()
    assert [response.status_code for response in saves] == [422] * 5
    assert 'role="alert"' in saves[0].content.decode()
    assert list(outcomes(evening).values()) == [PRESENT]


@pytest.mark.parametrize("change", [close, cancel, postpone])
def test_no_act_passes_a_session_that_does_not_run(evening, facilitator, change):
    place = evening.places[0]
    change(evening)
    by, now = facilitator, timezone.now()

    for act in (
        lambda: acts.record_arrival(evening.session, place, PRESENT, by=by, now=now),
        lambda: acts.record_partner(evening.session, place, True, by=by, now=now),
        lambda: acts.record_all_present(evening.session, by=by, now=now),
        lambda: acts.undo_arrival(evening.session, place, now=now),
        lambda: acts.put_back(evening.session, place, None, at=now, by=by, now=now),
        lambda: acts.undo_all_present(evening.session, now, by=by, now=now),
        lambda: acts.mark_seen(evening.session, place, by=by, now=now),
        lambda: acts.undo_seen(evening.session, place, now=now),
    ):
        with pytest.raises(NotRunning):
            act()


def test_an_evening_that_was_not_closed_takes_entries_on_the_next_day(facilitator, co_facilitator):
    evening = make_evening(facilitator, co_facilitator, starts_at=timezone.now() - timedelta(days=1))

    acts.record_arrival(evening.session, evening.places[0], PRESENT, by=co_facilitator, now=timezone.now())

    assert list(outcomes(evening).values()) == [PRESENT]


def test_the_session_that_was_closed_meanwhile_is_found_closed_by_the_save(evening, facilitator):
    stale = evening.session.__class__.objects.get(pk=evening.session.pk)
    close(evening)

    with pytest.raises(NotRunning):
        acts.record_arrival(stale, evening.places[0], PRESENT, by=facilitator, now=evening.now)


def test_a_seat_that_left_the_group_yesterday_gets_a_sentence(as_co_facilitator, evening):
    place = evening.places[0]
    place.state, place.left_at = Enrolment.State.LEFT, evening.now - timedelta(days=1)
    place.save()

    response = as_co_facilitator.post(url("sessions:arrival", evening, place.pk), {"outcome": PRESENT}, headers=HTMX)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    with pytest.raises(NoPlace):
        acts.record_arrival(evening.session, place, PRESENT, by=evening.first, now=evening.now)


def test_somebody_of_another_group_has_no_place_here(evening, facilitator):
    elsewhere = make_evening(facilitator, starts_at=timezone.now() + timedelta(days=7))

    with pytest.raises(NoPlace):
        acts.record_arrival(evening.session, elsewhere.places[0], PRESENT, by=facilitator, now=evening.now)


def test_an_evening_without_people_says_who_will_sit_here(as_facilitator, facilitator):
    evening = make_evening(facilitator, people=0)

    page = as_facilitator.get(url("sessions:arrivals", evening), headers={"Accept-Language": "en"}).text

    assert "Who is enrolled in the group sits here in the circle." in page


# Who may


def test_a_coordinator_reads_who_came_and_can_change_nothing(as_coordinator, evening, record):
    record(0, PRESENT)

    page = as_coordinator.get(url("sessions:arrivals", evening))

    assert page.status_code == 200
    assert "hx-post" not in page.content.decode()
    assert {row.measured for row in page.context["register"].rows} == {None}
    # The other steps are of who leads the evening.
    assert page.content.decode().count('class="step"') == 0
    assert entering(as_coordinator, evening) == [403] * 5


def entering(client, evening):
    """How the acts at the door are answered."""
    seat = url("sessions:arrival", evening, place_of(evening))
    return [
        client.get(seat).status_code,
        client.post(seat, {"outcome": LATE}).status_code,
        client.post(url("sessions:all_present", evening)).status_code,
        client.post(url("sessions:undo_all_present", evening), {"at": timezone.now().isoformat()}).status_code,
        client.post(url("sessions:undo_arrival", evening, place_of(evening))).status_code,
    ]


def test_a_midwife_who_does_not_lead_the_evening_reads_who_came_too(practice, evening):
    other = client_of(make_membership(practice, Role.FACILITATOR))

    assert other.get(url("sessions:arrivals", evening)).status_code == 200
    assert entering(other, evening) == [404] * 5


def test_an_observer_who_interprets_reads_who_came_and_nothing_that_was_measured_or_noted(practice, evening, record):
    observer = make_membership(practice, Role.OBSERVER, profession=Profession.INTERPRETER)
    lead_of(evening.session, observer, "interpreter").save()
    record(0, PRESENT)
    her, seat = client_of(observer), place_of(evening)

    opened = her.get(url("sessions:session", evening))
    page = her.get(opened.url)

    assert opened.url == url("sessions:arrivals", evening)
    assert {row.measured for row in page.context["register"].rows} == {None}
    assert "hx-get" not in page.text
    assert entering(her, evening) == [403] * 5
    for name, *args in (("circle",), ("note", seat), ("company",), ("choose_topics",), ("choose_activity", "opening")):
        assert her.get(url(f"sessions:{name}", evening, *args)).status_code == 403
    assert her.get(url("elements:closing", evening)).status_code == 403


def test_a_co_facilitator_of_another_group_learns_nothing(practice, evening):
    other = client_of(make_membership(practice, Role.CO_FACILITATOR))

    for name in ("sessions:session", "sessions:arrivals"):
        assert other.get(url(name, evening)).status_code == 404


def test_a_stranger_does_not_learn_that_the_evening_exists(as_stranger, stranger, evening):
    seat = place_of(evening)

    for name, args in (("session", []), ("arrivals", []), ("arrival", [seat]), ("circle", [])):
        assert as_stranger.get(url(f"sessions:{name}", evening, *args)).status_code == 404
    # Nor under the stranger's own practice.
    with practice_scope(stranger.practice):
        own = reverse("sessions:arrivals", args=[stranger.practice.slug, evening.session.pk])
    assert as_stranger.get(own).status_code == 404


def test_who_leads_only_this_session_runs_its_evening(practice, facilitator, evening):
    stand_in = make_membership(practice, Role.CO_FACILITATOR)
    evening.session.leads.filter(role="co").update(cancelled_at=timezone.now())
    lead_of(evening.session, stand_in, "co").save()

    response = client_of(stand_in).post(
        url("sessions:arrival", evening, place_of(evening)), {"outcome": PRESENT}, headers=HTMX
    )

    assert response.status_code == 200


# The right step


@pytest.mark.parametrize(
    ("minutes", "anybody", "step"),
    [
        (-60, False, "sessions:arrivals"),
        (10, False, "sessions:arrivals"),
        (10, True, "checks:measure"),
        (150, True, "elements:closing"),
    ],
)
def test_a_session_opens_at_the_step_where_the_evening_is(
    as_co_facilitator, facilitator, co_facilitator, minutes, anybody, step
):
    evening = make_evening(facilitator, co_facilitator, starts_at=timezone.now() - timedelta(minutes=minutes))
    if anybody:
        acts.record_all_present(evening.session, by=co_facilitator, now=timezone.now())

    assert as_co_facilitator.get(url("sessions:session", evening)).url == url(step, evening)


def test_a_closed_session_opens_at_its_closing(as_co_facilitator, evening):
    close(evening)

    assert as_co_facilitator.get(url("sessions:session", evening)).url == url("elements:closing", evening)


def test_a_cancelled_session_opens_where_it_says_so(as_co_facilitator, evening):
    cancel(evening)

    assert as_co_facilitator.get(url("sessions:session", evening)).url == url("sessions:arrivals", evening)


def test_a_theme_group_goes_from_arriving_to_its_circle(as_co_facilitator, facilitator, co_facilitator):
    evening = make_evening(facilitator, co_facilitator, people=0, kind="theme")
    page = as_co_facilitator.get(url("sessions:arrivals", evening)).content.decode()

    assert page.count('class="step"') == 3


def test_a_coordinator_is_led_to_what_she_may_read(as_coordinator, evening):
    assert as_coordinator.get(url("sessions:session", evening)).url == url("sessions:arrivals", evening)


def test_the_steps_that_have_nothing_left_are_done(as_co_facilitator, evening, record):
    for index in range(3):
        record(index, PRESENT)

    page = as_co_facilitator.get(url("sessions:arrivals", evening)).content.decode()

    assert page.count('<li class="done">') == 1
