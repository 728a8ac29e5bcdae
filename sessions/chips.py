"""Sessions as the planner shows them: many on one page, each in a few words, with what to worry about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_AP, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from sessions.away import away_from
from sessions.models import GroupSessionQuerySet
from sessions.schedule import Code, Remark
from sessions.wording import remark_in_words


@dataclass(frozen=True, slots=True)
class Chip:
    """One session. A page has hundreds: its words are ready."""

    pk: int
    group: int
    name: str
    number: int
    room: str
    day: date
    time: str
    is_past: bool
    may_move: bool
    weekday: str
    month: str
    spoken: str
    worries: Sequence[str] = ()


def chips_of(sessions: GroupSessionQuerySet, *, closed: Mapping[date, Any], now: datetime) -> list[Chip]:
    """These sessions in order of time; `closed` are the days on which nobody meets. Two queries, or three."""
    rows = list(
        sessions.order_by("starts_at", "pk").values_list(
            "pk", "group", "group__name", "number", "room__name", "starts_at", "ends_at", "closed_at", "remarks"
        )
    )
    zone, words, sentence = (
        timezone.get_current_timezone(),
        _words_of_days(),
        _("Session %(number)s, %(day)s at %(time)s"),
    )
    local = {row[0]: row[5].astimezone(zone) for row in rows}
    ahead = {row[0]: local[row[0]].date() for row in rows if row[6] > now}
    worries = _worries(ahead, {row[0]: row[8] for row in rows if row[8]}, closed)
    chips = []
    for pk, group, name, number, room, _starts_at, ends_at, closed_at, _remarks in rows:
        start = local[pk]
        day, time = start.date(), f"{start:%H:%M}"
        weekday, short, month, short_month = words(day)
        told = {"number": number, "day": f"{weekday} {day.day} {month}", "time": time}
        chips.append(
            Chip(
                pk=pk,
                group=group,
                name=name,
                number=number,
                room=room or "",
                day=day,
                time=time,
                is_past=ends_at < now,
                may_move=closed_at is None and ends_at > now,
                weekday=short,
                month=short_month,
                spoken=sentence % told,
                worries=worries.get(pk, ()),
            )
        )
    return chips


def _worries(
    days: Mapping[int, date], remarks: Mapping[int, Iterable[str]], closed: Mapping[date, Any]
) -> dict[int, list[str]]:
    """By session to come, a sentence about each who will not be there, and about its day."""
    found: dict[int, list[str]] = defaultdict(list)
    for session, words in away_from(days).items():
        found[session] += words
    for session, day in days.items():
        kept = [Remark.from_text(text) for text in remarks.get(session, ())]
        said = [remark for remark in kept if remark.is_warning and remark.code is not Code.ON_CLOSED_DAY]
        if day in closed:
            # As it is by now: the practice may have closed since it was planned, or open after all.
            said.append(Remark(Code.ON_CLOSED_DAY, day, closed[day].name))
        if said:
            found[session] += [remark_in_words(remark) for remark in said]
    return found


def _words_of_days() -> Callable[[date], tuple[str, str, str, str]]:
    """Weekday and month of a day, in full and short, in the language that is active."""
    weekdays = {number: (str(WEEKDAYS[number]), str(WEEKDAYS_ABBR[number])) for number in range(7)}
    months = {number: (str(MONTHS[number]), str(MONTHS_AP[number])) for number in range(1, 13)}
    return lambda day: (*weekdays[day.weekday()], *months[day.month])
