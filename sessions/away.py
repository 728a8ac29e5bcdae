"""Sessions that are planned with somebody who will not be there: she is away, or works here no more by then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from practices.models import Absence, Membership
from sessions.models import SessionLead
from sessions.wording import away_in_words, gone_in_words


def who_is_away(leads: Iterable[SessionLead]) -> dict[int, list[str]]:
    """By session, a sentence about each of these who will not be there.

    The leads come with their member and her user. One query, none where nobody leads.
    """
    leads = list(leads)
    days = {lead.pk: lead.day for lead in leads}
    absences = _absences({lead.membership for lead in leads}, days.values())
    found: dict[int, list[str]] = defaultdict(list)
    for lead in leads:
        member, day, name = lead.membership, days[lead.pk], lead.membership.user.name
        if member.ends_on and member.ends_on <= day:
            found[lead.session_id].append(gone_in_words(name, member.ends_on))
        else:
            away = [each for each in absences[member.pk] if each.starts_on <= day <= each.ends_on]
            found[lead.session_id] += [away_in_words(name, each.starts_on, each.ends_on) for each in away]
    return {session: words for session, words in found.items() if words}


def away_from(days: Mapping[int, date]) -> dict[int, list[str]]:
    """The same for sessions by number, with their days. One query where nobody may be away then, else three."""
    if not days:
        return {}
    first, last = min(days.values()), max(days.values())
    leave = Membership.objects.filter(ends_on__lte=last).order_by().values("pk")
    doubtful = list(leave.union(Absence.objects.within(first, last).order_by().values("membership")))
    if not doubtful:
        return {}
    members = [row["pk"] for row in doubtful]
    leads = SessionLead.objects.standing().filter(membership__in=members, session__in=list(days))
    return who_is_away(leads.select_related("membership__user").order_by("pk"))


def missed_by(member: Membership, *, now: datetime) -> list[tuple[SessionLead, str]]:
    """The sessions to come that she leads and at which she will not be, in order of time, with why."""
    leads = SessionLead.objects.standing().filter(practice=member.practice_id, membership=member, starts_at__gt=now)
    coming = list(leads.select_related("membership__user", "session__group").order_by("starts_at", "pk"))
    away = who_is_away(coming)
    return [(lead, words) for lead in coming for words in away.get(lead.session_id, [])]


def _absences(members: Iterable[Membership], days: Iterable[date]) -> dict[int, list[Absence]]:
    days, found = list(days), defaultdict(list)
    if days:
        rows = Absence.objects.filter(membership__in=members).within(min(days), max(days))
        for absence in rows:
            found[absence.membership_id].append(absence)
    return found
