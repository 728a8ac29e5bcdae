"""The ledger of messages: what was to be sent to whom and when, and what became of it."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Self

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.models import Enrolment
from participants.models import Language
from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.models import GroupSession

# A claim that did not get as far as sending is free again after this.
CLAIM_LASTS = timedelta(minutes=10)


class Occasion(models.TextChoices):
    """Why a message is sent."""

    WELCOME = "welcome", _("all dates")
    WEEK_BEFORE = "week_before", _("a week before")
    TWO_DAYS_BEFORE = "two_days_before", _("two days before")
    MOVED = "moved", _("session moved")
    CANCELLED = "cancelled", _("session cancelled")


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class MessageTextQuerySet(PracticeOwnedQuerySet["MessageText"]):
    def editable_by(self, membership: Membership) -> Self:
        texts = self.visible_to(membership)
        return texts if membership.is_coordinator else texts.none()


class MessageText(PracticeOwned):
    """The words of a message, in the practice's own copy. Neutral: nothing in it says what kind of group it is."""

    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices)
    subject = models.CharField(_("subject"), max_length=120, blank=True)
    # str.format fields: see reminders/texts.py for those that exist.
    body = models.TextField(_("text"), max_length=2000)

    objects = MessageTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a message")
        ordering = ["occasion", "channel", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "occasion", "channel", "language"], name="one_text_of_an_occasion"
            )
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.language}"


def new_token() -> str:
    return secrets.token_urlsafe(24)


class ReminderQuerySet(PracticeOwnedQuerySet["Reminder"]):
    def visible_to(self, membership: Membership) -> Self:
        """The messages of groups that this member of staff may open."""
        return self.filter(enrolment__in=Enrolment.objects.visible_to(membership))

    def due(self, now: datetime) -> Self:
        """Waiting rows whose time has come, those with a claim that never got to sending included."""
        return self.filter(
            Q(claimed_at=None) | Q(claimed_at__lte=now - CLAIM_LASTS),
            due_at__lte=now,
            sending_at=None,
            cancelled_at=None,
        )

    def claim(self, pk: int, *, now: datetime) -> bool:
        """Take this row unless another worker has. True for exactly one caller."""
        # Only columns of this table: with a join Django filters in a subquery, PostgreSQL does not look again after
        # waiting for the row, and two workers both win.
        return self.due(now).filter(pk=pk).update(claimed_at=now) == 1

    def failed(self) -> Self:
        return self.filter(failed_at__isnull=False, cancelled_at=None)

    def of_unknown_outcome(self, now: datetime) -> Self:
        """Sending began and nothing was heard since: shown to people, never repeated by itself."""
        return self.filter(sending_at__lte=now - CLAIM_LASTS, sent_at=None, failed_at=None)


@pghistory.track()
class Reminder(PracticeOwned):
    """One message to one person on one occasion: waiting, claimed, sending, then sent, failed or unknown."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="reminders")
    session = models.ForeignKey(GroupSession, models.PROTECT, null=True, blank=True, related_name="reminders")
    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    # What makes this message this message: deriving the ledger again finds the row instead of writing another.
    key = models.CharField(max_length=120)
    # What the link in the message opens; says nothing by itself.
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    due_at = models.DateTimeField(_("to be sent at"))
    # The start that the message speaks of: a later move makes a new message, not a changed one.
    speaks_of = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sending_at=None, cancelled_at=None), name="reminders_waiting"),
            models.Index(fields=["practice", "due_at"], name="reminders_by_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["practice", "key"], name="a_message_is_sent_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sending_at__isnull=False, failed_at=None), name="sent_was_sending"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(sending_at=None), name="what_is_sending_cannot_be_cancelled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.pk}"
