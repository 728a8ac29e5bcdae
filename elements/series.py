"""The three series about an evening beside each other: what was recorded, and what each facilitator says.

They are never averaged: facilitators and observers did not agree where it was studied (domain.md, 2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from elements.answering import why_not_answering
from elements.fidelity import RATING_ROLES, computed
from elements.models import Debrief, Element, ElementAnswer
from elements.verdicts import NO, PARTLY, PENDING, UNKNOWN, YES, Verdict
from groups.models import BY_ROLE
from practices.models import Membership
from sessions.models import GroupSession, SessionLead


@dataclass(frozen=True)
class Look:
    """How an answer is shown: never by colour alone."""

    word: str | Promise
    icon: str
    tone: str


LOOKS = {
    YES: Look(_("yes"), "check", "good"),
    PARTLY: Look(_("partly"), "minus", "warn"),
    NO: Look(_("no"), "cross", "bad"),
    PENDING: Look(_("not yet"), "waiting", "info"),
    UNKNOWN: Look(_("not known"), "more", ""),
}


@dataclass(frozen=True)
class Rater:
    membership: Membership
    role: str | Promise
    # Element code to answer; empty too while they are kept from who has to answer herself first.
    answers: Mapping[str, str]
    answered: int
    is_kept_back: bool = False

    @property
    def name(self) -> str:
        return self.membership.user.name


@dataclass(frozen=True)
class Line:
    """One element of one evening, with the answer of each rater; None where she gave none."""

    element: Element
    verdict: Verdict | None
    by_rater: list[tuple[Rater, Look | None]]

    @property
    def look(self) -> Look | None:
        return LOOKS[self.verdict.answer] if self.verdict else None

    @property
    def differs(self) -> bool:
        """Two raters gave different answers."""
        return len({answer for _rater, answer in self.by_rater if answer}) > 1


@dataclass(frozen=True)
class Evening:
    session: GroupSession
    raters: list[Rater]
    lines: list[Line]
    debriefs: list[Debrief]
    # Why nothing can be said about it any more or yet; empty while it can.
    silent_words: str
    # Others have answered or looked back, and whoever looks sees it once she has answered herself.
    keeps_back: bool

    @property
    def asked(self) -> list[Line]:
        return [line for line in self.lines if line.element.is_asked]

    @property
    def recorded(self) -> list[Line]:
        """What the evening itself says, without anybody being asked."""
        return [line for line in self.lines if not line.element.is_asked]

    @property
    def differences(self) -> int:
        return sum(line.differs for line in self.lines)

    def rated_by(self, membership: Membership) -> Mapping[str, str]:
        """This rater's answers, by element code."""
        return next((rater.answers for rater in self.raters if rater.membership.pk == membership.pk), {})

    def debrief_of(self, membership: Membership) -> Debrief | None:
        return next((debrief for debrief in self.debriefs if debrief.rater_id == membership.pk), None)


def evenings(sessions: Sequence[GroupSession], membership: Membership, *, now: datetime) -> list[Evening]:
    """The sessions with their series, as this member of staff may see them: debriefs only of evenings she leads.

    The sessions come with their group. Answers about an earlier version of an element stand beside the element of
    today with the same code. Raters answer and look back apart: whoever looks, also to observe, sees what others said
    once she has answered all that is asked, or once nothing can be said any more. A fixed number of queries.
    """
    elements = list(Element.objects.current())
    verdicts = computed(sessions, elements=elements, now=now)
    leads = SessionLead.objects.visible_to(membership).filter(session__in=sessions)
    answers = ElementAnswer.objects.visible_to(membership).filter(session__in=sessions)
    debriefs = Debrief.objects.editable_by(membership).filter(session__in=sessions)
    said: dict[int, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    people: dict[int, dict[int, tuple[Membership, str | Promise]]] = defaultdict(dict)
    around: dict[tuple[int, int], str] = {}
    for lead in leads.select_related("membership__user").order_by(BY_ROLE, "pk"):
        if lead.role in RATING_ROLES and lead.cancelled_at is None:
            people[lead.session_id][lead.membership_id] = (lead.membership, lead.get_role_display())
        # Who was replaced since she answered answered as who she was.
        around[lead.session_id, lead.membership_id] = lead.get_role_display()
    for answer in answers.select_related("element", "rater__user").order_by("pk"):
        said[answer.session_id][answer.rater_id][answer.element.code] = answer.answer
        role = around.get((answer.session_id, answer.rater_id), _("observer"))
        people[answer.session_id].setdefault(answer.rater_id, (answer.rater, role))
    kept: dict[int, list[Debrief]] = defaultdict(list)
    for debrief in debriefs.select_related("rater__user").order_by("pk"):
        kept[debrief.session_id].append(debrief)
    return [
        _evening(
            session,
            elements,
            verdicts=verdicts.get(session.pk, {}),
            people=people[session.pk],
            said=said[session.pk],
            debriefs=kept[session.pk],
            by=membership,
            now=now,
        )
        for session in sessions
    ]


def _evening(
    session: GroupSession,
    elements: list[Element],
    *,
    verdicts: Mapping[str, Verdict],
    people: Mapping[int, tuple[Membership, str | Promise]],
    said: Mapping[int, Mapping[str, str]],
    debriefs: list[Debrief],
    by: Membership,
    now: datetime,
) -> Evening:
    """`by` is who looks."""
    silent_words = why_not_answering(session, elements=elements, now=now)
    asked = {element.code for element in elements if element.is_asked}
    has_to_answer = not silent_words and not asked <= said.get(by.pk, {}).keys()
    raters = []
    for key, (membership, role) in people.items():
        own, is_kept_back = said.get(key, {}), has_to_answer and key != by.pk
        answered = len(asked & own.keys())
        raters.append(Rater(membership, role, {} if is_kept_back else own, answered, is_kept_back))
    lines = [
        Line(
            element,
            verdicts.get(element.code),
            [(rater, LOOKS.get(rater.answers.get(element.code, ""))) for rater in raters],
        )
        for element in elements
    ]
    shown = [debrief for debrief in debriefs if debrief.rater_id == by.pk or not has_to_answer]
    keeps_back = shown != debriefs or any(rater.is_kept_back and rater.answered for rater in raters)
    return Evening(session, raters, lines, shown, silent_words, keeps_back)
