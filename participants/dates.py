"""Days as people and spreadsheets write them, and which of them can be a due date or a birth."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MONTHS = {
    **dict(zip("jan feb mrt apr mei jun jul aug sep okt nov dec".split(), range(1, 13), strict=True)),
    "maart": 3,
    "mar": 3,
    "may": 5,
    "oct": 10,
}
DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
IN_WORDS = re.compile(r"(\d{1,2})[- ]([a-z]{3,9})\.?[- ](\d{4})")
TIME = re.compile(r"[ t]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
# A spreadsheet counts days from here when a cell lost its date format.
SERIAL = re.compile(r"[34]\d{4}|5[0-4]\d{3}")
SERIAL_START = date(1899, 12, 30)

# A due date lies at most a pregnancy ahead; registrations are brought along for two years.
LATEST_DUE = timedelta(weeks=44)
EARLIEST_DUE = timedelta(days=2 * 366)
# The oldest child that comes to a parenting group is 14 months; twins and late starters have room.
EARLIEST_BIRTH = timedelta(days=5 * 366)

NOT_A_DAY = _("This is no date. Write it like 31-12-2027.")


def parse_day(text: str) -> date | None:
    """The day that a text names, day before month; None for an empty text. Raises ValidationError for nonsense."""
    words = TIME.sub("", text.strip().lower())
    if not words.isascii():
        raise ValidationError(NOT_A_DAY, code="date")
    if words in {"", "-"}:
        return None
    try:
        return _day_of(words)
    except ValueError:
        raise ValidationError(NOT_A_DAY, code="date") from None


def _day_of(words: str) -> date:
    if SERIAL.fullmatch(words):
        return SERIAL_START + timedelta(days=int(words))
    if found := YEAR_FIRST.fullmatch(words):
        year, month, day = map(int, found.groups())
        return date(year, month, day)
    if found := DAY_FIRST.fullmatch(words):
        day, month, year = map(int, found.groups())
        return date(year + 2000 if year < 100 else year, month, day)
    if (found := IN_WORDS.fullmatch(words)) and (month := MONTHS.get(found[2]) or MONTHS.get(found[2][:3], 0)):
        return date(int(found[3]), month, int(found[1]))
    raise ValueError(words)


def check_due(day: date, *, today: date) -> None:
    """Raises ValidationError for a day that cannot be the due date of somebody who registers now."""
    if day > today + LATEST_DUE:
        raise ValidationError(_("This due date is further away than a pregnancy lasts."), code="due")
    if day < today - EARLIEST_DUE:
        raise ValidationError(_("This due date is more than two years ago."), code="due")


def check_born(day: date, *, today: date) -> None:
    """Raises ValidationError for a day on which no baby of a participant can have been born."""
    if day > today:
        raise ValidationError(
            _("This day has not come yet. For a baby that is not born, use the due date."), code="born"
        )
    if day < today - EARLIEST_BIRTH:
        raise ValidationError(_("This is more than five years ago. Is it the birth date of the mother?"), code="born")
