"""The citizen service number (BSN), which must not be kept here: how to see that a value may be one.

Telephone numbers are not looked at: a tenth of all mobile numbers without their zero pass the same test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
DIGITS = re.compile(r"\d(?:[ .\-]?\d)*")
COLUMN_NAME = re.compile(r"\bbsn|burger ?service|\bsofi|citizen ?service")
# A column is one of BSNs when it has a few values and nearly all of them pass; one number in eleven does by chance.
FEW = 3
NEARLY_ALL = 0.8


def passes_eleven_test(number: str) -> bool:
    """Nine digits whose weighted sum is a multiple of eleven: every BSN passes, and a tenth of the rest."""
    if len(number) != len(WEIGHTS) or not number.isdecimal() or not number.strip("0"):
        return False
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=True)) % 11 == 0


def mentions_bsn(text: str) -> bool:
    """Whether nine digits in a row somewhere in the text pass, single blanks, points and dashes between them aside."""
    return any(passes_eleven_test(re.sub(r"\D", "", run)) for run in DIGITS.findall(text))


def is_name_of_bsn_column(folded_header: str) -> bool:
    return COLUMN_NAME.search(re.sub(r"[\W_]+", " ", folded_header)) is not None


def is_column_of_bsns(values: Iterable[str]) -> bool:
    """Whether nearly all values pass, also those that lost a leading zero in a spreadsheet."""
    filled = [re.sub(r"[ .\-]", "", value) for value in values if value]
    passing = sum(passes_eleven_test(value.zfill(9)) for value in filled if len(value) >= 8)
    return passing >= FEW and passing >= NEARLY_ALL * len(filled)
