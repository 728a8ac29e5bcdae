"""Readings against limits. All but the last without a database: the limits are rows that were never saved."""

from datetime import date, timedelta
from importlib import import_module
from itertools import product

import pytest
from django.db import connection
from django.utils import translation

from checks.defaults import DEFAULTS, set_default_limits
from checks.kinds import CheckKind, Quantity
from checks.limits import Verdict, judge, mark_of, readings_asked
from checks.models import Limit, Mark
from checks.reading import Values
from practices.founding import practice_founded

pytestmark = pytest.mark.begins_with.with_args(set_default_limits)

BP, WEIGHT, BABY_WEIGHT = CheckKind.BLOOD_PRESSURE, CheckKind.WEIGHT, CheckKind.BABY_WEIGHT
LIMITS = {quantity: Limit(quantity=quantity, **numbers) for quantity, numbers in DEFAULTS.items()}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("upper", "lower", "mark"),
    [
        (128, 82, Mark.NONE),
        (139, 89, Mark.NONE),
        (140, 82, Mark.OUTSIDE),
        (128, 90, Mark.OUTSIDE),
        (159, 109, Mark.OUTSIDE),
        (160, 82, Mark.URGENT),
        (138, 110, Mark.URGENT),
        (165, 112, Mark.URGENT),
    ],
)
def test_a_blood_pressure_is_marked_from_the_limit_on(upper, lower, mark):
    assert judge(BP, Values(upper, lower), limits=LIMITS) == Verdict(mark=mark)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (BP, Values(300, 20), "Systolic 300 mmHg is more than 260 mmHg. Look at the number again."),
        (BP, Values(120, 20), "Diastolic 20 mmHg is less than 30 mmHg. Look at the number again."),
        (BP, Values(59, 40), "Systolic 59 mmHg is less than 60 mmHg. Look at the number again."),
        (WEIGHT, Values(720_000), "Weight 720.0 kg is more than 250.0 kg. Look at the number again."),
        (WEIGHT, Values(34_900), "Weight 34.9 kg is less than 35.0 kg. Look at the number again."),
        (BABY_WEIGHT, Values(25), "Weight of the baby 25 g is less than 900 g. Look at the number again."),
        (
            CheckKind.BABY_LENGTH,
            Values(123),
            "Length of the baby 12.3 cm is less than 38.0 cm. Look at the number again.",
        ),
        (
            CheckKind.BABY_HEAD,
            Values(601),
            "Head circumference 60.1 cm is more than 60.0 cm. Look at the number again.",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_limit_named(kind, values, words):
    assert judge(kind, values, limits=LIMITS) == Verdict(refusal=words)


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [(WEIGHT, 35_000, 250_000), (BABY_WEIGHT, 900, 20_000)],
)
def test_the_limits_of_refusal_themselves_are_taken(kind, lowest, highest):
    assert not judge(kind, Values(lowest), limits=LIMITS).refusal
    assert not judge(kind, Values(highest), limits=LIMITS).refusal


def test_little_between_the_two_numbers_is_asked_again_and_still_marked():
    verdict = judge(BP, Values(140, 128), limits=LIMITS)

    assert verdict == Verdict(question="Systolic less diastolic is only 12 mmHg. Is that right?", mark=Mark.URGENT)


def test_a_weight_far_from_the_last_one_is_asked_again():
    last = Values(72_400)

    assert judge(WEIGHT, Values(75_400), limits=LIMITS, last=last).question == ""
    assert (
        judge(WEIGHT, Values(76_500), limits=LIMITS, last=last).question
        == "That is 4.1 kg more than last time (72.4 kg). Is it right?"
    )
    assert (
        judge(WEIGHT, Values(69_300), limits=LIMITS, last=last).question
        == "That is 3.1 kg less than last time (72.4 kg). Is it right?"
    )


@pytest.mark.parametrize(
    ("kind", "before", "taken", "asked", "words"),
    [
        (BABY_WEIGHT, 6_730, 6_230, 5_420, "1310 g less than last time (6730 g)"),
        (CheckKind.BABY_LENGTH, 631, 621, 585, "4.6 cm less than last time (63.1 cm)"),
        (CheckKind.BABY_HEAD, 413, 408, 401, "1.2 cm less than last time (41.3 cm)"),
    ],
)
def test_a_baby_that_is_less_than_last_time_is_asked_again(kind, before, taken, asked, words):
    last = Values(before)

    assert judge(kind, Values(asked), limits=LIMITS, last=last) == Verdict(question=f"That is {words}. Is it right?")
    assert judge(kind, Values(taken), limits=LIMITS, last=last) == Verdict()
    assert judge(kind, Values(2 * before - asked), limits=LIMITS, last=last) == Verdict()
    assert judge(kind, Values(asked), limits=LIMITS) == Verdict()


