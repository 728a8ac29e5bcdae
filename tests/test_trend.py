"""The course of a value as a drawing, without a database."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.utils import translation

from checks.kinds import Quantity
from checks.models import Limit, Mark
from checks.trend import HEIGHT, WIDTH, Point, draw

DAY = date(2026, 9, 1)


def limit(valid_from=date(2000, 1, 1), **numbers):
    return Limit(quantity=Quantity.SYSTOLIC, valid_from=valid_from, **numbers)


def points(*numbers, every=14):
    return [Point(DAY + timedelta(days=index * every), number) for index, number in enumerate(numbers)]


@pytest.mark.parametrize("numbers", [(120,), (120, 120), (60, 260), (118, 124, 146, 165), tuple(range(100, 200, 7))])
def test_every_dot_lies_inside_the_drawing_and_higher_values_higher(numbers):
    trend = draw(Quantity.SYSTOLIC, points(*numbers), [limit(mark_from=140, urgent_from=160)])

    places = [(float(dot.x), float(dot.y)) for dot in trend.dots]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in places)
    by_number = sorted(zip(numbers, (y for _x, y in places), strict=True))
    assert [y for _number, y in by_number] == sorted((y for _number, y in by_number), reverse=True)
    assert 2 <= len(trend.ticks) <= 8


def test_each_reading_of_a_day_is_drawn_and_the_line_goes_through_the_last():
    first, second = Point(DAY, 165, is_last=False), Point(DAY, 128)

    trend = draw(Quantity.SYSTOLIC, [first, second, Point(DAY + timedelta(days=14), 124)], [limit(mark_from=140)])

    assert [dot.mark for dot in trend.dots] == ["outside", "none", "none"]
    assert trend.line == " ".join(f"{dot.x},{dot.y}" for dot in trend.dots[1:])
    assert (trend.dots[0].x, trend.has_others) == (trend.dots[1].x, True)


def test_the_days_below_never_touch():
    trend = draw(Quantity.SYSTOLIC, points(*[120] * 30, every=3), [])

    places = [float(day.at) for day in trend.days]
    assert all(later - earlier >= 60 for earlier, later in pairwise(places))


def test_a_value_is_marked_by_the_row_of_its_day_and_has_another_shape():
    limits = [limit(mark_from=140, urgent_from=160), limit(DAY + timedelta(days=10), mark_from=120)]

    trend = draw(Quantity.SYSTOLIC, points(130, 130, 119), limits)

    assert [dot.mark for dot in trend.dots] == [Mark.NONE, Mark.OUTSIDE, Mark.NONE]
    assert len(trend.dots[1].diamond.split()) == 4


def test_bands_change_on_the_day_that_the_limits_do():
    limits = [limit(mark_from=140, urgent_from=160), limit(DAY + timedelta(days=14), mark_from=130)]

    bands = draw(Quantity.SYSTOLIC, points(118, 124, 146, 165), limits).bands

    assert [band.mark for band in bands] == [Mark.OUTSIDE, Mark.URGENT, Mark.OUTSIDE]
    assert float(bands[0].x) + float(bands[0].width) == pytest.approx(float(bands[2].x), abs=0.2)


def test_limits_outside_the_time_or_the_height_of_the_drawing_draw_no_band():
    limits = [limit(mark_from=240), limit(DAY + timedelta(days=400), mark_from=100)]

    assert draw(Quantity.SYSTOLIC, points(118, 124), limits).bands == []


def test_a_lower_mark_is_a_band_at_the_bottom():
    (band,) = draw(Quantity.SYSTOLIC, points(118, 124), [limit(mark_below=110)]).bands

    assert float(band.y) + float(band.height) == HEIGHT - 34


def test_places_are_written_with_a_point_and_labels_as_the_language_writes_them():
    with translation.override("nl"):
        trend = draw(Quantity.WEIGHT, [Point(DAY, 72_400), Point(DAY + timedelta(days=14), 73_150)], [])

    assert trend.summary == "1 sep: 72,4, 15 sep: 73,15"
    assert "," not in trend.dots[0].x + trend.dots[0].y + trend.ticks[0].at
