"""Who is near: partners in the neighbourhood, what they do, and the sessions they are really met at."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import pghistory
from django.db import models, transaction
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.models import GroupSession


class PartnerQuerySet(PracticeOwnedQuerySet["Partner"]):
    def editable_by(self, membership: Membership) -> Self:
        partners = self.visible_to(membership)
        return partners if membership.sees_the_whole_practice else partners.none()

    def active(self) -> Self:
        return self.filter(ended_at=None)

    def ended(self) -> Self:
        return self.filter(ended_at__isnull=False)

    def with_activities(self, membership: Membership) -> Self:
        """Beside each partner the activities that have not ended themselves."""
        return self.prefetch_related(
            Prefetch("activities", Activity.objects.visible_to(membership).filter(ended_at=None))
        )


@pghistory.track()
class Partner(PracticeOwned):
    """An organisation near the group: a library, a community centre, a buurtteam."""

    class Kind(models.TextChoices):
        LIBRARY = "library", _("library")
        COMMUNITY_CENTRE = "community_centre", _("community centre")
        NEIGHBOURHOOD_TEAM = "neighbourhood_team", _("neighbourhood team")
        WELFARE = "welfare", _("welfare organisation")
        SCHOOL = "school", _("school or childcare")
        CARE = "care", _("care")
        SPORT = "sport", _("sport and movement")
        OTHER = "other", _("other")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind.choices)
    contact_name = models.CharField(_("contact person"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    website = models.URLField(_("website"), blank=True)
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("neighbourhood partner")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "name"],
                name="partner_name_is_unique_in_a_practice",
                violation_error_message=_("There is a partner with this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """One line: what is known of street, postcode and town."""
        return ", ".join(part for part in (self.street, f"{self.postcode} {self.town}".strip()) if part)

    def end(self, *, now: datetime) -> None:
        """Nothing of this partner is on offer any more; meetings in sessions to come are called off."""
        with transaction.atomic():
            # Somebody who ties an activity at this moment holds the row: what she ties is called off right after.
            if Partner.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now):
                Meeting.objects.filter(activity__partner=self.pk).to_come(now).call_off(now)

    def resume(self) -> None:
        """Work together again; meetings that were called off stay so."""
        Partner.objects.filter(pk=self.pk).update(ended_at=None)


class ActivityQuerySet(PracticeOwnedQuerySet["Activity"]):
    def editable_by(self, membership: Membership) -> Self:
        activities = self.visible_to(membership)
        return activities if membership.sees_the_whole_practice else activities.none()

    def on_offer(self) -> Self:
        return self.filter(ended_at=None, partner__ended_at=None)


@pghistory.track()
class Activity(PracticeOwned):
    """Something a partner does that a group could meet, or a participant could go to."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="activities")
    title = models.CharField(_("title"), max_length=120)
    description = models.TextField(_("what happens there"), blank=True, max_length=1000)
    takes_place = models.CharField(_("when and where"), max_length=160, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity")
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "partner", "title"],
                name="activity_title_is_unique_of_a_partner",
                violation_error_message=_("This partner has an activity with this title already."),
            ),
            models.CheckConstraint(condition=~Q(title=""), name="activity_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def end(self, *, now: datetime) -> None:
        """Not on offer any more; meetings in sessions to come are called off."""
        with transaction.atomic():
            if Activity.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now):
                self.meetings.all().to_come(now).call_off(now)

    def resume(self) -> None:
        """On offer again; meetings that were called off stay so."""
        Activity.objects.filter(pk=self.pk).update(ended_at=None)

    def tie_to(self, session: GroupSession, *, note: str = "", by: Membership, now: datetime) -> Meeting:
        """The group meets this activity in that session.

        Raises NotOnOffer when the activity or its partner has ended, and IntegrityError when it is tied already.
        """
        with transaction.atomic():
            # Ending takes these rows too: it comes before, and is seen here, or after, and calls this meeting off.
            Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
            Activity.objects.select_for_update(no_key=True).get(pk=self.pk)
            if not Activity.objects.on_offer().filter(pk=self.pk).exists():
                raise NotOnOffer(self.pk)
            return Meeting.objects.create(
                practice_id=self.practice_id, session=session, activity=self, note=note, arranged_by=by, arranged_at=now
            )


class NotOnOffer(Exception):
    """The activity ended while somebody was tying it to a session."""


class MeetingQuerySet(PracticeOwnedQuerySet["Meeting"]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        """Planners arrange; co-facilitators read."""
        return self.filter(session__in=GroupSession.objects.plannable_by(membership))

    def standing(self) -> Self:
        return self.filter(cancelled_at=None)

    def to_come(self, now: datetime) -> Self:
        return self.standing().filter(session__starts_at__gt=now)

    def call_off(self, now: datetime) -> int:
        return self.filter(cancelled_at=None).update(cancelled_at=now)


@pghistory.track()
class Meeting(PracticeOwned):
    """An activity that is tied to one session of a group: there the group meets the partner."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="meetings")
    activity = models.ForeignKey(Activity, models.PROTECT, related_name="meetings")
    note = models.CharField(_("agreements"), max_length=300, blank=True)
    arranged_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    arranged_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("meeting with a partner")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session", "activity"],
                condition=Q(cancelled_at=None),
                name="an_activity_is_met_once_in_a_session",
                violation_error_message=_("This activity is tied to the session already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} at {self.session_id}"
