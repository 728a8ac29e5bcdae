"""The plan of one evening: its opening, its closing, and topics, done there, postponed, or added on the spot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.dispatch import receiver
from django.utils.translation import gettext as _

from groups.models import CareGroup
from practices.models import Membership
from sessions.evening import NotRunning, Refused, lock_running
from sessions.events import sessions_changed
from sessions.library import ActivityFormat, LibraryTopic, Moment, copied
from sessions.models import GroupSession, GroupSessionQuerySet, PlanItem

# What goes along with a topic to the next session.
CARRIED = ("format_name", "how", "minutes", "materials")


class CarriedOn(Refused):
    """The next session has gone on with this topic already, or is closed."""


def why_not_prepared(session: GroupSession) -> str:
    """The sentence that says why nothing can be planned for this evening, or nothing when it can, long before too."""
    if session.is_cancelled:
        return _("This session is cancelled.")
    if session.is_closed:
        return _("This session is closed. A first facilitator can open it again.")
    return ""


def lock_to_prepare(session: GroupSession) -> GroupSession:
    """The session as it is, its row held until the transaction ends. Raises NotRunning once nothing can be planned."""
    locked = GroupSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    if refusal := why_not_prepared(locked):
        raise NotRunning(refusal)
    return locked


def add_topic(session: GroupSession, title: str, *, by: Membership, now: datetime) -> PlanItem:
    """Put a topic at the end of the plan, with the activity format that the library names for it.

    The same title once more is the topic that is there. Raises NotRunning.
    """
    with transaction.atomic():
        here = lock_to_prepare(session)
        if there := here.plan.topics().filter(title__iexact=title).first():
            return there
        suggested = LibraryTopic.objects.visible_to(by).suggestion_for(title, session.group.kind)
        return _append(here, title, by=by, now=now, **copied(suggested))


def choose(session: GroupSession, moment: str, chosen: ActivityFormat | None, *, by: Membership, now: datetime) -> None:
    """Open or close the evening (`moment`) with this activity, or with none. Raises NotRunning."""
    with transaction.atomic():
        here = lock_to_prepare(session)
        stood = here.plan.filter(moment=moment).first()
        if chosen and stood and stood.title == chosen.name:
            return
        if stood:
            stood.delete()
        if chosen:
            about = copied(chosen) | {"format_name": "", "moment": moment}
            _append(here, chosen.name, by=by, now=now, **about)


def change(topic: PlanItem, *, by: Membership, **about: Any) -> PlanItem:
    """Give what is on the plan another title, activity format, time or materials. Raises NotRunning."""
    with transaction.atomic():
        item = lock_to_prepare(topic.session).plan.get(pk=topic.pk)
        for name, value in about.items():
            setattr(item, name, value)
        item.changed_by = by
        item.save(update_fields=[*about, "changed_by"])
        return item


def mark_done(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Say that an open topic was talked about; one that is not open stays as it is. Raises NotRunning."""
    with transaction.atomic():
        topic = _held(topic, now=now)
        if topic.done_at is None and topic.postponed_at is None:
            topic.done_at, topic.changed_by = now, by
            topic.save(update_fields=["done_at", "changed_by"])
        return topic


