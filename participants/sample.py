"""A practice's spreadsheet to try the import with: people who register now, and three rows that need a look."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta

from openpyxl import Workbook

from practices.models import Practice

DUE_HEADING, BIRTH_HEADING = "Uitgerekende datum", "Geboortedatum kind"
HEADINGS = ["Cliëntnummer", "Voornaam", "Achternaam", "E-mail", "Telefoon", DUE_HEADING, "Taal", "Postcode"]
# First name, last name, language, postcode.
PEOPLE = [
    tuple(line.split(";"))
    for line in """\
Sanne;de Vries;Nederlands;3511 AB
Fatima;El Amrani;Nederlands;3526 KL
Lotte;van den Berg;Nederlands;3512 JE
Senait;Tesfay;Tigrinya;3561 GT
Zeynep;Yıldız;Turks;3525 CR
Emma;Bakker;Nederlands;3514 BN
Kim;Nguyen;Nederlands;3581 KE
Agnieszka;Kowalska;Pools;3552 AX
Noor;Jansen;Nederlands;3583 TW
Chantal;Wijngaarde;Nederlands;3562 HB
Rania;Haddad;Arabisch;3527 AA
Femke;Hoekstra;Nederlands;3532 VG
Olena;Shevchenko;Oekraïens;3571 XD
Anouk;in 't Veld;Nederlands;3523 EP
Priya;Ramdin;Nederlands;3534 AM
Maud;Peters;Nederlands;3521 BC
Selam;Berhane;Tigrinya;3564 KS
Élise;Martens;Nederlands;3572 TL
Grace;Osei;Engels;3563 CB
Iris;van der Meer;Nederlands;3524 SH
Esra;Demir;Turks;3526 XR
Julia;Smit;Nederlands;3582 AD
Naomi;Pattinasarany;Nederlands;3551 EJ
Zoë;Verhoeven;Nederlands;3513 CG""".splitlines()
]
WRONG = [
    ("Hanna", "Postma", "Nederlands", "3522 GB"),
    ("Lisa", "Mulder", "Nederlands", "3531 BT"),
    ("Eva", "Kuipers", "Nederlands", "3533 XC"),
]
# Above those of the demo, whose practices this may be tried in.
FIRST_NUMBER = 7041
# A group that is planned now starts around week 15: these are due in the four weeks that fit it.
DUE_IN_DAYS = 183
# A parenting group starts at six to eight weeks: these babies were born in the four weeks that fit it.
BORN_DAYS_AGO = 40
STEP_DAYS = 7
WINDOW_DAYS = 28


def sample_rows(kind: str, today: date) -> list[list[str]]:
    """Headings and 27 rows: 24 in order, one impossible date, one wrong address, one number that may be a BSN.

    Mothers who are due, or for youth health care parents whose baby was born; all days count from `today`.
    """
    is_youth = kind == Practice.Kind.YOUTH
    prefix = "JV" if is_youth else "DK"
    start = today - timedelta(days=BORN_DAYS_AGO) if is_youth else today + timedelta(days=DUE_IN_DAYS)
    rows = [[BIRTH_HEADING if is_youth and heading == DUE_HEADING else heading for heading in HEADINGS]]
    for place, person in enumerate(PEOPLE):
        day = start + timedelta(days=place * STEP_DAYS % WINDOW_DAYS + place % STEP_DAYS)
        rows.append(_row(f"{prefix}-{FIRST_NUMBER + place}", person, place, _written(day)))
    last = FIRST_NUMBER + len(PEOPLE)
    impossible, nowhere, suspect = WRONG
    rows.append(_row(f"{prefix}-{last}", impossible, 901, f"31-2-{start.year}"))
    rows.append([cell.replace("@", " at ") for cell in _row(f"{prefix}-{last + 1}", nowhere, 902, _written(start))])
    rows.append(_row("123456782", suspect, 903, _written(start)))
    return rows


def _row(client_number: str, person: Sequence[str], phone: int, day: str) -> list[str]:
    given_name, family_name, language, postcode = person
    address = _plain(f"{given_name}.{family_name}")
    return [
        client_number,
        given_name,
        family_name,
        f"{address}@example.org",
        f"06 12345{phone:03}",
        day,
        language,
        postcode,
    ]


def _plain(name: str) -> str:
    return name.lower().translate(str.maketrans("éëı", "eei", " '"))


def _written(day: date) -> str:
    return f"{day.day}-{day.month}-{day.year}"


def as_csv(rows: list[list[str]]) -> bytes:
    """As Excel in the Netherlands writes it: semicolons, and a mark by which it knows its own UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[list[str]]) -> bytes:
    book, data = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("Registraties")
    for row in rows:
        sheet.append(row)
    book.save(data)
    return data.getvalue()
