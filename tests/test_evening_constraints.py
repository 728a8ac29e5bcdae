"""What an evening can never hold, each refused by the database once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from elements.models import Debrief, Element, ElementAnswer, Reopening
from sessions.models import ActivityFormat, Answer, Attendance, Guest, LibraryTopic, PlanItem, TurnNote
from tests.evenings import make_evening


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator)


def refused(name, model, /, **fields):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.create(**fields)


@pytest.fixture
def of(evening, practice):
    return {"practice": practice, "session": evening.session}


@pytest.fixture
def arrival(evening, of, facilitator):
    fields = {"enrolment": evening.places[0], "outcome": "present", "recorded_at": evening.now}
    return {**of, **fields, "recorded_by": facilitator}


def test_a_place_has_one_attendance(arrival):
    Attendance.objects.create(**arrival)

    refused("one_attendance_of_a_place", Attendance, **arrival)


@pytest.mark.parametrize("moment", ["arrived_at", "seen_at"])
def test_who_did_not_come_has_not_arrived_and_was_not_seen(arrival, evening, facilitator, moment):
    seen_by = facilitator if moment == "seen_at" else None

    refused(
        "only_who_came_has_arrived_and_is_seen",
        Attendance,
        **{**arrival, "outcome": "partner_only", moment: evening.now, "seen_by": seen_by},
    )


def test_a_partner_who_came_for_her_does_not_come_along(arrival):
    refused(
        "who_came_for_her_does_not_come_along",
        Attendance,
        **{**arrival, "outcome": "by_partner", "with_partner": True},
    )


def test_who_was_seen_was_seen_by_somebody_at_a_moment(arrival, evening, facilitator):
    refused("who_is_seen_is_seen_by_somebody", Attendance, **arrival, seen_at=evening.now)
    refused("who_is_seen_is_seen_by_somebody", Attendance, **arrival, seen_by=facilitator)


def test_a_place_gives_one_answer(evening, of):
    fields = {**of, "enrolment": evening.places[0], "is_coming": True}
    fields |= {"answered_at": evening.now, "speaks_of": evening.now}
    Answer.objects.create(**fields)

    refused("one_answer_of_a_place", Answer, **fields)


def test_a_turn_has_one_note_and_that_has_words(evening, of, facilitator):
    fields = {**of, "enrolment": evening.places[0], "written_at": evening.now, "written_by": facilitator}
    TurnNote.objects.create(**fields, text="Hartje goed")

    refused("one_note_of_a_turn", TurnNote, **fields, text="Hartje goed")
    refused("note_of_a_turn_has_words", TurnNote, **{**fields, "enrolment": evening.places[1]}, text="")


def test_a_topic_is_done_or_postponed_and_not_both(evening, of):
    refused(
        "topic_is_done_or_postponed_not_both",
        PlanItem,
        **of,
        position=1,
        title="Slaap",
        added_at=evening.now,
        done_at=evening.now,
        postponed_at=evening.now,
    )


def test_a_topic_has_a_title(evening, of):
    refused("topic_has_a_title", PlanItem, **of, position=1, title="", added_at=evening.now)


@pytest.mark.parametrize("minutes", [0, 241])
def test_what_is_on_a_plan_and_a_format_take_a_while(evening, of, practice, minutes):
    refused("topic_takes_a_while", PlanItem, **of, position=1, title="x", added_at=evening.now, minutes=minutes)
    refused("format_takes_a_while", ActivityFormat, practice=practice, name="x", minutes=minutes)


def test_an_evening_opens_and_closes_once(evening, of):
    fields = {**of, "position": 1, "title": "Weerbericht", "added_at": evening.now}
    for moment in ("opening", "closing"):
        PlanItem.objects.create(**fields, moment=moment)
        refused("one_opening_and_one_closing_of_a_session", PlanItem, **fields, moment=moment)


def test_a_guest_is_named_once_an_evening(of, facilitator):
    Guest.objects.create(**of, name="Oma", changed_by=facilitator)

    refused("guest_is_named_once_an_evening", Guest, **of, name="Oma", changed_by=facilitator)


def test_a_library_has_each_name_and_title_once_and_topics_are_for_some_group(practice):
    for model, name, fields in (
        (ActivityFormat, "format_name_is_unique_in_a_library", {"name": "x", "minutes": 5}),
        (LibraryTopic, "topic_title_is_unique_in_a_library", {"title": "x", "kinds": ["theme"]}),
    ):
        model.objects.create(practice=practice, **fields)
        # In whatever case it is written.
        again = {field: value.upper() if value == "x" else value for field, value in fields.items()}
        refused(name, model, practice=practice, **again)
    refused("library_topic_is_for_some_kind_of_group", LibraryTopic, practice=practice, title="y", kinds=[])


def test_a_topic_is_carried_on_once(evening, of):
    fields = {**of, "position": 1, "title": "Slaap", "added_at": evening.now}
    topic = PlanItem.objects.create(**fields)
    PlanItem.objects.create(**fields, carried_from=topic)

    refused("carried_from", PlanItem, **fields, carried_from=topic)


def test_an_element_is_there_once_in_a_version(db):
    fields = {"code": "E1", "version": 1, "position": 1, "component": "x", "labels": {"nl": "x"}, "is_asked": True}

    refused("element_is_unique_in_a_version", Element, **fields)


def test_a_rater_answers_once_about_an_element(evening, of, facilitator):
    fields = {**of, "rater": facilitator, "element": Element.objects.current().first()}
    fields |= {"answer": "yes", "answered_at": evening.now}
    ElementAnswer.objects.create(**fields)

    refused("one_answer_of_a_rater_about_an_element", ElementAnswer, **fields)


def test_a_rater_writes_one_debrief_and_it_says_something(evening, of, facilitator, co_facilitator):
    fields = {**of, "answered_at": evening.now}
    Debrief.objects.create(**fields, rater=facilitator, went_well="De kring")

    refused("one_debrief_of_a_rater", Debrief, **fields, rater=facilitator, went_well="De kring")
    refused("debrief_says_something", Debrief, **fields, rater=co_facilitator)


def test_a_closing_is_undone_once_and_for_a_reason(evening, of, facilitator):
    fields = {**of, "reopened_at": evening.now + timedelta(days=1), "reopened_by": facilitator}
    fields |= {"was_closed_at": evening.now, "was_closed_by": facilitator}
    Reopening.objects.create(**fields, reason="Waarde vergeten")

    refused("a_closing_is_undone_once", Reopening, **fields, reason="Waarde vergeten")
    refused("reopening_has_a_reason", Reopening, **{**fields, "was_closed_at": evening.now + timedelta(hours=1)})
