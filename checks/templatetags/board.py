"""The cells of the board, drawn by templates without drawing each of them by one.

A template costs some fifty times what a format string does, and a board has some thirty cells. So their templates are
drawn once for each kind, as stencils: what stands there in single braces is filled in here for each cell, escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, cast
from uuid import UUID

from django import template
from django.template.context import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from checks.board import BoardCell, Field, Row

register = template.Library()

# What needs no escaping.
PLAIN = {SafeString, int, UUID}
WRONG = SafeString(' aria-invalid="true" aria-describedby="{id}-words"')


CELL = SafeString('<td role="cell" data-label="{heading}">{cell}</td>')


@register.simple_tag(takes_context=True)
def board_rows(context: Context, rows: Iterable[Row]) -> SafeString:
    """A row a person, or a baby, with its cells."""
    return mark_safe("".join(_row(context, row) for row in rows))  # noqa: S308


def _row(context: Context, row: Row) -> SafeString:
    cells = mark_safe(  # noqa: S308
        "".join(_filled(CELL, heading=cell.column.heading, cell=board_cell(context, cell)) for cell in row.cells)
    )
    stencil = _stencil(context, "checks/row.html", has_age=bool(row.age))
    return _filled(stencil, code=row.code, name=row.name, age=row.age, family=row.family, cells=cells)


@register.simple_tag(takes_context=True)
def board_cell(context: Context, cell: BoardCell, *, out_of_band: bool = False) -> SafeString:
    """A cell with the form of each of its readings, and what to do with it."""
    tone = cell.state.tone if cell.state else ""
    stencil = _stencil(context, "checks/cell.html", out_of_band=out_of_band, trouble=bool(cell.trouble), tone=tone)
    return _filled(stencil, id=cell.id, fields=mark_safe("".join(_fields(context, cell))))  # noqa: S308


def _fields(context: Context, cell: BoardCell) -> Iterator[SafeString]:
    """Each reading, and what to do below the first."""
    for field in cell.fields:
        yield _reading(context, cell, field)
        if field.state:
            yield _stencil(context, "checks/state.html", **vars(field.state))


def _reading(context: Context, cell: BoardCell, field: Field) -> SafeString:
    has_more = field.trouble or field.measured_by or field.corrected
    more = _drawn("checks/more.html", field=field) if has_more else SafeString("")
    if field.is_by_herself:
        facts = {"is_confirmed": field.is_confirmed, "is_open": cell.is_open}
        more += _filled(_stencil(context, "checks/by_herself.html", **facts), spoken=field.spoken)
    if not cell.is_open:
        return _filled(_stencil(context, "checks/reading_shown.html"), shown=field.shown, more=more)
    stencil = _stencil(
        context,
        "checks/reading.html",
        is_pressure=cell.column.is_pressure,
        inputmode=cell.column.inputmode,
        is_saved=field.is_saved,
        has_last=bool(field.last),
    )
    return _filled(
        stencil,
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


def _stencil(context: Context, name: str, **facts: Any) -> SafeString:
    """The template drawn with these facts, when the first cell needs it."""
    drawn: dict[Any, SafeString] = cast(Any, context.render_context).setdefault("stencils", {})
    key = (name, *facts.values())
    if key not in drawn:
        drawn[key] = _drawn(name, save_url=context["save_url"], csrf_token=context.get("csrf_token"), **facts)
    return drawn[key]


def _drawn(name: str, **facts: Any) -> SafeString:
    return mark_safe(get_template(name).render(facts))  # noqa: S308