def postpone(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Leave an open topic for the group's next session, where it appears once. Raises NotRunning.

    Where there is no later session, or it has a topic with this title already, it is only postponed.
    """
    with transaction.atomic():
        topic = _held(topic, now=now)
        if topic.done_at is not None or topic.postponed_at is not None:
            return topic
        topic.postponed_at, topic.changed_by = now, by
        topic.save(update_fields=["postponed_at", "changed_by"])
        # Whoever calls that session off waits here, and then takes the topic along. In the order of their start, as all
        # who hold several sessions do.
        later = _following(topic.session).select_for_update(of=("self",), no_key=True).first()
        if later and not later.plan.topics().filter(title__iexact=topic.title).exists():
            about = {name: getattr(topic, name) for name in CARRIED}
            _append(later, topic.title, carried_from=topic, by=by, now=now, **about)
        return topic


def undo(topic: PlanItem, *, by: Membership, now: datetime) -> PlanItem:
    """Open a topic again, and take it off the next session.

    Raises NotRunning, or CarriedOn when the next session went on with it or is closed.
    """
    with transaction.atomic():
        topic = _held(topic, now=now)
        # Whoever deals with it there, or closes that session, waits here.
        GroupSession.objects.select_for_update(of=("self",), no_key=True).filter(plan__carried_from=topic).first()
        carried = PlanItem.objects.filter(carried_from=topic).select_related("session").first()
        if carried and (carried.done_at or carried.postponed_at):
            raise CarriedOn(_("The next session has dealt with this topic already."))
        if carried and carried.session.is_closed:
            raise CarriedOn(_("The next session is closed, and this topic stays on its plan."))
        if carried:
            carried.delete()
        topic.done_at, topic.postponed_at, topic.changed_by = None, None, by
        topic.save(update_fields=["done_at", "postponed_at", "changed_by"])
        return topic


@dataclass(frozen=True)
class Course:
    """The plan of an evening in its order."""

    opening: PlanItem | None
    topics: Sequence[PlanItem]
    closing: PlanItem | None
    # How long the session is.
    length: int

    @property
    def minutes(self) -> int:
        """What is planned here, without what goes to another session."""
        staying = [topic for topic in self.topics if topic.postponed_at is None]
        return sum(item.minutes or 0 for item in (self.opening, *staying, self.closing) if item)

    @property
    def too_long(self) -> int:
        """By how many minutes the plan is longer than the session."""
        return max(0, self.minutes - self.length)


def course_of(session: GroupSession) -> Course:
    """The plan as it is, in one query."""
    items = list(session.plan.select_related("carried_from__session", "carried_to__session"))
    around = {item.moment: item for item in items if item.moment != Moment.TOPIC}
    return Course(
        opening=around.get(Moment.OPENING),
        topics=[item for item in items if item.moment == Moment.TOPIC],
        closing=around.get(Moment.CLOSING),
        length=session.length // timedelta(minutes=1),
    )


def next_session(session: GroupSession) -> GroupSession | None:
    """The group's first session after this one that stands and is not closed."""
    return _following(session).first()


@receiver(sessions_changed)
def carry_past_cancelled(
    sender: Any, group: CareGroup, sessions: Iterable[GroupSession], now: datetime, **kwargs: Any
) -> None:
    """Topics that were carried to a session which is cancelled now go on to the next that stands."""
    cancelled = [session for session in sessions if session.is_cancelled]
    if not cancelled:
        return
    lost = PlanItem.objects.filter(session__in=cancelled, carried_from__isnull=False, done_at=None, postponed_at=None)
    for topic in lost.select_related("session__group"):
        later = next_session(topic.session)
        if later and not later.plan.topics().filter(title__iexact=topic.title).exists():
            topic.session, topic.position = later, _end_of(later)
            topic.save(update_fields=["session", "position"])


def _following(session: GroupSession) -> GroupSessionQuerySet:
    later = GroupSession.objects.standing().filter(group=session.group_id, starts_at__gt=session.starts_at)
    return later.filter(closed_at=None).order_by("starts_at")


def _held(topic: PlanItem, *, now: datetime) -> PlanItem:
    running = lock_running(topic.session, now=now)
    return running.plan.get(pk=topic.pk)


def _append(session: GroupSession, title: str, *, by: Membership, now: datetime, **fields: Any) -> PlanItem:
    return session.plan.create(
        practice_id=session.practice_id,
        position=_end_of(session),
        title=title,
        added_at=now,
        changed_by=by,
        **fields,
    )


def _end_of(session: GroupSession) -> int:
    last: int = session.plan.aggregate(last=Max("position"))["last"] or 0
    return last + 1
