"""What can never be of a limit or a value: each constraint refuses once."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from checks.models import Limit, Measurement, TabletCode
from tests.values import BP, measuring_evening, parents_evening

DAY = date(2026, 9, 1)


def refused_by(name):
    """The database refuses what happens inside, by the constraint of this name; the test's transaction goes on."""
    return pytest.raises(IntegrityError, match=name)


@pytest.fixture
def evening(facilitator):
    return measuring_evening(facilitator)


def value(evening, *, child=None, **fields):
    fields = {"kind": BP, "value": 128, "second_value": 82, **fields}
    return Measurement.objects.create(
        practice=evening.practice,
        session=evening.session,
        enrolment=evening.places[0],
        child=child,
        entered_at=timezone.now(),
        **fields,
    )


def limit(practice, **fields):
    return Limit.objects.create(practice=practice, **{"quantity": "weight", "valid_from": DAY, **fields})


def test_one_limit_of_a_quantity_a_day(practice):
    limit(practice)
    limit(practice, valid_from=DAY + timedelta(days=1))

    with refused_by("one_limit_of_a_quantity_a_day"), transaction.atomic():
        limit(practice)


def test_refusal_limits_are_in_order(practice):
    with refused_by("refusal_limits_are_in_order"), transaction.atomic():
        limit(practice, refuse_below=100, refuse_above=100)


def test_scores_asked_about_are_in_order(practice):
    limit(practice, quantity="baby_head", ask_z_below=-5, ask_z_above=5)

    with refused_by("scores_asked_about_are_in_order"), transaction.atomic():
        limit(practice, quantity="baby_length", ask_z_below=5, ask_z_above=5)


@pytest.mark.parametrize("number", [59, 261])
@pytest.mark.parametrize("mark", ["mark_below", "mark_from", "urgent_from"])
def test_marks_lie_within_the_limits_of_refusal(practice, mark, number):
    limit(practice, quantity="systolic", refuse_below=60, refuse_above=260, mark_below=60, mark_from=260)
    limit(practice, quantity="diastolic", **{mark: number})

    with refused_by("marks_lie_within_the_limits_of_refusal"), transaction.atomic():
        limit(practice, refuse_below=60, refuse_above=260, **{mark: number})


def test_marks_are_in_order(practice):
    limit(practice, mark_below=99, mark_from=100)

    with refused_by("marks_are_in_order"), transaction.atomic():
        limit(practice, quantity="systolic", mark_below=100, mark_from=100)


def test_urgent_is_not_below_marked(practice):
    limit(practice, mark_from=140, urgent_from=140)

    with refused_by("urgent_is_not_below_marked"), transaction.atomic():
        limit(practice, quantity="systolic", mark_from=140, urgent_from=139)


def test_readings_of_a_pressure_are_held_apart(practice):
    limit(practice, quantity="diastolic", readings_apart=10)

    with refused_by("readings_of_a_pressure_are_held_apart"), transaction.atomic():
        limit(practice, quantity="weight", readings_apart=500)


def test_one_standing_value_of_a_reading(evening):
    value(evening, replaced_at=timezone.now())
    value(evening)
    value(evening, reading=2)

    with refused_by("one_standing_value_of_a_reading"), transaction.atomic():
        value(evening, value=130)


def test_one_standing_value_of_a_reading_of_a_baby(facilitator):
    evening = parents_evening(facilitator, twins=2)
    one, other = evening.children
    baby = {"kind": "baby_weight", "value": 4250, "second_value": None}
    value(evening, child=one, **baby)
    value(evening, child=other, **baby)

    with refused_by("one_standing_value_of_a_reading"), transaction.atomic():
        value(evening, child=one, **baby)


def test_a_save_happens_once(evening):
    key = uuid4()
    value(evening, save_key=key)

    with refused_by("a_save_happens_once"), transaction.atomic():
        value(evening, reading=2, save_key=key)


@pytest.mark.parametrize("reading", [0, 4])
def test_at_most_three_readings(evening, reading):
    with refused_by("at_most_three_readings"), transaction.atomic():
        value(evening, reading=reading)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": 82, "second_value": 128},
        {"second_value": None},
        {"second_value": 0},
        {"kind": "weight", "value": 72_400, "second_value": 1},
    ],
)
def test_only_a_blood_pressure_has_two_numbers_in_order(evening, fields):
    with refused_by("only_a_blood_pressure_has_two_numbers_in_order"), transaction.atomic():
        value(evening, **fields)


def test_a_baby_is_measured_where_a_baby_is_meant(facilitator):
    evening = parents_evening(facilitator)

    with refused_by("a_baby_is_measured_where_a_baby_is_meant"), transaction.atomic():
        value(evening, kind="baby_weight", value=4250, second_value=None)
    with refused_by("a_baby_is_measured_where_a_baby_is_meant"), transaction.atomic():
        value(evening, child=evening.children[0])


def test_a_review_has_a_name_and_a_moment(evening, facilitator):
    with refused_by("a_review_has_a_name_and_a_moment"), transaction.atomic():
        value(evening, reviewed_by=facilitator)
    with refused_by("a_review_has_a_name_and_a_moment"), transaction.atomic():
        value(evening, reviewed_at=timezone.now())


def test_who_replaces_a_value_does_so_at_a_moment(evening, facilitator):
    value(evening, replaced_at=timezone.now(), replaced_by=facilitator)

    with refused_by("who_replaces_a_value_does_so_at_a_moment"), transaction.atomic():
        value(evening, replaced_by=facilitator)


def test_what_she_typed_is_confirmed_by_a_name_at_a_moment(evening, facilitator):
    now = timezone.now()
    value(evening, confirmed_by=facilitator, confirmed_at=now)

    for fields in (
        {"confirmed_by": facilitator},
        {"confirmed_at": now},
        {"confirmed_by": facilitator, "confirmed_at": now, "entered_by": facilitator},
    ):
        with refused_by("what_she_typed_is_confirmed_by_a_name_at_a_moment"), transaction.atomic():
            value(evening, reading=2, **fields)


def test_one_code_of_a_session_at_a_time(evening, facilitator):
    def code(**fields):
        made = {"session": evening.session, "made_at": timezone.now(), "made_by": facilitator}
        TabletCode.objects.create(practice=evening.practice, code_hash=uuid4().hex, **made, **fields)

    code(revoked_at=timezone.now())
    code()

    with refused_by("one_code_of_a_session_at_a_time"), transaction.atomic():
        code()