@pytest.mark.parametrize("birth_weight", [1_500, 3_500, 5_000])
def test_what_a_newborn_may_lose_is_not_asked_about(birth_weight):
    verdict = judge(BABY_WEIGHT, Values(birth_weight * 9 // 10), limits=LIMITS, last=Values(birth_weight))

    assert verdict == Verdict()


def test_a_practice_without_limits_takes_everything():
    assert judge(BP, Values(300, 20), limits={}) == Verdict()


def test_a_value_below_the_lower_mark_is_marked():
    limits = {Quantity.BABY_WEIGHT: Limit(quantity=Quantity.BABY_WEIGHT, mark_below=2_500)}

    assert judge(BABY_WEIGHT, Values(2_499), limits=limits).mark == Mark.OUTSIDE
    assert judge(BABY_WEIGHT, Values(2_500), limits=limits).mark == Mark.NONE


def marks_of(limit):
    """What becomes of each small number: refused, or taken with this mark."""
    limits = {limit.quantity: limit}
    return ["" if judge(WEIGHT, Values(n), limits=limits).refusal else mark_of(n, limit) for n in range(10)]


def test_marks_that_are_brought_within_the_refusal_mark_what_they_marked_before(practice):
    numbers = [None, 1, 2, 4, 6, 7]
    names = ("refuse_below", "refuse_above", "mark_below", "mark_from", "urgent_from")
    chosen = [dict(zip(names, given, strict=True)) for given in product((None, 2), (None, 6), *[numbers] * 3)]
    typed = [
        Limit(pk=pk, practice=practice, quantity="weight", valid_from=date(2026, 1, 1) + timedelta(pk), **given)
        for pk, given in enumerate(chosen)
        if not (given["mark_from"] and given["urgent_from"]) or given["mark_from"] <= given["urgent_from"]
    ]
    with connection.cursor() as cursor:
        # A table without today's constraints, as rows of before were kept in one.
        cursor.execute("CREATE TEMPORARY TABLE checks_limit ON COMMIT DROP AS TABLE checks_limit WITH NO DATA")
        Limit.objects.bulk_create(typed)
        for statement in import_module("checks.migrations.0012_bring_marks_within_the_refusal").WITHIN:
            cursor.execute(statement)

    brought = list(Limit.objects.order_by("pk"))

    assert [marks_of(row) for row in brought] == [marks_of(row) for row in typed]
    for constraint in Limit._meta.constraints[1:]:
        for row in brought:
            constraint.validate(Limit, row)


INSIDE, OUTSIDE = (Values(128, 82), Mark.NONE), (Values(144, 92), Mark.OUTSIDE)


@pytest.mark.parametrize(
    ("readings", "asked"),
    [
        ({}, 1),
        ({1: INSIDE}, 1),
        ({1: OUTSIDE}, 2),
        ({1: OUTSIDE, 2: (Values(134, 82), Mark.NONE)}, 2),
        ({1: OUTSIDE, 2: (Values(133, 88), Mark.NONE)}, 3),
        ({1: OUTSIDE, 2: (Values(140, 103), Mark.OUTSIDE)}, 3),
        ({1: INSIDE, 2: (Values(134, 82), Mark.NONE)}, 2),
    ],
)
def test_a_second_reading_is_asked_after_a_mark_and_a_third_where_they_differ(readings, asked):
    assert readings_asked(BP, readings, limits=LIMITS) == asked


def test_no_words_of_the_limits_advise_or_name_an_illness():
    said = [judge(BP, Values(300, 20), limits=LIMITS).refusal, *(str(mark.label) for mark in Mark)]

    assert "outside the limits this practice set" in said
    assert not any(word in line.lower() for line in said for word in ("hypertension", "doctor", "should", "risk"))


def test_a_practice_begins_with_limits_and_keeps_the_ones_it_has(practice):
    before = sorted(Limit.objects.values_list("pk", "quantity"))

    practice_founded.send(sender=type(practice), practice=practice)

    assert sorted(Limit.objects.values_list("pk", "quantity")) == before
    assert {quantity for _pk, quantity in before} == set(Quantity.values)
