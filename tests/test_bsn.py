import pytest
from hypothesis import given
from hypothesis import strategies as st

from participants.bsn import is_column_of_bsns, is_name_of_bsn_column, mentions_bsn, passes_eleven_test
from participants.names import fold


@pytest.mark.parametrize("number", ["123456782", "111222333", "010464554"])
def test_a_bsn_passes(number):
    assert passes_eleven_test(number)


@pytest.mark.parametrize("number", ["123456789", "000000000", "12345678", "1234567820", "12345678x", "", "²²²²²²²²²"])
def test_other_values_do_not(number):
    assert not passes_eleven_test(number)


@given(st.integers(10_000_000, 999_999_999).map(lambda number: f"{number:09}"), st.integers(0, 8), st.integers(1, 9))
def test_a_bsn_with_one_wrong_digit_never_passes(number, place, wrong):
    other = number[:place] + str((int(number[place]) + wrong) % 10) + number[place + 1 :]

    assert not (passes_eleven_test(number) and passes_eleven_test(other))


@pytest.mark.parametrize("text", ["123456782", "1234.56.782", "DK-123456782", "Sanne (123 456 782)", " 12-34-56-78-2 "])
def test_a_text_with_a_bsn_is_seen(text):
    assert mentions_bsn(text)


@pytest.mark.parametrize("text", ["DK-1041", "Sanne de Vries", "1234567820", "1123456782", "123456789", "12345678", ""])
def test_a_text_without_one_is_not(text):
    assert not mentions_bsn(text)


@given(st.text(max_size=40))
def test_any_text_can_be_looked_at(text):
    assert mentions_bsn(text) in {True, False}


@pytest.mark.parametrize(
    "header",
    ["BSN", "bsn-nummer", "BSN_moeder", "Burgerservicenummer", "Burger service nr", "Sofinummer", "Client BSN"],
)
def test_a_column_that_is_called_so_is_seen(header):
    assert is_name_of_bsn_column(fold(header))


@pytest.mark.parametrize("header", ["Cliëntnummer", "Absent", "Telefoon", "Service", ""])
def test_a_column_with_another_name_is_not(header):
    assert not is_name_of_bsn_column(fold(header))


def test_a_column_of_bsns_is_seen_by_its_values():
    assert is_column_of_bsns(["123456782", "111222333", "10464554", "", "111222333"])


@pytest.mark.parametrize(
    "values",
    [
        ["123456782", "111222333"],
        ["123456782", "123456789", "123456788", "123456787", "123456786"],
        ["DK-1041", "DK-1042", "DK-1043"],
        ["", ""],
        [],
    ],
)
def test_a_column_with_few_or_other_values_is_not(values):
    assert not is_column_of_bsns(values)
