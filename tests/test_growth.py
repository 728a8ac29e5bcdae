"""A baby beside WHO's tables, without a database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import translation

from checks.course import courses_of, signed
from checks.defaults import DEFAULTS
from checks.forms import LimitForm
from checks.growth import is_early, lines_of, value_at, z_score
from checks.kinds import CheckKind, Quantity
from checks.limits import in_words, judge
from checks.models import Limit, Mark, Measurement
from checks.reading import Values
from checks.trend import BOTTOM, TOP, Point, draw
from participants.models import Child
from sessions.models import GroupSession
from tests.factories import at

BORN = date(2026, 6, 1)
WEIGHT, LENGTH, HEAD = Quantity.BABY_WEIGHT, Quantity.BABY_LENGTH, Quantity.BABY_HEAD
LIMITS = {quantity: Limit(quantity=quantity, **numbers) for quantity, numbers in DEFAULTS.items()}


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def baby(sex="m", **fields):
    return Child(sex=sex, born_on=BORN, **fields)


@pytest.mark.parametrize(
    ("quantity", "sex", "age", "low", "median", "high"),
    [
        # As WHO publishes them, rounded: kilograms and centimetres at -2, 0 and +2.
        (WEIGHT, "m", 0, 2.5, 3.3, 4.4),
        (WEIGHT, "f", 365, 7.0, 8.9, 11.5),
        (LENGTH, "m", 183, 63.3, 67.6, 71.9),
        (HEAD, "f", 91, 37.1, 39.5, 42.0),
    ],
)
def test_the_lines_are_those_that_who_publishes(quantity, sex, age, low, median, high):
    base = 1000 if quantity == WEIGHT else 10

    found = [value_at(quantity, z, child=baby(sex), age=age) / base for z in (-2, 0, 2)]

    assert found == pytest.approx([low, median, high], abs=0.07)


@pytest.mark.parametrize("quantity", [WEIGHT, LENGTH, HEAD])
@pytest.mark.parametrize("age", [0, 1, 118, 655, 1856])
def test_a_value_on_a_line_has_the_score_of_that_line(quantity, age):
    for z in (-2, 0, 2):
        value = round(value_at(quantity, z, child=baby("f"), age=age))

        score = z_score(quantity, value, child=baby("f"), day=BORN + timedelta(days=age))

        assert float(score) == pytest.approx(z, abs=0.06)


@pytest.mark.parametrize(
    ("child", "day"),
    [(baby(None), BORN), (baby(), BORN - timedelta(days=1)), (baby(), BORN + timedelta(days=1857))],
)
def test_without_a_table_there_is_neither_a_score_nor_a_line(child, day):
    assert z_score(WEIGHT, 4000, child=child, day=day) is None
    assert lines_of(WEIGHT, child, last=day) is None
    assert z_score(Quantity.WEIGHT, 72_400, child=baby(), day=BORN) is None


def test_a_baby_below_a_kilogram_has_a_score_too():
    assert z_score(WEIGHT, 950, child=baby(), day=BORN) == Decimal("-5.98")


@pytest.mark.parametrize(
    ("kind", "number", "asked"),
    [
        (CheckKind.BABY_WEIGHT, 6_500, False),
        (CheckKind.BABY_WEIGHT, 13_000, True),
        (CheckKind.BABY_WEIGHT, 1_700, True),
        (CheckKind.BABY_LENGTH, 620, False),
        (CheckKind.BABY_LENGTH, 780, True),
        (CheckKind.BABY_HEAD, 405, False),
        (CheckKind.BABY_HEAD, 480, True),
    ],
)
def test_what_lies_far_from_the_table_is_asked_about_and_never_marked(kind, number, asked):
    score = z_score(kind, number, child=baby(), day=BORN + timedelta(days=91))

    verdict = judge(kind, Values(number), limits=LIMITS, z=score)

    assert (verdict.refusal, verdict.mark) == ("", Mark.NONE)
    assert verdict.question.endswith("lies far from what WHO's table has at this age. Is that right?") == asked
    assert judge(kind, Values(number), limits=LIMITS).question == ""


def test_the_limits_say_which_scores_they_ask_about():
    assert in_words(LIMITS[WEIGHT])[-2:] == [
        "Below −6 standard deviations in WHO's table: asked again before it is taken.",
        "Above +5 standard deviations in WHO's table: asked again before it is taken.",
    ]


@pytest.mark.parametrize("ages", [(0,), (50,), (50, 91, 122, 400)])
def test_growth_is_drawn_from_birth_with_all_of_the_lines_inside(ages):
    points = [Point(BORN + timedelta(days=age), 3_300 + 18 * age) for age in ages]

    trend = draw(WEIGHT, points, [], growth=lines_of(WEIGHT, baby(), last=points[-1].day))

    places = [tuple(map(float, corner.split(","))) for curve in trend.growth.curves for corner in curve.points.split()]
    assert all(TOP <= y <= trend.height - BOTTOM for _x, y in places)
    assert [curve.end.label for curve in trend.growth.curves] == ["−2", "−1", "0", "+1", "+2"]
    # The highest score is the highest line, at its end and everywhere.
    ends = [float(curve.end.at) for curve in trend.growth.curves]
    assert ends == sorted(ends, reverse=True)
    assert len(trend.growth.fields) == 2


def test_a_head_far_above_the_lines_has_no_mark():
    limits = [Limit(quantity=HEAD, valid_from=BORN, **DEFAULTS[HEAD])]

    trend = draw(HEAD, [Point(BORN + timedelta(days=91), 470)], limits, growth=lines_of(HEAD, baby(), last=BORN))

    assert [dot.mark for dot in trend.dots] == [Mark.NONE]
    assert trend.bands == []


def value(child, number, age, *, kind="baby_weight"):
    session = GroupSession(starts_at=at(BORN + timedelta(days=age), 10))
    return Measurement(kind=kind, value=number, child=child, session=session)


@pytest.mark.parametrize(("sex", "has_lines", "z"), [("m", True, "−0.1"), (None, False, "")])
def test_a_course_tells_the_score_and_the_age_and_why_there_is_none(sex, has_lines, z):
    child = baby(sex, gestational_days_at_birth=258)

    (course,) = courses_of([value(child, 6_300, 91)], [])

    assert (course.has_lines, course.lacks_sex, course.born_at) == (has_lines, not has_lines, "36+6")
    assert [(reading.z, reading.age) for reading in course.readings] == [(z, "13 weeks")]


def test_a_score_is_written_with_its_sign_as_the_language_has_it():
    with translation.override("nl"):
        assert [signed(Decimal(z)) for z in ("1.25", "-0.51", "0.04", "-0.04")] == ["+1,2", "−0,5", "0,0", "0,0"]


def test_only_a_birth_before_37_weeks_is_early():
    assert [is_early(baby(gestational_days_at_birth=days)) for days in (None, 258, 259)] == [False, True, False]


def posted(**numbers):
    data = QueryDict(mutable=True)
    data.update({f"baby_head-{name}": value for name, value in {"quantity": HEAD, **numbers}.items()})
    return LimitForm(data, quantity=HEAD, today=BORN)


def test_a_practice_sets_its_own_scores_from_a_day_on(facilitator):
    form = posted(valid_from="2026-06-02", ask_z_below="-4", ask_z_above="", ask_drop="0.7")

    assert form.is_valid()
    row = form.save(owner=facilitator)
    assert (row.ask_z_below, row.ask_z_above, row.ask_drop, row.owner) == (-4, None, 7, facilitator)


@pytest.mark.parametrize(("below", "above"), [("5", "5"), ("x", "5"), ("-21", "5"), ("-1,5", "5")])
def test_scores_in_the_wrong_order_or_no_whole_numbers_are_refused(below, above):
    assert not posted(valid_from="2026-06-02", ask_z_below=below, ask_z_above=above).is_valid()
