"""Calendar feeds: the private addresses at which a calendar program fetches sessions."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Self

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup, Enrolment
from practices.models import Membership, Room
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet

SUBJECTS = ("membership", "room", "group", "enrolment")


def new_token() -> str:
    return secrets.token_urlsafe(24)


def _only(subject: str) -> Q:
    return Q(**{f"{name}__isnull": name != subject for name in SUBJECTS})


class CalendarFeedQuerySet(PracticeOwnedQuerySet["CalendarFeed"]):
    def visible_to(self, membership: Membership) -> Self:
        """Her own alone: whoever reads an address can read the calendar behind it."""
        return super().visible_to(membership).filter(Q(membership=membership) | Q(holder=membership))

    def live(self) -> Self:
        return self.filter(revoked_at=None)


# A calendar program asks every few hours: that is no change that anybody made.
@pghistory.track(exclude=["last_fetched_at"])
class CalendarFeed(PracticeOwned):
    """An address for one calendar: of a member of staff, of a room, of a group, or of a participant by her enrolment.

    A revoked address stays as a row and opens nothing; the next one is another row with another address.
    """

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="+", db_index=False)
    group = models.ForeignKey(CareGroup, models.PROTECT, null=True, related_name="+", db_index=False)
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, null=True, related_name="+", db_index=False)
    # Whose address of a room or a group it is: it opens what she may see, as long as she may see it.
    holder = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar link")
        indexes = [models.Index(fields=["practice", "holder"], name="feeds_by_holder")]
        constraints = [
            models.CheckConstraint(condition=reduce(or_, map(_only, SUBJECTS)), name="feed_has_one_subject"),
            models.CheckConstraint(
                condition=Q(_only("room") | _only("group"), holder__isnull=False)
                | Q(_only("membership") | _only("enrolment"), holder=None),
                name="feed_of_a_room_or_group_has_a_holder",
            ),
            models.UniqueConstraint(
                fields=["practice", "enrolment", "membership", "group", "room", "holder"],
                condition=Q(revoked_at=None),
                nulls_distinct=False,
                name="one_address_of_a_calendar_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"feed {self.pk}"

    @property
    def reader(self) -> Membership | None:
        """The member of staff whose address it is; None for a participant's own."""
        return self.membership or self.holder

    def revoke(self, *, now: datetime) -> None:
        """Let the address open nothing from now on; once is enough."""
        CalendarFeed.objects.live().filter(pk=self.pk).update(revoked_at=now)
