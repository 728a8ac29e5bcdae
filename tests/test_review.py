"""A marked value waits for who leads the session first and answers for checks, and for nobody else."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from checks.defaults import set_default_limits
from checks.models import Measurement
from checks.review import MayNotReview, open_for, review, waiting
from practices.models import Profession, Role
from practices.tenancy import practice_scope
from sessions.models import GroupSession, SessionLead
from tests.cast import client_of
from tests.evenings import url as evening_url
from tests.factories import make_membership
from tests.races import overtaken
from tests.test_entry import real_evening, waits_for_a_lock  # noqa: F401
from tests.values import BP, WEIGHT, address, cell_of, keep, measuring_evening, post_cell

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def evening(facilitator, co_facilitator):
    return measuring_evening(facilitator, co_facilitator)


def test_a_value_outside_the_limits_waits_and_a_review_has_a_name_a_moment_and_a_note(evening, facilitator):
    row, now = keep(evening, "165/112"), timezone.now()

    assert list(waiting(evening.session)) == [row]
    assert review(evening.session, [row.pk], by=facilitator, note="Belt morgen", now=now) == [row]

    row.refresh_from_db()
    assert (row.reviewed_by, row.reviewed_at, row.review_note) == (facilitator, now, "Belt morgen")
    assert not waiting(evening.session).exists()


def test_a_value_within_the_limits_waits_for_nobody(evening):
    keep(evening, "128/82")

    assert not waiting(evening.session).exists()


def test_a_correction_does_not_take_the_mark_away(evening, facilitator):
    marked = keep(evening, "165/112")
    keep(evening, "125/82", seen=marked.pk)

    assert list(waiting(evening.session)) == [marked]
    review(evening.session, [marked.pk], by=facilitator, now=timezone.now())
    assert not waiting(evening.session).exists()


def test_an_urgent_value_that_was_corrected_stays_on_top_until_somebody_has_seen_it(evening, as_facilitator):
    keep(evening, "144/92")
    urgent = keep(evening, "165/112", place=1)
    keep(evening, "128/82", place=1, seen=urgent.pk)

    html = as_facilitator.get(address("measure", evening)).content.decode()

    rows = [int(row) for row in re.findall(r'name="row" value="(\d+)"', html)]
    assert rows[0] == urgent.pk
    assert len(rows) == 2


def test_only_what_was_seen_is_reviewed(evening, facilitator):
    seen = keep(evening, "144/92")
    later = keep(evening, "150/94", reading=2)

    review(evening.session, [seen.pk], by=facilitator, now=timezone.now())

    assert list(waiting(evening.session)) == [later]


def test_a_note_of_a_review_is_read_on_the_board_by_who_measures(evening, facilitator, as_co_facilitator):
    row = keep(evening, "144/92")
    review(evening.session, [row.pk], by=facilitator, note="Rust, daarna opnieuw", now=timezone.now())

    assert "Rust, daarna opnieuw" in as_co_facilitator.get(address("measure", evening)).text


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_bsn_stays_out_of_the_note_of_a_review(evening, as_facilitator, headers):
    row = keep(evening, "144/92")
    page = as_facilitator.get(address("measure", evening)).text
    seen = re.search(r"changes/\?seen=([\d.-]+)", page)[1]

    data = {"row": row.pk, "note": "bel 111222333", "seen": seen}
    answer = as_facilitator.post(address("review", evening), data, headers=headers)

    assert (answer.status_code, "This may be a BSN" in answer.text) == (422, True)
    assert list(waiting(evening.session)) == [row]


def test_a_reviewed_value_keeps_the_first_name(evening, facilitator):
    row, now = keep(evening, "144/92"), timezone.now()
    review(evening.session, [row.pk], by=facilitator, note="een", now=now)

    assert review(evening.session, [row.pk], by=facilitator, note="twee", now=now + timedelta(minutes=1)) == []
    row.refresh_from_db()
    assert (row.review_note, row.reviewed_at) == ("een", now)


def test_only_the_first_facilitator_with_a_profession_that_answers_reviews(evening, co_facilitator, facilitator):
    row = keep(evening, "144/92")
    other = make_membership(evening.practice, Role.FACILITATOR)

    for member in (co_facilitator, other):
        with pytest.raises(MayNotReview):
            review(evening.session, [row.pk], by=member, now=timezone.now())

    facilitator.profession = Profession.INTERPRETER
    facilitator.save()
    with pytest.raises(MayNotReview):
        review(evening.session, [row.pk], by=facilitator, now=timezone.now())


def test_a_value_of_another_session_is_not_reviewed_along(evening, facilitator):
    other = measuring_evening(facilitator, starts_at=evening.now - timedelta(days=1))
    theirs = keep(other, "144/92")

    assert review(evening.session, [theirs.pk], by=facilitator, now=timezone.now()) == []
    assert list(waiting(other.session)) == [theirs]


def test_open_evenings_with_what_waits_in_them_are_those_of_who_leads_them_first(evening, co_facilitator):
    keep(evening, "144/92"), keep(evening, "165/112", place=1), keep(evening, "118/76", place=2)
    substitute = make_membership(evening.practice, Role.FACILITATOR)
    session = evening.session
    mine, later = (session.pk, evening.group.name, session.starts_at, 1, 2), timezone.now()

    assert open_for(evening.first, before=later) == [mine]
    assert open_for(evening.first, before=session.starts_at) == []
    assert open_for(co_facilitator, before=later) == []
    assert open_for(substitute, before=later) == []

    session.leads.filter(membership=evening.first).update(cancelled_at=timezone.now())
    SessionLead.objects.create(
        practice=evening.practice,
        session=session,
        membership=substitute,
        role="first",
        user=substitute.user,
        starts_at=session.starts_at,
        occupied_until=session.occupied_until,
    )
    assert open_for(evening.first, before=later) == []
    assert open_for(substitute, before=later) == [mine]


@pytest.mark.django_db(transaction=True)
def test_a_review_waits_for_a_correction_that_is_on_its_way(real_evening):  # noqa: F811
    practice = real_evening.practice
    with practice_scope(practice):
        row = keep(real_evening, "144/92")
    with practice_scope(practice):
        GroupSession.objects.select_for_update().get(pk=real_evening.session.pk)
        thread, outcome = waits_for_a_lock(
            lambda: review(real_evening.session, [row.pk], by=real_evening.first, now=timezone.now()), practice
        )
    thread.join(20)

    assert outcome["result"] == [row]


@pytest.mark.django_db(transaction=True)
def test_a_review_that_waited_for_another_act_is_later_than_that(real_evening):  # noqa: F811
    practice = real_evening.practice
    with practice_scope(practice):
        row = keep(real_evening, "144/92")
        browser = client_of(real_evening.first)

    with practice_scope(practice):
        with overtaken(lambda: browser.post(address("review", real_evening), {"row": row.pk}).status_code) as outcome:
            GroupSession.objects.select_for_update().get(pk=real_evening.session.pk)
        over = timezone.now()

    assert outcome() == 302
    with practice_scope(practice):
        assert Measurement.objects.get().reviewed_at > over


# On the page -------------------------------------------------------------------------------------------------------


def test_one_touch_reviews_and_the_page_says_by_whom(evening, as_facilitator):
    row = keep(evening, "144/92", by=evening.co)

    page = as_facilitator.get(address("measure", evening)).content.decode()
    assert "Waiting for your review" in page
    assert "typed by Aisha Assistente" in page
    seen = page.split("changes/?seen=")[1].split('"')[0]
    keep(evening, "72,4", kind=WEIGHT, place=1, by=evening.co)

    answer = as_facilitator.post(
        address("review", evening),
        {"row": [row.pk], "note": " gebeld ", "seen": seen},
        headers={"HX-Request": "true"},
    )

    row.refresh_from_db()
    assert (row.reviewed_by, row.review_note) == (evening.first, "gebeld")
    assert answer.status_code == 200
    assert f'id="cell-{cell_of(evening)}" hx-swap-oob="true"' in answer.content.decode()
    assert "Seen by Mila Verloskundige" in answer.content.decode()
    assert "Waiting for your review" not in answer.content.decode()
    assert f'id="cell-{cell_of(evening, WEIGHT, place=1)}" hx-swap-oob="true"' in answer.content.decode()


def test_a_review_works_without_javascript(evening, as_facilitator):
    row = keep(evening, "144/92")

    answer = as_facilitator.post(address("review", evening), {"row": [row.pk]})

    assert answer.url == address("measure", evening)
    assert not waiting(evening.session).exists()


def test_a_co_facilitator_sees_for_whom_a_value_waits_and_cannot_review_it(evening, as_co_facilitator):
    row = keep(evening, "144/92")

    page = as_co_facilitator.get(address("measure", evening)).content.decode()
    assert "Waits for Mila Verloskundige" in page
    assert address("review", evening) not in page

    assert as_co_facilitator.post(address("review", evening), {"row": [row.pk]}).status_code == 403
    assert list(waiting(evening.session)) == [row]


@pytest.mark.parametrize("rows", [["x"], [""], ["9" * 30], ["-1"], []])
def test_a_review_of_nothing_that_is_there_reviews_nothing(evening, as_facilitator, rows):
    row = keep(evening, "144/92")

    answer = as_facilitator.post(address("review", evening), {"row": rows, "note": "\0"})

    assert answer.status_code == 302
    assert list(waiting(evening.session)) == [row]


def test_nobody_who_answers_for_checks_is_said(evening, as_facilitator, facilitator):
    keep(evening, "144/92")
    facilitator.profession = Profession.OTHER
    facilitator.save()

    page = as_facilitator.get(address("measure", evening)).content.decode()

    assert "Nobody who answers for checks leads this session" in page
    assert address("review", evening) not in page


# The poll ----------------------------------------------------------------------------------------------------------


def poll(client, evening, seen=None):
    if seen is None:
        page = client.get(address("measure", evening)).content.decode()
        seen = page.split("changes/?seen=")[1].split('"')[0]
    return client.get(address("changes", evening), {"seen": seen}, headers={"HX-Request": "true"}), seen


def test_a_poll_that_finds_nothing_costs_one_query_beyond_the_way_in(evening, as_facilitator):
    keep(evening, "144/92")
    keep(evening, "72,4", kind=WEIGHT)
    _answer, seen = poll(as_facilitator, evening)

    with CaptureQueriesContext(connection) as way_in:
        as_facilitator.get(address("changes", evening).replace(str(evening.session.pk), "0"))
    with CaptureQueriesContext(connection) as idle:
        answer, _seen = poll(as_facilitator, evening, seen)

    assert answer.status_code == 204
    asked = [query["sql"] for query in idle if "group_sessions_groupsession" in query["sql"]]
    assert len(asked) == 1
    # A session that is not there costs the same one query, and the way back out of the scope less.
    assert len(idle) - len(way_in) <= 1


def test_what_comes_in_on_another_screen_is_on_this_one_at_the_next_poll(evening, as_facilitator):
    _answer, seen = poll(as_facilitator, evening)
    keep(evening, "165/112", by=evening.co)

    answer, _seen = poll(as_facilitator, evening, seen)

    html = answer.content.decode()
    assert "Waiting for your review" in html
    assert "Fatima, blood pressure 165/112 waits for you." in html
    assert html.count('hx-swap-oob="true"') == 2  # the cell, and the list of who is away
    assert f'id="cell-{cell_of(evening)}" hx-swap-oob="true"' in html
    assert poll(as_facilitator, evening, html.split("changes/?seen=")[1].split('"')[0])[0].status_code == 204


def test_a_review_on_another_screen_is_on_this_one_at_the_next_poll(evening, as_co_facilitator):
    row = keep(evening, "144/92")
    _answer, seen = poll(as_co_facilitator, evening)
    review(evening.session, [row.pk], by=evening.first, now=timezone.now())

    html = poll(as_co_facilitator, evening, seen)[0].content.decode()

    assert "Seen by Mila Verloskundige" in html
    assert "Waits for" not in html


def test_who_comes_in_late_gets_a_row_at_the_next_poll(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, here=1)
    _answer, seen = poll(as_facilitator, evening)
    late = evening.session.attendances.get()
    late.pk, late.enrolment = None, evening.places[1]
    late.save(force_insert=True)

    html = poll(as_facilitator, evening, seen)[0].content.decode()

    row = rf'<template><tbody hx-swap-oob="beforeend:#rows">\s*<tr role="row" id="seat-{evening.places[1].pk}-0">'
    assert re.search(row, html)
    assert html.count("<tr ") == 1


def test_a_page_without_any_row_is_loaded_again_when_somebody_comes_in(facilitator, as_facilitator):
    evening = measuring_evening(facilitator, here=0)
    _answer, seen = poll(as_facilitator, evening)
    evening.session.attendances.create(
        practice=evening.practice,
        enrolment=evening.places[0],
        outcome="present",
        recorded_at=evening.now,
        recorded_by=facilitator,
    )

    answer, _seen = poll(as_facilitator, evening, seen)

    assert answer.headers["HX-Refresh"] == "true"


def test_on_the_other_pages_of_the_evening_the_first_facilitator_is_called(evening, as_facilitator, as_co_facilitator):
    def ask(client, seen=""):
        return client.get(address("called", evening), {"seen": seen}, headers={"HX-Request": "true"})

    assert "measure/called/?seen=" in as_facilitator.get(evening_url("sessions:circle", evening)).content.decode()
    assert ask(as_facilitator).status_code == 204
    row = keep(evening, "165/112")

    html = ask(as_facilitator).content.decode()

    assert "Fatima 165/112 mmHg (urgent)" in " ".join(html.split())
    assert "165/112" not in ask(as_co_facilitator).content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert ask(as_facilitator, row.pk).status_code == 204
    assert len([query for query in asked if "checks_" in query["sql"]]) == 1
    assert len([query for query in asked if "group_sessions_" in query["sql"]]) == 1


@pytest.mark.parametrize("seen", ["", "x", "1.2.3", "1.2.3.4.x", "1.2.3.0.4-x", "١.0.0.0."])
def test_a_version_that_is_none_reloads_the_page(evening, as_facilitator, seen):
    answer, _seen = poll(as_facilitator, evening, seen)

    assert answer.headers["HX-Refresh"] == "true"


def test_a_saved_cell_tells_the_page_when_it_is_marked(evening, as_co_facilitator):
    assert "marked" in post_cell(as_co_facilitator, evening, "144", "92", kind=BP).headers["HX-Trigger"]
    assert "HX-Trigger" not in post_cell(as_co_facilitator, evening, "128", "82", kind=BP, place=1).headers


def test_the_poll_is_for_who_leads_the_session(evening, as_coordinator, as_stranger, practice):
    colleague = client_of(make_membership(practice, Role.CO_FACILITATOR))

    assert poll(as_coordinator, evening, "0.0.0.0.")[0].status_code == 403
    assert poll(colleague, evening, "0.0.0.0.")[0].status_code == 404
    assert poll(as_stranger, evening, "0.0.0.0.")[0].status_code == 404
    assert Measurement.objects.count() == 0
