"""Which calendars somebody may subscribe to, and what the subscriber finds at the address of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, F, Max, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from groups.events import link_changed
from groups.models import CareGroup, Enrolment
from practices.models import Membership, Practice, Room
from practices.tenancy import all_practices
from sessions.calendars import Entry, write
from sessions.feeds import CalendarFeed
from sessions.models import GroupSession, SessionLead
from sessions.wording import where

# A calendar goes back this far; what is to come is always in it.
KEPT = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """One calendar that a member of staff may subscribe to, with her address of it if she has one."""

    kind: str
    title: str
    # The fields of CalendarFeed that say which it is, and whose address.
    fields: dict[str, Model]
    feed: CalendarFeed | None

    @property
    def key(self) -> str:
        """Names it on its page."""
        return "own" if self.kind == "own" else f"{self.kind}-{self.fields[self.kind].pk}"


def calendars_for(membership: Membership, *, now: datetime) -> list[Calendar]:
    """Her own sessions; for a planner the rooms; and the groups she may open that have dates to come. Three queries."""
    feeds = {
        (feed.membership_id, feed.room_id, feed.group_id): feed
        for feed in CalendarFeed.objects.visible_to(membership).live()
    }
    calendars = [
        Calendar(kind="own", title="", fields={"membership": membership}, feed=feeds.get((membership.pk, None, None)))
    ]
    for room in _rooms(membership, now):
        fields: dict[str, Model] = {"room": room, "holder": membership}
        calendars.append(Calendar(kind="room", title=room.name, fields=fields, feed=feeds.get((None, room.pk, None))))
    coming = GroupSession.objects.upcoming(now).filter(group=OuterRef("pk"))
    subscribed = [group for _member, _room, group in feeds if group]
    groups = CareGroup.objects.visible_to(membership).alive().filter(Q(Exists(coming)) | Q(pk__in=subscribed))
    for group in groups:
        fields = {"group": group, "holder": membership}
        calendars.append(
            Calendar(kind="group", title=group.name, fields=fields, feed=feeds.get((None, None, group.pk)))
        )
    return calendars


def _rooms(membership: Membership, now: datetime) -> QuerySet[Room]:
    rooms = Room.objects.visible_to(membership).in_use(timezone.localdate(now))
    return rooms if membership.sees_the_whole_practice else rooms.none()


def subscribe(practice: Practice, fields: dict[str, Any], *, now: datetime) -> CalendarFeed:
    """The address of this calendar, made where there is none yet; asked twice at once it is made once."""
    feed, _made = CalendarFeed.objects.get_or_create(
        practice=practice, **fields, revoked_at=None, defaults={"created_at": now}
    )
    return feed


def feed_of(enrolment: Enrolment) -> CalendarFeed | None:
    """The participant's own address, if she has made one."""
    return CalendarFeed.objects.live().filter(practice=enrolment.practice_id, enrolment=enrolment).first()


def practice_of(token: str) -> Practice | None:
    """The practice with this address: the one look across practices for a calendar program."""
    with all_practices():
        return Practice.objects.filter(pk__in=CalendarFeed.objects.filter(token=token).values("practice")).first()


def feed_behind(token: str, *, now: datetime) -> CalendarFeed | None:
    """What this address opens now: nothing when it is revoked, or its reader may no longer see what it shows."""
    related = (
        "practice",
        "membership__user",
        "holder__user",
        "room",
        "group",
        "enrolment__participant",
        "enrolment__group",
    )
    feed = CalendarFeed.objects.live().select_related(*related).filter(token=token).first()
    return feed if feed and _may_be_read(feed, now) else None


def _may_be_read(feed: CalendarFeed, now: datetime) -> bool:
    reader = feed.reader
    if reader is None:
        return True
    today = timezone.localdate(now)
    if not reader.user.is_active or not Membership.objects.active_on(today).filter(pk=reader.pk).exists():
        return False
    if feed.group_id:
        return CareGroup.objects.visible_to(reader).filter(pk=feed.group_id).exists()
    return reader.sees_the_whole_practice or feed.room_id is None


