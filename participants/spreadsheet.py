"""The rows of a CSV or XLSX file, as texts. Whatever the bytes are: rows, or a sentence that says why not."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable
from datetime import date
from itertools import islice

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 5_000
# A small file can unpack to a huge one; an honest one of this size has far more rows than we take.
MAX_UNPACKED = 25 * 1024 * 1024
MAX_PACKING = 100
MAX_PARTS = 500
MAX_COLUMNS = 60
# Longer than anything that is kept; what is cut here is refused later for its length.
MAX_CELL = 300
# Where reading stops when a sheet claims rows far below its last filled one.
LAST_ROW = 20_000
LINES_TO_JUDGE = 20

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
NOT_A_SPREADSHEET = _("This is no spreadsheet that we can read. Save it as XLSX or CSV and try again.")
TOO_LARGE = _("This file is larger than 5 MB. Split it, or leave out columns that are not needed.")
TOO_MANY_ROWS = _("This file has more than 5,000 rows. Split it and import the parts one by one.")
OLD_FORMAT = _("This is the old format of Excel. Save it as XLSX or CSV and try again.")
NOTHING_IN_IT = _("There is nothing in this file.")

Row = tuple[int, list[str]]


class UnreadableSheet(Exception):
    """The file cannot be used; `words` says why, for whoever chose it."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__()
        self.words = words


def read_rows(data: bytes) -> list[Row]:
    """The filled rows of a CSV file or of the first sheet of an XLSX file, with their numbers as a spreadsheet shows.

    Raises UnreadableSheet, and nothing else, for whatever cannot be read.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableSheet(TOO_LARGE)
    if data.startswith(OLD_EXCEL):
        raise UnreadableSheet(OLD_FORMAT)
    rows = _rows_of_xlsx(data) if data.startswith(ZIP) else _rows_of_csv(data)
    if not rows:
        raise UnreadableSheet(NOTHING_IN_IT)
    return rows


def _filled(rows: Iterable[Iterable[object]]) -> list[Row]:
    filled: list[Row] = []
    for number, cells in enumerate(rows, 1):
        texts = [_text(cell) for cell in islice(cells, MAX_COLUMNS)]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            filled.append((number, texts))
        # One more than the limit: the headings.
        if len(filled) > MAX_ROWS + 1 or number > LAST_ROW:
            raise UnreadableSheet(TOO_MANY_ROWS)
    return filled


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return f"{cell.day}-{cell.month}-{cell.year}"
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    # Neither a control character nor half a character can be stored; a line break within a cell is a blank.
    spaced = " ".join(str(cell)[: MAX_CELL * 2].split())
    return "".join(mark for mark in spaced if unicodedata.category(mark) not in {"Cc", "Cs"})[:MAX_CELL]


def _rows_of_csv(data: bytes) -> list[Row]:
    text = _decoded(data)
    lines = text.splitlines()
    if lines and lines[0].lower().startswith("sep="):
        text = text[len(lines[0]) :]
    try:
        return _filled(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error:
        raise UnreadableSheet(NOT_A_SPREADSHEET) from None


def _decoded(data: bytes) -> str:
    has_mark = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # Excel in the Netherlands writes CSV as cp1252; hardly any text in it is UTF-8 by accident.
    for encoding in ("utf-16",) if has_mark else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(mark) == "Cc" and mark not in "\t\r\n\x85" for mark in text):
            return text
    raise UnreadableSheet(NOT_A_SPREADSHEET)


def _delimiter(text: str) -> str:
    """The sign that makes the most cells of the first lines; commas also stand within addresses and names."""
    beginning = "\n".join(text.splitlines()[:LINES_TO_JUDGE])

    def cells(delimiter: str) -> int:
        return sum(map(len, csv.reader(io.StringIO(beginning, newline=""), delimiter=delimiter)))

    return max(";,\t", key=cells)


def _rows_of_xlsx(data: bytes) -> list[Row]:
    try:
        _refuse_a_bomb(data)
        with warnings.catch_warnings():
            # About styles and validation that we do not use.
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
            # What a file says of its own size is often wrong.
            sheet.reset_dimensions()
            return _filled(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True))
    except UnreadableSheet:
        raise
    except Exception:  # A damaged file makes the reader fail in as many ways as there are files.
        raise UnreadableSheet(NOT_A_SPREADSHEET) from None


def _refuse_a_bomb(data: bytes) -> None:
    parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or unpacked > max(MAX_PACKING * len(data), 1024 * 1024):
        raise UnreadableSheet(TOO_LARGE)
