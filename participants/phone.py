"""Telephone numbers in the one form in which they are kept: `+31612345678`."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SEPARATORS = re.compile(r"[\s.\-/]+")
# After +31: nine digits for a mobile or fixed number; no service numbers (0800, 0900), which nobody can be reached at.
DUTCH = re.compile(r"\+31(?:6\d|[1-57]\d|8[58]|9[17])\d{7}")
FOREIGN = re.compile(r"\+(?!31)[1-9]\d{7,14}")
NOT_A_NUMBER = _("This is no telephone number. Write it like 06 12345678 or +32 470 123456.")


def normalised(text: str) -> str:
    """The number as `+` and digits; a Dutch one may come without its country or, from a spreadsheet, without its zero.

    Empty stays empty. Raises ValidationError for what cannot be a number that somebody answers.
    """
    number = SEPARATORS.sub("", text.strip().replace("(0)", "")).translate({ord("("): None, ord(")"): None})
    if not number:
        return ""
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        number = "+31" + number[1:]
    elif re.fullmatch(r"31\d{9}", number):
        number = "+" + number
    elif re.fullmatch(r"[1-9]\d{8}", number):
        number = "+31" + number
    if number.startswith("+310"):
        number = "+31" + number[4:]
    if not number.isascii() or not (DUTCH.fullmatch(number) or FOREIGN.fullmatch(number)):
        raise ValidationError(NOT_A_NUMBER, code="phone")
    return number


def readable(number: str) -> str:
    """As it is said in the Netherlands: `06 12345678`, `030 2345678`; others with a space after the country."""
    if not number.startswith("+31"):
        return number
    national = "0" + number[3:]
    return f"{national[:2]} {national[2:]}" if national.startswith("06") else f"{national[:3]} {national[3:]}"
