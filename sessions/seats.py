"""The register as the seats of the circle."""

from __future__ import annotations

import json
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from groups.models import CareGroup
from sessions.models import Attendance, GroupSession
from sessions.register import Register, Row

Outcome = Attendance.Outcome
# In the order in which they are offered.
ICONS = {
    Outcome.PRESENT: "check",
    Outcome.LATE: "clock",
    Outcome.PARTNER_ONLY: "people",
    Outcome.BY_PARTNER: "people",
    Outcome.APOLOGISED: "minus",
    Outcome.DELIVERED: "baby",
    Outcome.ABSENT: "cross",
}
# Parents choose who of them comes with the baby.
NEVER = {CareGroup.Kind.PARENTING: {Outcome.PARTNER_ONLY, Outcome.DELIVERED}}
IN_PLACE = {"hx-target": "#register", "hx-swap": "innerHTML"}


def outcomes_of(group: CareGroup) -> list[tuple[str, str | Promise, str]]:
    """(outcome, its words, its icon) of what can become of a place in this kind of group."""
    never = NEVER.get(CareGroup.Kind(group.kind), {Outcome.BY_PARTNER})
    return [(outcome.value, outcome.label, icon) for outcome, icon in ICONS.items() if outcome not in never]


def seats_of(register: Register, session: GroupSession, *, slug: str, may_enter: bool) -> list[dict[str, Any]]:
    """A seat for each place, as the circle takes them.

    A touch on somebody who has no outcome yet checks her in; on anybody else it opens the sheet with the outcomes, as a
    long touch does on everybody. Without JavaScript each of them leads to the page of the seat.
    """
    return [_seat(row, session, slug) if may_enter and row.may_change else _picture(row) for row in register.rows]


def _picture(row: Row) -> dict[str, Any]:
    return {"label": row.name, "state": row.state, "spoken": _spoken(row)}


def _seat(row: Row, session: GroupSession, slug: str) -> dict[str, Any]:
    url = reverse("sessions:arrival", args=[slug, session.pk, row.place.pk])
    sheet = f"sheet-{row.place.pk}"
    if row.attendance:
        attrs, act = {"data-sheet": sheet}, _("Change")
    else:
        attrs, act = {"hx-post": url, "hx-vals": json.dumps({"outcome": Outcome.PRESENT}), **IN_PLACE}, _("Check in")
    return {**_picture(row), "url": url, "spoken": f"{_spoken(row)}. {act}", "attrs": {**attrs, "data-held": sheet}}


def _spoken(row: Row) -> str:
    known = [row.person.full_name, row.word]
    if row.with_partner:
        known.append(_("with partner"))
    if row.measured:
        known.append(_("measured"))
    if row.is_seen:
        known.append(_("seen"))
    return ", ".join(known)
