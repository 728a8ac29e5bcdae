"""Round numbers and values just under a limit: the counting without a database, the page with one."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from checks.habit_page import Sheet, Under, draw_bars
from checks.habits import LEAST, by_quantity, habit_of, likely, share
from checks.kinds import Quantity
from checks.models import Limit, Measurement
from practices.models import Role
from tests.cast import client_of
from tests.factories import make_membership
from tests.values import BP, measuring_evening

DAY = date(2026, 9, 1)
SYSTOLIC, WEIGHT, BABY_WEIGHT = Quantity.SYSTOLIC, Quantity.WEIGHT, Quantity.BABY_WEIGHT
# A plain bell around 118, with every last digit in it about as often.
BELL = [118 + step for step in (-21, -17, -14, -12, -10, -9, -7, -6, -5, -4, -3, -2, -1, 0, 0, 1, 2, 3, 4, 5, 6)] + [
    118 + step for step in (7, 8, 9, 10, 11, 12, 14, 16, 18, 21, 23)
]


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def habit(numbers, quantity=SYSTOLIC, *limits):
    return habit_of(quantity, [(DAY, number) for number in numbers], limits)


def limit(mark_from, valid_from=date(2000, 1, 1)):
    return Limit(quantity=SYSTOLIC, valid_from=valid_from, mark_from=mark_from)


@pytest.mark.parametrize(("of", "chance", "low", "high"), [(30, 0.1, 0, 7), (100, 0.1, 5, 16), (100, 0.5, 40, 60)])
def test_chance_gives_what_the_binomial_says(of, chance, low, high):
    assert likely(of, chance) == (low, high)


@pytest.mark.parametrize(
    ("count", "verdict"), [(4, (False, True)), (5, (False, False)), (16, (False, False)), (17, (True, False))]
)
def test_only_outside_of_what_chance_gives_it_is_more_or_less(count, verdict):
    found = share(count, 100, 0.1)

    assert (found.is_more, found.is_less) == verdict


@pytest.mark.parametrize(
    ("quantity", "number", "digit"),
    [
        (SYSTOLIC, 128, 8),
        (WEIGHT, 72_400, 4),
        (WEIGHT, 72_000, 0),
        (BABY_WEIGHT, 4_250, 5),
        (Quantity.BABY_HEAD, 380, 0),
    ],
)
def test_the_digit_that_counts_is_the_last_one_that_is_read_off(quantity, number, digit):
    found = habit([number] * LEAST, quantity)

    assert [each.count for each in found.digits].index(LEAST) == digit


def test_with_too_few_values_it_says_so_and_nothing_else():
    found = habit([120] * (LEAST - 1))

    assert (found.is_enough, found.digits, found.under) == (False, [], [])
    assert Sheet(found).too_few == "29 values so far. From 30 on there is something to say about them."


def test_rounding_to_ten_is_more_than_chance_gives_and_a_plain_bell_is_not():
    assert habit([round(number, -1) for number in BELL]).round.is_more
    assert not habit(BELL).round.is_more


def test_values_piled_up_under_a_limit_are_more_than_their_bell_and_others_are_not():
    shy = [138 + index % 2 if 140 <= number < 146 or index < 6 else number for index, number in enumerate(BELL)]

    (piled,), (plain,) = habit(shy, SYSTOLIC, limit(140)).under, habit(BELL, SYSTOLIC, limit(140)).under

    assert (piled.lowest, piled.limit, piled.share.is_more) == (138, 140, True)
    assert (plain.share.is_more, plain.around[138], len(plain.around)) == (False, 1, 10)


def test_a_value_is_held_against_the_limit_of_its_day():
    later = DAY + timedelta(days=1)
    values = [(DAY, number) for number in BELL] + [(later, number) for number in BELL[:5]]

    found = habit_of(SYSTOLIC, values, [limit(130, later), limit(140)]).under

    # Five values are too few to say anything about the other limit.
    assert [(each.limit, each.share.of) for each in found] == [(140, len(BELL))]


@pytest.mark.parametrize("numbers", [[120] * LEAST, []])
def test_where_nothing_spreads_there_is_no_bell(numbers):
    assert habit(numbers, SYSTOLIC, limit(140)).under == []


def test_the_sheets_say_their_counts_in_words():
    (sheet,) = [Sheet(each) for each in by_quantity({SYSTOLIC: [(DAY, 120)] * 30, Quantity.PULSE: []}, [])]
    under = Under(SYSTOLIC, habit(BELL, SYSTOLIC, limit(140)).under[0])

    assert sheet.sentence == "30 of 30 values (100%) have 0 as the last digit."
    assert under.title == "Just under 140 mmHg"
    assert under.sentence == "1 of 32 values (3%) lie from 138 up to 140."
    assert under.drawing.bars[4].is_meant


def test_every_bar_lies_inside_its_drawing_and_the_words_hold_every_count():
    drawing = draw_bars([(str(digit), digit * digit) for digit in range(10)], meant=0, chance=share(0, 285, 0.1))

    assert all(0 <= float(bar.y) <= float(bar.y) + float(bar.height) <= drawing.height for bar in drawing.bars)
    assert 0 <= float(drawing.band_top) < float(drawing.line) < drawing.height
    assert drawing.summary.endswith("8: 64, 9: 81")


@pytest.fixture
def evening(facilitator, co_facilitator):
    return measuring_evening(facilitator, co_facilitator, people=1)


def address(evening):
    return f"/{evening.practice.slug}/groups/{evening.group.pk}/habits/"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_counts_first_readings_in_as_many_queries_for_three_as_for_one(
    evening, as_facilitator, django_assert_num_queries, rows
):
    for days in range(rows):
        session = evening.session if not days else None
        session = (
            session
            or measuring_evening(
                evening.first,
                group=evening.group,
                here=0,
                starts_at=evening.now - timedelta(days=days),
                number=20 + days,
            ).session
        )
        for reading in (1, 2):
            Measurement.objects.create(
                practice=evening.practice, session=session, enrolment=evening.places[0], kind=BP, reading=reading,
                value=142, second_value=94, entered_at=evening.now,
            )  # fmt: skip

    with django_assert_num_queries(16):
        page = as_facilitator.get(address(evening))

    assert [sheet.habit.count for sheet in page.context["sheets"]] == [rows, rows]


def test_the_page_is_for_who_leads_the_group_first(evening, as_co_facilitator, as_coordinator, as_stranger):
    other = client_of(make_membership(evening.practice, Role.FACILITATOR))

    found = [client.get(address(evening)).status_code for client in (as_co_facilitator, as_coordinator, other)]

    assert found == [403, 403, 403]
    assert as_stranger.get(address(evening)).status_code == 404