def fetch(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The calendar as it is now, and a note that somebody asked for it."""
    CalendarFeed.objects.filter(pk=feed.pk).update(last_fetched_at=now)
    practice = feed.practice
    language = practice.language
    if feed.enrolment and feed.enrolment.participant.language in dict(settings.LANGUAGES):
        language = feed.enrolment.participant.language
    with override(language):
        title = _("Group meeting")
    name = f"{practice.name}: {feed.room.name}" if feed.room else practice.name
    return write(list(entries_of(feed, now=now)), name=name, title=title, zone=practice.zone)


def entries_of(feed: CalendarFeed, *, now: datetime) -> Iterator[Entry]:
    """The sessions that the feed shows, in order of time."""
    sessions = (
        GroupSession.objects.filter(practice=feed.practice_id, starts_at__gt=now - KEPT)
        .select_related("room", "group")
        .annotate(changed_at=Coalesce(Max("events__pgh_created_at"), F("group__created_at")))
        .order_by("starts_at", "pk")
    )
    if feed.enrolment:
        return _of_participant(feed.enrolment, sessions)
    if feed.membership:
        return _of_member(feed.membership, feed.practice, sessions)
    return _of_place_or_group(feed, sessions)


def _of_place_or_group(feed: CalendarFeed, sessions: QuerySet[Any]) -> Iterator[Entry]:
    if feed.room_id is None:
        wanted = sessions.filter(group=feed.group_id)
    else:
        # Also what was to be here and went to another room: a calendar keeps it until it hears that it is off.
        was_here = GroupSession.objects.filter(pk=OuterRef("pk"), events__room=feed.room_id)
        wanted = sessions.filter(Q(room=feed.room_id) | Exists(was_here))
    for session in wanted:
        is_off = feed.room_id is not None and session.room_id != feed.room_id
        # Such an address goes from hand to hand: who wants the link finds it on the session's own page.
        yield _entry(session, url=_address(feed.practice, session), is_off=is_off, with_link=False)


def _of_member(member: Membership, practice: Practice, sessions: QuerySet[Any]) -> Iterator[Entry]:
    """What she leads; where somebody else leads in her place now, it is cancelled for her."""
    own = SessionLead.objects.filter(membership=member)
    standing = own.standing().filter(session=OuterRef("pk"))
    # The history of her part in it: whatever happens to that, the number rises, which the session's own need not.
    changes = Count("leads__events", filter=Q(leads__membership=member), distinct=True)
    led = sessions.filter(pk__in=own.values("session")).annotate(is_hers=Exists(standing), changes=changes)
    for session in led:
        url = _address(practice, session)
        yield _entry(session, url=url, changes=session.changes, is_off=not session.is_hers)


def _of_participant(enrolment: Enrolment, sessions: QuerySet[Any]) -> Iterator[Entry]:
    """The dates of her group while she has a place; once she left or is left in peace, those to come are cancelled.

    What became of the group's dates after that is not hers to know. Where her group became one with another, her
    calendar has both: what was, and what was called off then.
    """
    for place in (enrolment, *enrolment.earlier.select_related("group", "participant")):
        yield from _of_place(place, sessions)


def _of_place(place: Enrolment, sessions: QuerySet[Any]) -> Iterator[Entry]:
    gone_at = _gone_at(place)
    events = Count("events", distinct=True) + Count("participant__events", distinct=True)
    changes = Enrolment.objects.filter(pk=place.pk).aggregate(changes=events)["changes"]
    for session in sessions.filter(group=place.group_id, ends_at__gt=place.enrolled_at):
        is_off = gone_at is not None and session.starts_at >= gone_at
        if not (gone_at and is_off and session.changed_at > gone_at):
            yield _entry(session, changes=changes, is_off=is_off)


def _gone_at(place: Enrolment) -> datetime | None:
    """Since when the dates are not hers any more. A group that ended takes its own dates away."""
    left = None if place.state == Enrolment.State.ENROLLED else place.left_at or place.enrolled_at
    if place.state == Enrolment.State.ENDED:
        left = None if place.group.cancelled_at else place.ended_at
    return min((moment for moment in (left, place.participant.contact_stopped_at) if moment), default=None)


def _entry(session: Any, *, url: str = "", changes: int = 0, is_off: bool = False, with_link: bool = True) -> Entry:
    return Entry(
        key=session.pk,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        changed_at=session.changed_at,
        sequence=session.sequence + changes,
        is_cancelled=session.is_cancelled or is_off,
        place=where(session, session.group, with_link=with_link),
        url=url,
    )


def _address(practice: Practice, session: GroupSession) -> str:
    """The session's own page, which asks for a sign-in."""
    return settings.BASE_URL + reverse("sessions:session", args=[practice.slug, session.pk])


@receiver(link_changed)
def let_calendars_notice(sender: Any, group: CareGroup, now: datetime, **kwargs: Any) -> None:
    """The sessions to come are told anew, with the link that the group has now."""
    GroupSession.objects.upcoming(now).filter(group=group).update(sequence=F("sequence") + 1)
