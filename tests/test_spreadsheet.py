import io
import zipfile
from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from participants import spreadsheet
from participants.columns import Columns, field_of
from participants.dates import parse_day
from participants.names import split_name
from participants.spreadsheet import UnreadableSheet, read_rows
from tests.sheets import as_csv, as_xlsx

HEADINGS = ["Cliëntnummer", "Naam", "E-mail", "Telefoon", "Uitgerekende datum", "Taal", "Postcode"]
SANNE = ["DK-1041", "Sanne de Vries", "sanne@example.org", "06 12345678", "12-5-2027", "Nederlands", "3511 AB"]


def with_part(data, name, content):
    """The same XLSX with one part of it replaced."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return changed.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_csv_is_read_whatever_wrote_it(delimiter, encoding):
    rows = [HEADINGS, [*SANNE[:1], "Zoë van den Berg, Élise", *SANNE[2:]]]

    assert read_rows(as_csv(*rows, delimiter=delimiter, encoding=encoding)) == [(1, rows[0]), (2, rows[1])]


def test_a_line_that_names_the_separator_is_no_row():
    assert read_rows(b"sep=,\r\na,b\r\n1,2\r\n") == [(2, ["a", "b"]), (3, ["1", "2"])]


def test_an_xlsx_is_read_with_its_dates_and_numbers():
    data = as_xlsx(
        ["Nr", "Due", "At"], [1041, date(2027, 5, 12), datetime.fromisoformat("2027-05-12T09:30")], [1042.0, None, True]
    )

    assert read_rows(data) == [
        (1, ["Nr", "Due", "At"]),
        (2, ["1041", "12-5-2027", "12-5-2027"]),
        (3, ["1042", "", "True"]),
    ]


def test_rows_keep_the_numbers_that_the_spreadsheet_shows():
    assert [number for number, _cells in read_rows(as_xlsx(["a"], [None], ["b"]))] == [1, 3]
    assert [number for number, _cells in read_rows(b"a;b\n;\n\n1;2\n")] == [1, 4]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", spreadsheet.NOTHING_IN_IT),
        (b" \n;;\n", spreadsheet.NOTHING_IN_IT),
        (b"\x89PNG\r\n\x1a\n\x00\x00", spreadsheet.NOT_A_SPREADSHEET),
        (b"%PDF-1.7\n\xe2\xe3\x81\x01", spreadsheet.NOT_A_SPREADSHEET),
        (b"PK\x03\x04 no archive", spreadsheet.NOT_A_SPREADSHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", spreadsheet.OLD_FORMAT),
        (b'a;"' + b"b" * 200_000, spreadsheet.NOT_A_SPREADSHEET),
        (b"a;b\n" * 1_400_000, spreadsheet.TOO_LARGE),
        (b"a;b\n" * 5_002, spreadsheet.TOO_MANY_ROWS),
        (b"\n" * 20_001 + b"a", spreadsheet.TOO_MANY_ROWS),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(data, words):
    with pytest.raises(UnreadableSheet) as refused:
        read_rows(data)

    assert refused.value.words == words


def test_five_thousand_rows_and_their_headings_are_taken():
    assert len(read_rows(b"a;b\n" * 5_001)) == 5_001


def sheet_xml(rows):
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{name}"><sheetData>{rows}</sheetData></worksheet>'.encode()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (sheet_xml("<row/>" * 4_500_000), spreadsheet.TOO_LARGE),
        (sheet_xml("<row><c/></row>" * 500_000), spreadsheet.TOO_LARGE),
        (sheet_xml('<row r="999999999999"><c><v>1</v></c></row>'), spreadsheet.TOO_MANY_ROWS),
        (b"<worksheet", spreadsheet.NOT_A_SPREADSHEET),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', spreadsheet.NOTHING_IN_IT),
    ],
)
def test_an_xlsx_that_is_a_trap_is_refused(part, words):
    data = with_part(as_xlsx(["a"]), "xl/worksheets/sheet1.xml", part)

    with pytest.raises(UnreadableSheet) as refused:
        read_rows(data)

    assert refused.value.words == words


def test_a_cell_far_to_the_right_is_left_where_it_is():
    cells = '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>'

    rows = read_rows(with_part(as_xlsx(["a"]), "xl/worksheets/sheet1.xml", sheet_xml(cells)))

    assert rows == [(1, ["1"])]


# Reading a workbook takes as long as the machine is busy.
patiently = settings(deadline=None, max_examples=60)


def rows_or_a_sentence(data):
    try:
        rows = read_rows(data)
    except UnreadableSheet as refused:
        return str(refused.words)
    for number, cells in rows:
        assert number >= 1
        for cell in cells:
            cell.encode()
            assert "\x00" not in cell
    return rows


@given(st.binary(max_size=2_000))
def test_any_bytes_are_rows_or_a_sentence(data):
    assert rows_or_a_sentence(data)


@given(st.text(max_size=1_000), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_text_is_rows_or_a_sentence(text, encoding):
    assert rows_or_a_sentence(text.encode(encoding, "replace"))


@patiently
@given(st.integers(0, 7_000), st.binary(min_size=1, max_size=60))
def test_a_damaged_xlsx_is_rows_or_a_sentence(place, noise):
    data = bytearray(as_xlsx(HEADINGS, SANNE))
    data[4 + place : 4 + place + len(noise)] = noise

    assert rows_or_a_sentence(bytes(data))


@patiently
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: sheet_xml(f"<row><c>{text}</c></row>")))
def test_an_xlsx_with_any_sheet_is_rows_or_a_sentence(part):
    assert rows_or_a_sentence(with_part(as_xlsx(["a"]), "xl/worksheets/sheet1.xml", part))


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Cliëntnummer", "client_number"),
        ("client nr.", "client_number"),
        ("Cliëntnummer verloskunde", "client_number"),
        ("NAAM", "name"),
        ("Voornaam", "given_name"),
        ("Tussenvoegsel", "infix"),
        ("Achternaam", "family_name"),
        ("Last name", "family_name"),
        ("E-mail", "email"),
        ("E-mailadres cliënt", "email"),
        ("Telefoonnummer", "phone"),
        ("Mobiel", "mobile"),
        ("mobile phone", "mobile"),
        ("Uitgerekende datum", "due_on"),
        ("À terme datum", "due_on"),
        ("Due date", "due_on"),
        ("EDD", "due_on"),
        ("Geboortedatum kind", "born_on"),
        ("Kind geboren op", "born_on"),
        ("Baby's date of birth", "born_on"),
        ("Voorkeurstaal", "language"),
        ("Postcode", "postcode"),
        ("Naam partner", "partner_name"),
        ("Telefoon partner", None),
        ("E-mail huisarts", None),
        ("Geboortedatum", None),
        ("Opmerkingen", None),
        ("", None),
    ],
)
def test_a_heading_is_understood_or_left_alone(heading, field):
    assert field_of(heading) == field


def test_a_row_is_taken_apart_by_its_headings():
    columns = Columns.of(["Mobiel", "Tel.", "Client", "Voornaam", "Tussenvoegsel", "Achternaam", "Taal", "Kleur", "AT"])

    registration = columns.registration(["", "030-123", "7", "Senait", "van", "Berg", "Tigrinya", "rood"])

    assert registration == {
        "client_number": "7",
        "given_name": "Senait",
        "family_name": "van Berg",
        "email": "",
        "phone": "030-123",
        "due_on": "",
        "born_on": "",
        "language": "ti",
        "postcode": "",
        "partner_name": "",
    }
    assert columns.unused == ["Kleur"]
    assert columns.missing == []


def test_name_beside_a_first_name_is_the_last_name():
    registration = Columns.of(["Naam", "Voornaam"]).registration(["de Vries", "Sanne"])

    assert (registration["given_name"], registration["family_name"]) == ("Sanne", "de Vries")


def test_what_no_registration_can_do_without_is_missed():
    assert Columns.of(["Achternaam", "Telefoon"]).missing == ["client_number", "given_name", "due_on"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Sanne de Vries", ("Sanne", "de Vries")),
        ("Anna Maria van der Berg", ("Anna Maria", "van der Berg")),
        ("de Vries, Sanne", ("Sanne", "de Vries")),
        ("Fatima El Amrani", ("Fatima", "El Amrani")),
        ("Mei Lin Chen", ("Mei", "Lin Chen")),
        ("Senait", ("Senait", "")),
        (" , ", ("", "")),
    ],
)
def test_a_whole_name_is_taken_apart(name, parts):
    assert split_name(name) == parts


@pytest.mark.parametrize(
    "text",
    ["12-5-2027", "12-05-2027", "12/5/2027", "12.05.2027", "12 5 2027", "12-5-27", "2027-05-12", "12 mei 2027",
     "12-MEI-2027", "12 May 2027", "2027-05-12 00:00:00", "2027-05-12T00:00", "46519", " 12-5-2027 "],
)  # fmt: skip
def test_a_day_is_read_as_it_is_written(text):
    assert parse_day(text) == date(2027, 5, 12)


@pytest.mark.parametrize("text", ["", " ", "-"])
def test_an_empty_day_is_none(text):
    assert parse_day(text) is None


@pytest.mark.parametrize(
    "text", ["31-2-2027", "2027-13-01", "morgen", "12-5", "5-2027", "99999", "١٢-٥-٢٠٢٧", "12 xyz 2027"]
)
def test_nonsense_is_no_day(text):
    with pytest.raises(ValidationError):
        parse_day(text)


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_day_or_refused(text):
    try:
        day = parse_day(text)
    except ValidationError:
        return
    assert day is None or isinstance(day, date)
