"""A message in words: the practice's own text in the reader's language, with its fields filled in.

Neutral throughout: who sends it, date, time, place and a link. Nothing says what kind of group it is; the name of the
group, which may say so, is not among the fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from django.conf import settings
from django.urls import reverse

from participants.models import Language, Participant
from practices.models import Practice
from reminders.expected import ALL_DATES, Place, Spoken, Told, told
from reminders.ledger import told_by
from reminders.models import MessageText, Occasion, Reminder
from sessions.models import GroupSession
from sessions.wording import where

SEVERAL_EMPTY_LINES = re.compile(r"\n{3,}")


class NoText(Exception):
    """The practice has no text for this occasion in any language that could be used."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message as it leaves, and what it tells of which session (see Reminder.told)."""

    subject: str
    body: str
    told: dict[str, Any]


def compose(reminder: Reminder, place: Place, *, now: datetime) -> Letter:
    """Put this message into words as things are now. Raises NoText."""
    text = text_for(place.enrolment.participant, place.enrolment.practice, reminder)
    telling = told_by(reminder, place, now=now)
    values = {
        "practice": place.enrolment.practice.sender_name,
        "link": link_of(reminder),
        **_about(reminder, place, telling, text.language),
    }
    subject = " ".join(text.subject.format_map(values).split())
    body = SEVERAL_EMPTY_LINES.sub("\n\n", text.body.format_map(values))
    return Letter(subject=subject, body=body.strip() + "\n", told=telling)


def text_for(person: Participant, practice: Practice, reminder: Reminder) -> MessageText:
    """In the language of the person, else of the practice, else Dutch. Raises NoText."""
    languages = [person.language, practice.language, Language.DUTCH]
    texts = {
        text.language: text
        for text in MessageText.objects.filter(
            practice=practice, occasion=reminder.occasion, channel=reminder.channel, language__in=languages
        )
    }
    for language in languages:
        if language in texts:
            return texts[language]
    raise NoText


def link_of(reminder: Reminder) -> str:
    """The page where she answers."""
    return settings.BASE_URL + reverse("answer", args=[reminder.token])


def date_in_words(moment: datetime, practice: Practice, language: str) -> str:
    """`dinsdag 2 maart 2027`, on the practice's calendar."""
    return str(format_date(moment.astimezone(practice.zone), "EEEE d MMMM y", locale=Locale.parse(language)))


def time_in_words(moment: datetime, practice: Practice, language: str) -> str:
    """`19:30`, on the practice's clocks."""
    return str(format_time(moment.astimezone(practice.zone), "HH:mm", locale=Locale.parse(language)))


def _about(reminder: Reminder, place: Place, telling: Collection[str], language: str) -> dict[str, str]:
    practice = place.enrolment.practice
    sessions = [session for session in place.sessions if str(session.pk) in telling]
    if reminder.occasion in (Occasion.WEEK_BEFORE, Occasion.TWO_DAYS_BEFORE):
        session = sessions[0]
        return {
            "date": date_in_words(session.starts_at, practice, language),
            "time": time_in_words(session.starts_at, practice, language),
            "place": where(session, place.enrolment.group),
        }
    said = told(place.rows)
    if reminder.occasion in ALL_DATES:
        said, sessions = {}, [session for session in sessions if not session.cancelled_at]
    if reminder.occasion == Occasion.MOVED:
        sessions = [session for session in sessions if not session.cancelled_at]
    lines = [_line(session, _before(session, place, said), place, language) for session in sessions]
    return {"dates": "\n".join(lines)}


def _before(session: GroupSession, place: Place, said: Told) -> Spoken | None:
    """What she was told of it last, or of the one in whose place it is."""
    known = place.known_as(session, said)
    return said[known.pk] if known else None


def _line(session: GroupSession, before: Spoken | None, place: Place, language: str) -> str:
    """The date and place of a session; `old → new` where she knew another start, only the old when it is cancelled."""
    practice = place.enrolment.practice
    starts = [before.starts_at] if before and (session.cancelled_at or before.starts_at != session.starts_at) else []
    if not session.cancelled_at:
        starts.append(session.starts_at)
    moments = " → ".join(
        f"{date_in_words(start, practice, language)}, {time_in_words(start, practice, language)}" for start in starts
    )
    room = "" if session.cancelled_at else where(session, place.enrolment.group)
    return "- " + ", ".join(part for part in (moments, room) if part)
