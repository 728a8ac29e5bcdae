"""Which column of a practice's spreadsheet holds what, told by its heading in Dutch or English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.bsn import is_column_of_bsns, is_name_of_bsn_column
from participants.names import fold, split_name
from participants.spreadsheet import MAX_COLUMNS, Row, UnreadableSheet

# Headings that say exactly this, with nothing but letters and digits left of them.
EXACT: Mapping[str, str] = {
    heading: name
    for name, headings in {
        "client_number": "clientnummer clientnr clientnum clientno client clientid clientcode clientnumber "
        "patientnummer patientnr patientid patientnumber dossiernummer dossiernr relatienummer relatienr "
        "registratienummer registratienr nummer nr number id",
        "name": "naam name volledigenaam fullname clientnaam clientname naamclient patientnaam moeder naammoeder",
        "given_name": "voornaam voornamen roepnaam firstname givenname forename",
        "infix": "tussenvoegsel tussenvoegsels voorvoegsel voorvoegsels infix",
        "family_name": "achternaam familienaam geslachtsnaam lastname surname familyname",
        "due_on": "uitgerekende uitgerekend atd at edd due dueon termdate",
        "mobile": "mobiel mobieltje gsm mobile cell 06 06nummer 06nr",
        "phone": "telefoon tel telnr telefoonnr phone telephone",
        "email": "email mail epost",
        "language": "taal language voertaal moedertaal",
        "postcode": "postcode postalcode zipcode zip pc",
        "partner_name": "partner naampartner partnernaam partnername",
    }.items()
    for heading in headings.split()
}
# What a longer heading contains, tried in this order.
LOOSE = [
    (re.compile(pattern), name)
    for pattern, name in (
        (r"clientn|patientn|dossiern", "client_number"),
        (r"uitgereken|aterme|duedate|expecteddate|verwachtedatum|verwachtebevalling", "due_on"),
        (r"(geboorte|geboren|gebdat|gebdd|birth|born).*(kind|baby|child)", "born_on"),
        (r"(kind|baby|child).*(geboorte|geboren|gebdat|gebdd|birth|born)", "born_on"),
        (r"mobiel|mobile", "mobile"),
        (r"telefoon|phone", "phone"),
        (r"email|mailadres|mailaddress", "email"),
        (r"taal|language", "language"),
        (r"postcode|postalcode", "postcode"),
    )
]
# Whose columns are not those of the participant.
SOMEBODY_ELSE = re.compile(
    r"partner|huisarts|contactpersoon|nood|verloskundige|vader|father|emergency|kraamzorg|gpname"
)
LANGUAGES: Mapping[str, str] = {
    name: code
    for code, names in {
        "nl": "nl nederlands dutch ned",
        "en": "en engels english eng",
        "ar": "ar arabisch arabic العربية",
        "ti": "ti tigrinya tigrinja ትግርኛ",
        "tr": "tr turks turkish turkce",
        "pl": "pl pools polish polski",
        "uk": "uk oekraiens ukrainian ua українська",
    }.items()
    for name in map(fold, names.split())
}
# Above the headings may stand a title.
LINES_TO_SEARCH = 15
BSN_COLUMN = _(
    "This file holds a column of BSNs. A BSN must not be kept here, so nothing was taken from it. "
    "Remove that column and try again."
)
MISSING_COLUMNS: Mapping[str, str | Promise] = {
    "client_number": _("No column holds the client numbers. Call it, for example, “cliëntnummer”."),
    "given_name": _("No column holds the names. Call it “naam”, or use “voornaam” and “achternaam”."),
    "due_on": _("No column holds due dates or births. Call it “uitgerekende datum” or “geboortedatum kind”."),
}
# Of each registration, in the order in which people read it.
FIELDS = (
    "client_number", "given_name", "family_name", "email", "phone", "due_on", "born_on", "language", "postcode",
    "partner_name",
)  # fmt: skip


def field_of(heading: str) -> str | None:
    """What a column with this heading holds, or None when it is not for us."""
    key = re.sub(r"[\W_]+", "", fold(heading))
    if key in EXACT:
        return EXACT[key]
    if SOMEBODY_ELSE.search(key):
        return None
    return next((name for pattern, name in LOOSE if pattern.search(key)), None)


@dataclass(frozen=True)
class Columns:
    """Where in a row each thing stands; the first column of a kind counts."""

    places: Mapping[str, int]
    unused: Sequence[str] = field(default_factory=list)

    @classmethod
    def of(cls, headings: Sequence[str]) -> Columns:
        places: dict[str, int] = {}
        unused = []
        for place, heading in enumerate(headings):
            name = field_of(heading)
            if name and name not in places:
                places[name] = place
            elif heading:
                unused.append(heading)
        return cls(places, unused)

    @property
    def missing(self) -> list[str]:
        """What no registration can do without: a client number, a name, and a due date or a birth."""
        groups = {
            "client_number": {"client_number"},
            "given_name": {"given_name", "name"},
            "due_on": {"due_on", "born_on"},
        }
        return [name for name, ways in groups.items() if not ways & self.places.keys()]

    def registration(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells of one row by FIELDS, as texts: whole names split, languages by their code."""
        found = {name: cells[place] if place < len(cells) else "" for name, place in self.places.items()}
        if name := found.pop("name", ""):
            if "given_name" in self.places:
                # `naam; voornaam`: the name is the last name then.
                found["family_name"] = found.get("family_name") or name
            else:
                given_name, family_name = split_name(name)
                found["given_name"] = given_name
                found["family_name"] = found.get("family_name") or family_name
        if infix := found.pop("infix", ""):
            found["family_name"] = f"{infix} {found.get('family_name', '')}".strip()
        found["phone"] = found.pop("mobile", "") or found.get("phone", "")
        language = found.get("language", "")
        found["language"] = LANGUAGES.get(fold(language), language)
        return {name: found.get(name, "") for name in FIELDS}


@dataclass(frozen=True)
class Table:
    """What a file holds for us: the registrations by FIELDS with their row numbers, and the headings left aside."""

    rows: list[tuple[int, dict[str, str]]]
    unused: Sequence[str]


def registrations_in(rows: Sequence[Row]) -> Table:
    """The registrations below the headings. Raises UnreadableSheet for a file that must or can not be used."""
    candidates = [Columns.of(cells) for _number, cells in rows[:LINES_TO_SEARCH]]
    start = max(range(len(candidates)), key=lambda place: len(candidates[place].places))
    columns = candidates[start]
    # Before anything else: no value of such a file is looked at.
    if any(is_name_of_bsn_column(fold(cell)) for _number, cells in rows[: start + 1] for cell in cells):
        raise UnreadableSheet(BSN_COLUMN)
    body = rows[start + 1 :]
    phones = {columns.places.get("phone"), columns.places.get("mobile")}
    for place in set(range(MAX_COLUMNS)) - phones:
        if is_column_of_bsns(cells[place] for _number, cells in body if place < len(cells)):
            raise UnreadableSheet(BSN_COLUMN)
    if columns.missing:
        raise UnreadableSheet(MISSING_COLUMNS[columns.missing[0]])
    return Table([(number, columns.registration(cells)) for number, cells in body], columns.unused)
