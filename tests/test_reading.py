"""What is typed becomes a number in base units, and comes back as it is written here."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from checks.kinds import CheckKind, Quantity
from checks.reading import Unreadable, Values, read, texts, with_unit, written

BP, WEIGHT = CheckKind.BLOOD_PRESSURE, CheckKind.WEIGHT
BABY_WEIGHT, LENGTH, HEAD = CheckKind.BABY_WEIGHT, CheckKind.BABY_LENGTH, CheckKind.BABY_HEAD


@pytest.mark.parametrize("typed", ["128/82", "128 82", " 128 / 82 ", "128-82", "128\\82", "128/82 mmHg", "١٢٨/٨٢"])
def test_a_blood_pressure_is_understood_however_it_is_written(typed):
    assert read(BP, typed) == Values(128, 82)


@pytest.mark.parametrize("fields", [("128", "82"), (" 128", "82 "), ("128/82", ""), ("", "128/82"), ("128/", "82")])
def test_two_fields_are_one_blood_pressure(fields):
    assert read(BP, *fields) == Values(128, 82)


@pytest.mark.parametrize(
    ("kind", "typed", "base"),
    [
        (WEIGHT, "72,4", 72_400),
        (WEIGHT, "72.4", 72_400),
        (WEIGHT, "72", 72_000),
        (WEIGHT, "72,45 kg", 72_450),
        (WEIGHT, "72400", 72_400),
        (WEIGHT, "72.400", 72_400),
        (WEIGHT, "72400 g", 72_400),
        (WEIGHT, "72.400 gram", 72_400),
        (WEIGHT, "720", 720_000),
        (BABY_WEIGHT, "4250", 4_250),
        (BABY_WEIGHT, "4,25", 4_250),
        (BABY_WEIGHT, "4.250", 4_250),
        (BABY_WEIGHT, "4.250 g", 4_250),
        (BABY_WEIGHT, "24,9", 24_900),
        (BABY_WEIGHT, "25", 25),
        (BABY_WEIGHT, "4250 G.", 4_250),
        (LENGTH, "62,5", 625),
        (LENGTH, "62", 620),
        (LENGTH, "625", 625),
        (LENGTH, "625 mm", 625),
        (LENGTH, "62.5cm", 625),
        (LENGTH, "150", 1_500),
        (HEAD, "38,5", 385),
        (HEAD, "385", 385),
    ],
)
def test_a_number_is_taken_in_the_unit_that_it_can_only_mean(kind, typed, base):
    assert read(kind, typed) == Values(base)


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        (BP, ["80/120"], "The upper number, 80, must be above the lower, 120. Were they swapped?"),
        (BP, ["90/90"], "The upper number, 90, must be above the lower, 90. Were they swapped?"),
        (BP, ["128", ""], "Type both numbers, for instance 128/82."),
        (BP, ["hoog"], "This is not a blood pressure. Type two numbers, for instance 128/82."),
        (BP, ["128/82/76"], "This is not a blood pressure. Type two numbers, for instance 128/82."),
        (BP, ["128/0"], "This is not a blood pressure. Type two numbers, for instance 128/82."),
        (WEIGHT, ["zwaar"], "This is not a weight. Type kilograms, for instance 72.4."),
        (WEIGHT, ["-72"], "This is not a weight. Type kilograms, for instance 72.4."),
        (WEIGHT, ["72,4 cm"], "This is not a weight. Type kilograms, for instance 72.4."),
        (WEIGHT, ["0"], "This is not a weight. Type kilograms, for instance 72.4."),
        (WEIGHT, ["99999999999"], "This is not a weight. Type kilograms, for instance 72.4."),
        (WEIGHT, ["72,4\x00"], "This is not a weight. Type kilograms, for instance 72.4."),
        (BABY_WEIGHT, ["4250,5"], "Finer than 1 g is not kept. For instance 4250."),
        (LENGTH, ["62,55"], "Finer than 1 mm is not kept. For instance 62.5."),
        (LENGTH, ["62 kg"], "This is not a length. Type centimetres, for instance 62.5."),
        (HEAD, ["½"], "This is not a circumference. Type centimetres, for instance 38.5."),
        (HEAD, [], "This is not a circumference. Type centimetres, for instance 38.5."),
    ],
)
def test_what_cannot_be_read_is_told_in_words(kind, typed, words):
    with translation.override("en"), pytest.raises(Unreadable) as refused:
        read(kind, *typed)

    assert refused.value.words == words


def test_numbers_are_written_as_the_language_writes_them():
    with translation.override("nl"):
        assert texts(WEIGHT, Values(72_400)) == ("72,4",)
        assert with_unit(Quantity.WEIGHT, 3_000) == "3,0 kg"
        assert written(LENGTH, Values(625)) == "62,5"
    with translation.override("en"):
        assert texts(BP, Values(128, 82)) == ("128", "82")
        assert written(BP, Values(128, 82)) == "128/82"
        assert written(WEIGHT, Values(72_450)) == "72.45"
        assert written(BABY_WEIGHT, Values(12_500)) == "12500"


PRESSURES = st.tuples(st.integers(1, 9998), st.integers(1, 9998)).filter(lambda pair: pair[0] > pair[1])


@given(PRESSURES, st.sampled_from(["nl", "en"]))
def test_a_blood_pressure_survives_being_written_and_read(pair, language):
    with translation.override(language):
        values = Values(*pair)

        assert read(BP, written(BP, values)) == values
        assert read(BP, *texts(BP, values)) == values


@given(
    st.sampled_from([(WEIGHT, 1, 999_999), (BABY_WEIGHT, 25, 999_999), (LENGTH, 1, 1_999), (HEAD, 1, 999)]).flatmap(
        lambda bounds: st.tuples(st.just(bounds[0]), st.integers(bounds[1], bounds[2]))
    ),
    st.sampled_from(["nl", "en"]),
)
def test_an_amount_survives_being_written_and_read(amount, language):
    kind, base = amount
    with translation.override(language):
        assert read(kind, written(kind, Values(base))) == Values(base)
        assert read(kind, with_unit(kind, base)) == Values(base)


@given(st.sampled_from(CheckKind), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_is_typed_is_read_or_told_in_words(kind, typed):
    try:
        outcome = read(kind, *typed)
    except Unreadable as unreadable:
        outcome = unreadable

    if isinstance(outcome, Unreadable):
        assert outcome.words
    else:
        assert outcome.first > 0
        assert (outcome.second is not None) == (kind == BP)
