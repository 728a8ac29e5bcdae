import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from participants.models import Participant
from participants.names import fold, sort_key
from participants.phone import normalised, readable
from tests.factories import make_participant


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Zoë", "zoe"),
        ("ÉLISE  van\tden Berg", "elise van den berg"),
        ("Şeyma", "seyma"),
        ("Ġużè", "guze"),
        ("ልዑል", "ልዑል"),
        ("Straße", "strasse"),
    ],
)
def test_a_name_is_folded(name, folded):
    assert fold(name) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("given_name", "family_name", "key"),
    [
        ("Anna", "van der Berg", "berg anna"),
        ("Élise", "de Wit", "wit elise"),
        ("Bo", "in 't Veld", "veld bo"),
        ("Mei", "Van", "van mei"),
        ("Senait", "", "senait"),
    ],
)
def test_a_list_is_sorted_as_in_dutch(given_name, family_name, key):
    assert sort_key(given_name, family_name) == key


def test_people_are_found_by_parts_of_their_names_and_by_client_number(practice):
    zoe = make_participant(practice, "Zoë", "van den Berg", client_number="DK-1041")
    make_participant(practice, "Anna", "Jansen", client_number="DK-2000")

    for words in ("zoe", "ZOË berg", "den ber", "dk-104", "berg dk-1041"):
        assert list(Participant.objects.named_like(words)) == [zoe]
    assert not Participant.objects.named_like("zoe jansen").exists()
    assert Participant.objects.named_like("  ").count() == 2


@pytest.mark.parametrize(
    "text",
    ["0612345678", "06 12 34 56 78", "06-12345678", "+31 6 12345678", "+31 (0)6 12345678", "0031612345678",
     "31612345678", "612345678", "(06) 12.34.56.78", "+310612345678"],
)  # fmt: skip
def test_a_mobile_number_is_kept_in_one_form(text):
    assert normalised(text) == "+31612345678"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("030-2345678", "+31302345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("00251911234567", "+251911234567"),
        ("-", ""),
        ("", ""),
    ],
)
def test_fixed_and_foreign_numbers_are_kept_too(text, number):
    assert normalised(text) == number


@pytest.mark.parametrize(
    "text", ["12345", "06123456789", "061234567", "0900-1234567", "zes", "06 1234567x", "+0612345678", "٠٦١٢٣٤٥٦٧٨"]
)
def test_nonsense_is_refused(text):
    with pytest.raises(ValidationError):
        normalised(text) or pytest.fail("taken for an empty number")


@given(st.text(max_size=30))
def test_whatever_is_typed_becomes_a_number_or_is_refused(text):
    try:
        number = normalised(text)
    except ValidationError:
        return
    assert normalised(number) == number
    assert number == "" or (number[0] == "+" and number[1:].isdecimal() and len(number) <= 16)


@pytest.mark.parametrize(
    ("number", "said"),
    [("+31612345678", "06 12345678"), ("+31302345678", "030 2345678"), ("+32470123456", "+32470123456")],
)
def test_a_number_is_shown_as_it_is_said(number, said):
    assert readable(number) == said
