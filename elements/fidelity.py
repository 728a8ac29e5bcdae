"""The computed series of the nine elements, gathered for many sessions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from checks.entry import shares_self_measured
from checks.models import KINDS_OF_GROUP
from elements import verdicts
from elements.models import Element, ElementAnswer
from elements.verdicts import Verdict
from groups.models import CareGroup, Enrolment, Facilitation
from sessions.models import GroupSession, PlanItem, SessionLead

RATING_ROLES = (Facilitation.Role.FIRST, Facilitation.Role.CO)


def last_day_to_answer(session: GroupSession, elements: Iterable[Element]) -> date:
    """The last day on which answers about this session are in time (E9)."""
    days = [element.within_days for element in elements if element.within_days is not None]
    return session.day + timedelta(days=max(days, default=0))


def answering_ends(session: GroupSession, elements: Iterable[Element]) -> datetime:
    """The moment from which answers are late."""
    return timezone.make_aware(datetime.combine(last_day_to_answer(session, elements) + timedelta(days=1), time()))


def computed(
    sessions: Sequence[GroupSession], *, elements: list[Element], now: datetime
) -> dict[int, dict[str, Verdict]]:
    """Session key to element code to verdict, for those of the sessions that have begun and were not cancelled.

    The sessions come with their group. A fixed number of queries, whatever their number.
    """
    begun = [session for session in sessions if session.starts_at <= now and not session.is_cancelled]
    if not begun:
        return {}
    facts = _gather(begun, elements)
    return {session.pk: _of_one(session, facts, now=now) for session in begun}


@dataclass(frozen=True)
class _Facts:
    elements: list[Element]
    runs: Mapping[int, list[GroupSession]]
    leads: Mapping[int, set[tuple[str, int]]]
    # Those who are the usual ones, also where somebody stood in for one of them.
    usual: Mapping[int, set[tuple[str, int]]]
    places: Mapping[int, list[Enrolment]]
    shares: Mapping[int, tuple[int, int]]
    topics: Mapping[int, list[PlanItem]]
    # Session key to rater to the number of elements answered in time.
    answers: Mapping[int, Mapping[int, int]]


def _gather(sessions: list[GroupSession], elements: list[Element]) -> _Facts:
    ends = {session.pk: answering_ends(session, elements) for session in sessions}
    runs: dict[int, list[GroupSession]] = defaultdict(list)
    groups = {session.group_id for session in sessions}
    for session in GroupSession.objects.standing().filter(group__in=groups).order_by("starts_at", "pk"):
        runs[session.group_id].append(session)
    leads: dict[int, set[tuple[str, int]]] = defaultdict(set)
    usual: dict[int, set[tuple[str, int]]] = defaultdict(set)
    compared = {session.pk for session in sessions} | {run[0].pk for run in runs.values()}
    for lead in SessionLead.objects.standing().filter(session__in=compared, role__in=RATING_ROLES):
        leads[lead.session_id].add((lead.role, lead.membership_id))
        usual[lead.session_id].add((lead.role, lead.usual_id))
    places: dict[int, list[Enrolment]] = defaultdict(list)
    for place in Enrolment.objects.filter(group__in=groups, enrolled_at__isnull=False).order_by("pk"):
        places[place.group_id].append(place)
    topics: dict[int, list[PlanItem]] = defaultdict(list)
    for topic in PlanItem.objects.topics().filter(session__in=sessions):
        topics[topic.session_id].append(topic)
    answers: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for answer in ElementAnswer.objects.filter(session__in=sessions, element__in=elements):
        if answer.answered_at < ends[answer.session_id]:
            answers[answer.session_id][answer.rater_id] += 1
    shares = shares_self_measured(sessions)
    return _Facts(elements, runs, leads, usual, places, shares, topics, answers)


def _of_one(session: GroupSession, facts: _Facts, *, now: datetime) -> dict[str, Verdict]:
    group = session.group
    measured, came = facts.shares.get(session.pk, (0, 0))
    topics = facts.topics[session.pk]
    return {
        "E2": verdicts.self_care(
            measured=measured, came=came, measures_anything=bool(KINDS_OF_GROUP[CareGroup.Kind(group.kind)])
        ),
        "E4": verdicts.planned(
            beforehand=sum(topic.added_at < session.starts_at for topic in topics),
            topics=len(topics),
            dealt_with=sum(topic.done_at is not None or topic.postponed_at is not None for topic in topics),
        ),
        "E7": _consistent(session, facts),
        "E8": verdicts.fits(came=came, minimum=group.minimum, maximum=group.maximum),
        "E9": _evaluated(session, facts, now=now),
    }


def _consistent(session: GroupSession, facts: _Facts) -> Verdict:
    earlier = [other for other in facts.runs[session.group_id] if other.starts_at < session.starts_at]
    if not earlier:
        return verdicts.consistent(is_first=True, same_leads=True, joined=0, left=0)
    # From the start of the session before up to the start of this one.
    since = earlier[-1].starts_at
    places = facts.places[session.group_id]
    left = [place.left_at for place in places if place.state == Enrolment.State.LEFT and place.left_at]
    joined = [place.enrolled_at for place in places if place.enrolled_at]
    return verdicts.consistent(
        is_first=False,
        same_leads=facts.leads[session.pk] == facts.usual[earlier[0].pk],
        joined=sum(since <= moment < session.starts_at for moment in joined),
        left=sum(since <= moment < session.starts_at for moment in left),
    )


def _evaluated(session: GroupSession, facts: _Facts, *, now: datetime) -> Verdict:
    asked = sum(element.is_asked for element in facts.elements)
    raters = {membership for _role, membership in facts.leads[session.pk]}
    answers = facts.answers[session.pk]
    return verdicts.evaluated(
        answered=sum(answers[rater] >= asked for rater in raters),
        raters=len(raters),
        last_day=last_day_to_answer(session, facts.elements),
        is_over=now >= answering_ends(session, facts.elements),
    )
