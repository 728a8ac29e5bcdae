"""Who looked at whose data. Views that show a person's data call this; the rows are never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from participants.models import AccessRecord, Participant
from practices.models import Membership

# What somebody saw, by the first part of the URL name of the page; what is not here is told by that name.
SEEN: dict[str, str | Promise] = {
    "participants": _("personal details"),
    "groups": _("the group"),
    "sessions": _("the evening"),
    "checks": _("measured values"),
    "elements": _("the evening"),
    "reminders": _("messages"),
    "neighbourhood": _("introductions"),
    "insight": _("figures"),
}


@dataclass(frozen=True)
class Look:
    """What one member of staff saw of one person on one day."""

    day: date
    name: str
    seen: str | Promise
    times: int


def record_access(people: Iterable[Participant], *, by: Membership, page: str, now: datetime) -> None:
    """Note that `by` saw these people on `page` (a URL name), in one query however many they are."""
    AccessRecord.objects.bulk_create(
        AccessRecord(practice_id=by.practice_id, participant=person, membership=by, page=page, at=now)
        for person in people
    )


def record_first_look(people: Iterable[Participant], *, by: Membership, page: str, now: datetime) -> None:
    """The same for a page that asks for news: only of people whom `by` has not seen on it on this local day."""
    people = list(people)
    looks = AccessRecord.objects.filter(practice=by.practice_id, membership=by, page=page)
    today = looks.filter(participant__in=people, at__date=timezone.localdate(now))
    known = set(today.values_list("participant", flat=True))
    record_access([person for person in people if person.pk not in known], by=by, page=page, now=now)


def looks_at(participant: Participant, *, at_most: int) -> list[Look]:
    """Who looked at this person, newest day first. Days are those of the active time zone."""
    records: Any = (
        participant.access_records.annotate(day=TruncDate("at"))
        .values("day", "page", "membership__user__name")
        .annotate(times=Count("pk"), last=Max("at"))
        .order_by("-last")
    )
    return [
        Look(
            day=record["day"],
            name=record["membership__user__name"],
            seen=SEEN.get(record["page"].split(":")[0], record["page"]),
            times=record["times"],
        )
        for record in records[:at_most]
    ]
