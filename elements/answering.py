"""What a facilitator says about an evening: her answers about the asked elements, and her debrief."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from elements.fidelity import answering_ends
from elements.models import Debrief, Element, ElementAnswer
from practices.models import Membership
from sessions.evening import Refused
from sessions.models import GroupSession
from sessions.wording import day_in_words

FIELDS = ("went_well", "was_difficult", "next_time")


class TooEarlyOrLate(Refused):
    """Nothing is said about a session before it begins, when it is cancelled, or long after it was closed."""


def why_not_answering(session: GroupSession, *, elements: Iterable[Element], now: datetime) -> str:
    """The sentence that says why nothing can be said about this session now; empty when it can.

    By whom makes no difference: whoever sees a session runs its evening or may observe it. Once it is closed there is
    time until the deadline of the ongoing evaluation, which the current `elements` set; only then are they looked at.
    """
    if session.is_cancelled:
        return _("This session is cancelled.")
    if not_begun := why_not_begun(session, now=now):
        return not_begun
    if session.is_closed and now >= answering_ends(session, elements):
        return _("The time to look back on this session is over.")
    return ""


def why_not_begun(session: GroupSession, *, now: datetime) -> str:
    """The sentence that says when this session begins, with its day unless that is today; empty once it has begun."""
    if session.starts_at <= now:
        return ""
    time = time_format(timezone.localtime(session.starts_at), "H:i")
    if session.day == timezone.localdate(now):
        return _("This session begins at %(time)s.") % {"time": time}
    return _("This session begins on %(day)s at %(time)s.") % {"day": day_in_words(session.day), "time": time}


def look_back(
    session: GroupSession,
    *,
    rater: Membership,
    answers: Mapping[Element, str],
    debrief: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep what this rater says; elements that are left out stay as they were. Raises TooEarlyOrLate.

    A changed answer keeps the moment of the first one: it was given in time, and the history has the change.
    """
    with transaction.atomic():
        locked = GroupSession.objects.select_for_update(no_key=True).get(pk=session.pk)
        if refusal := why_not_answering(locked, elements=Element.objects.current(), now=now):
            raise TooEarlyOrLate(refusal)
        stood = {row.element_id: row for row in ElementAnswer.objects.filter(session=locked, rater=rater)}
        for element, answer in answers.items():
            row = stood.get(element.pk) or ElementAnswer(
                practice_id=locked.practice_id, session=locked, rater=rater, element=element, answered_at=now
            )
            if row.answer != answer:
                row.answer = answer
                row.save()
        _keep_debrief(locked, rater, debrief, now=now)


def _keep_debrief(session: GroupSession, rater: Membership, words: Mapping[str, str], *, now: datetime) -> None:
    row = Debrief.objects.filter(session=session, rater=rater).first()
    if row is None:
        if not any(words.values()):
            return
        row = Debrief(practice_id=session.practice_id, session=session, rater=rater, answered_at=now)
    if {field: getattr(row, field) for field in FIELDS} != {field: words.get(field, "") for field in FIELDS}:
        for field in FIELDS:
            setattr(row, field, words.get(field, ""))
        row.save()
