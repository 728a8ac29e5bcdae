"""The cells of the board, drawn by templates without drawing each of them by one.

A template costs some fifty times what a format string does, and a board has some thirty cells. So their templates are
drawn once for each kind and language, as stencils without a word of anybody: what stands there in single braces is
filled in here for each cell, escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any, Self
from uuid import UUID

from django import template
from django.conf import settings
from django.template.context import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language

from checks.board import Board, BoardCell, Field, Row, Waiting

register = template.Library()

# What needs no escaping.
PLAIN = {SafeString, int, UUID}
# Filled in as what differs between cells is.
OF_THE_PAGE = {name: f"{{{name}}}" for name in ("save_url", "csrf_token")}
WRONG = SafeString(' aria-invalid="true" aria-describedby="{id}-words"')


CELL = SafeString('<td role="cell" data-label="{heading}">{cell}</td>')
NAMED = SafeString("<strong>{name}</strong> ")
WAITS = SafeString(
    '<span class="waiting-value">{named}<strong>{value}</strong> {unit} <span class="soft">{said}</span></span>'
)
ROW = SafeString('<input type="hidden" name="row" value="{pk}">')


@dataclass(frozen=True)
class _Page:
    """What all cells of one page share."""

    save_url: SafeString
    csrf_token: SafeString
    language: str | None

    @classmethod
    def of(cls, context: Context) -> Self:
        token = conditional_escape(context.get("csrf_token") or "")
        return cls(conditional_escape(context["save_url"]), token, get_language())

    def stencil(self, name: str, **facts: Any) -> SafeString:
        """The template drawn with these facts, when the first cell needs it; while somebody works on it, each time."""
        return _drawn(name, facts) if settings.DEBUG else _drawn_once(name, self.language, tuple(facts.items()))


@register.simple_tag(takes_context=True)
def board_rows(context: Context, rows: Iterable[Row]) -> SafeString:
    """A row a person, or a baby, with its cells."""
    page = _Page.of(context)
    return mark_safe("".join(_row(page, row) for row in rows))  # noqa: S308


def _row(page: _Page, row: Row) -> SafeString:
    cells = mark_safe(  # noqa: S308
        "".join(_filled(CELL, heading=cell.column.heading, cell=_cell(page, cell)) for cell in row.cells)
    )
    stencil = page.stencil("checks/row.html", has_age=bool(row.age))
    return _filled(stencil, code=row.code, name=row.name, age=row.age, family=row.family, cells=cells)


@register.simple_tag(takes_context=True)
def board_cell(context: Context, cell: BoardCell, *, out_of_band: bool = False) -> SafeString:
    """A cell with the form of each of its readings, and what to do with it."""
    return _cell(_Page.of(context), cell, out_of_band=out_of_band)


def _cell(page: _Page, cell: BoardCell, *, out_of_band: bool = False) -> SafeString:
    tone = cell.state.tone if cell.state else ""
    stencil = page.stencil("checks/cell.html", out_of_band=out_of_band, trouble=bool(cell.trouble), tone=tone)
    return _filled(stencil, id=cell.id, fields=mark_safe("".join(_fields(page, cell))))  # noqa: S308


@register.simple_tag(takes_context=True)
def waiting_items(context: Context, waiting: Iterable[Waiting]) -> SafeString:
    """What waits for review, a cell each, with the form that puts a name on it for who may."""
    board: Board = context["board"]
    session = board.session
    review_url = reverse("checks:review", args=[board.membership.practice.slug, session.pk])
    page = _Page.of(context)
    of_page = {"review_url": review_url, "seen": str(board.version), "csrf_token": page.csrf_token}
    stencil = page.stencil("checks/waiting_item.html", may_review=board.may_review)
    return mark_safe("".join(_filled(stencil, **of_page, **_waits(item)) for item in waiting))  # noqa: S308


def _waits(item: Waiting) -> dict[str, str | int | UUID]:
    cell = item.cell
    name, unit = cell.cell.seat.name, cell.column.unit
    named = _filled(NAMED, name=name)
    lines = [
        _filled(WAITS, named="" if place else named, value=value, unit=unit, said=said)
        for place, (value, said) in enumerate(item.lines)
    ]
    return {
        "code": cell.code,
        "name": name,
        "kind": capfirst(cell.column.label),
        "column": cell.column.label,
        "mark": str(item.mark),
        "urgent": " waiting-urgent" if item.is_urgent else "",
        "lines": mark_safe("".join(lines)),  # noqa: S308
        "rows": mark_safe("".join(_filled(ROW, pk=row.pk) for _value, row in item.rows)),  # noqa: S308
    }


def _fields(page: _Page, cell: BoardCell) -> Iterator[SafeString]:
    """Each reading, and what to do below the first."""
    for field in cell.fields:
        yield _reading(page, cell, field)
        if state := field.state:
            about = {"icon": state.icon, "tone": state.tone, "word": "{word}", "note": "{note}" if state.note else ""}
            yield _filled(page.stencil("checks/state.html", **about), word=str(state.word), note=str(state.note))


def _reading(page: _Page, cell: BoardCell, field: Field) -> SafeString:
    has_more = field.trouble or field.measured_by or field.corrected
    more = _drawn("checks/more.html", {"field": field, "cell": cell}) if has_more else SafeString("")
    if field.is_by_herself:
        facts = {"is_confirmed": field.is_confirmed, "is_open": cell.is_open, "of_parents": cell.of_parents}
        more += _filled(page.stencil("checks/by_herself.html", **facts), spoken=field.spoken)
    if not cell.is_open:
        return _filled(page.stencil("checks/reading_shown.html"), shown=field.shown, more=more)
    stencil = page.stencil(
        "checks/reading.html",
        is_pressure=cell.column.is_pressure,
        inputmode=cell.column.inputmode,
        is_saved=field.is_saved,
        has_last=bool(field.last),
        is_first=field.reading == 1,
    )
    return _filled(
        stencil,
        save_url=page.save_url,
        csrf_token=page.csrf_token,
        cell=cell.code,
        id=field.id,
        reading=field.reading,
        seen=field.seen,
        key=field.key,
        spoken=field.spoken,
        first=field.values[0],
        second=field.values[1],
        last=field.last,
        wrong=_filled(WRONG, id=field.id) if field.trouble else "",
        more=more,
    )


def _filled(stencil: SafeString, **facts: str | int | UUID) -> SafeString:
    """`format_html` of strings, numbers and keys, at a fifth of its time: a board has a thousand of them."""
    safe = {name: fact if type(fact) in PLAIN else escape(str(fact)) for name, fact in facts.items()}
    return mark_safe(stencil.format(**safe))  # noqa: S308


@lru_cache(maxsize=256)
def _drawn_once(name: str, _language: str | None, facts: tuple[tuple[str, Any], ...]) -> SafeString:
    return _drawn(name, dict(facts))


def _drawn(name: str, facts: dict[str, Any]) -> SafeString:
    return mark_safe(get_template(name).render({**OF_THE_PAGE, **facts}))  # noqa: S308
