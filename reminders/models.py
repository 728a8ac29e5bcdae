"""The ledger of messages: what was to be sent to whom and when, and what became of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from groups.models import Enrolment
from participants.models import Language
from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from reminders.fields import unknown_fields
from sessions.models import GroupSession

# A claim that did not get as far as sending is free again after this.
CLAIM_LASTS = timedelta(minutes=10)
# How long a message that the mail server would not take now waits before each further try; then it has failed.
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (2, 10, 30, 120, 360, 720))


class Occasion(models.TextChoices):
    """Why a message is sent."""

    WELCOME = "welcome", _("all dates")
    WEEK_BEFORE = "week_before", _("a week before")
    TWO_DAYS_BEFORE = "two_days_before", _("two days before")
    MOVED = "moved", _("session moved")
    CANCELLED = "cancelled", _("session cancelled")
    OTHER_DATES = "other_dates", _("all dates, in place of the earlier ones")


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class Failure(models.TextChoices):
    """Why a message did not arrive, or why nobody knows whether it did."""

    REFUSED = "refused", _("the mail server refused it")
    NOT_TAKEN = "not_taken", _("the mail server did not take it, several times")
    NO_ANSWER = "no_answer", _("the connection broke before the mail server answered")
    ADDRESS = "address", _("the e-mail address cannot be used")
    TEXT = "text", _("there is no text for it")


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
    # With fields as in reminders/fields.py.
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

    def clean(self) -> None:
        """Refuse a field that no message fills, before it reaches somebody as it stands."""
        for name in ("subject", "body"):
            unknown = unknown_fields(getattr(self, name), occasion=self.occasion)
            if unknown:
                words = _("This field does not exist in this message: %(field)s.")
                raise ValidationError({name: ValidationError(words, params={"field": unknown[0]})})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)


def new_token() -> str:
    return secrets.token_urlsafe(24)


class ReminderQuerySet(PracticeOwnedQuerySet["Reminder"]):
    def visible_to(self, membership: Membership) -> Self:
        """The messages of groups that this member of staff may open."""
        messages = super().visible_to(membership)
        if membership.sees_the_whole_practice:
            return messages
        return messages.filter(enrolment__in=Enrolment.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        """Planners may have a message sent again."""
        messages = self.visible_to(membership)
        return messages if membership.sees_the_whole_practice else messages.none()

    def waiting(self) -> Self:
        """To be sent, a claim that never got to sending included."""
        return self.filter(sending_at=None, cancelled_at=None)

    def due(self, now: datetime) -> Self:
        """Waiting rows whose time has come and that nobody has taken, or not for long."""
        lapsed = Q(claimed_at=None) | Q(claimed_at__lte=now - CLAIM_LASTS)
        return self.waiting().filter(lapsed, due_at__lte=now)

    def claim(self, pk: int, *, now: datetime) -> bool:
        """Take this row unless another worker has. True for exactly one caller."""
        # Only columns of this table: with a join Django filters in a subquery, PostgreSQL does not look again after
        # waiting for the row, and two workers both win.
        return self.due(now).filter(pk=pk).update(claimed_at=now) == 1

    def unsettled(self) -> Self:
        """Sending began and it has not arrived: failed, on its way, or nobody knows."""
        return self.filter(sending_at__isnull=False, sent_at=None)

    def failed(self) -> Self:
        return self.filter(failed_at__isnull=False, cancelled_at=None)

    def of_unknown_outcome(self, now: datetime) -> Self:
        """Sending began and nothing was heard since: shown to people, never repeated by itself."""
        silent = Q(sending_at__lte=now - CLAIM_LASTS) | ~Q(failure="")
        return self.unsettled().filter(silent, failed_at=None)

    def needing_attention(self, now: datetime) -> Self:
        """Failed or unknown, as long as it matters: the group is hers and what it was about is still to come."""
        coming = GroupSession.objects.standing().filter(group=OuterRef("enrolment__group"), starts_at__gt=now)
        matters = Q(session__starts_at__gt=now) | Q(Exists(coming), session=None)
        return (self.failed() | self.of_unknown_outcome(now)).filter(
            matters,
            enrolment__in=Enrolment.objects.hearing(),
            enrolment__participant__contact_stopped_at=None,
        )


@pghistory.track()
class Reminder(PracticeOwned):
    """One message to one person on one occasion: waiting, claimed, sending, then sent, failed or unknown."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown whether it arrived")
        WITHDRAWN = "withdrawn", _("withdrawn")

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="reminders")
    session = models.ForeignKey(GroupSession, models.PROTECT, null=True, blank=True, related_name="reminders")
    occasion = models.CharField(_("occasion"), max_length=20, choices=Occasion.choices)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    # What makes this message this message: deriving the ledger again finds the row instead of writing another.
    key = models.CharField(max_length=120)
    # What the link in the message opens; says nothing by itself.
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    due_at = models.DateTimeField(_("to be sent at"))
    # The start that the message speaks of. What was sent stays as it is: a later move makes a new message.
    speaks_of = models.DateTimeField(null=True, blank=True)
    # What it said, from the moment of sending: start and room of each session by its key, null for a cancelled one.
    told = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sending_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=20, choices=Failure.choices, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sending_at=None, cancelled_at=None), name="reminders_waiting"),
            models.Index(fields=["practice", "due_at"], name="reminders_by_due"),
            models.Index(
                fields=["practice"], condition=Q(sending_at__isnull=False, sent_at=None), name="reminders_unsettled"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["practice", "key"], name="a_message_is_sent_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(sending_at__isnull=False, failed_at=None), name="sent_was_sending"
            ),
            models.CheckConstraint(
                condition=Q(failed_at=None) | Q(sending_at__isnull=False) & ~Q(failure=""), name="failed_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(sending_at=None), name="what_is_sending_cannot_be_cancelled"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.pk}"

    @property
    def is_waiting(self) -> bool:
        return self.sending_at is None and self.cancelled_at is None

    def state(self, now: datetime) -> State:
        """What became of it, as far as is known at this moment."""
        if self.cancelled_at:
            return self.State.WITHDRAWN
        if self.sent_at:
            return self.State.SENT
        if self.failed_at:
            return self.State.FAILED
        if self.sending_at is None:
            return self.State.WAITING
        silent = self.failure or self.sending_at <= now - CLAIM_LASTS
        return self.State.UNKNOWN if silent else self.State.SENDING

    def begin_sending(self, told: Mapping[str, Any], *, now: datetime) -> bool:
        """Say, before anything leaves, that it is leaving. False when it is not ours to send any more."""
        mine = Reminder.objects.waiting().filter(pk=self.pk, claimed_at=self.claimed_at)
        return mine.update(sending_at=now, told=told, session=self.session, speaks_of=self.speaks_of) == 1

    def arrived(self, *, now: datetime) -> None:
        """The mail server has taken it."""
        Reminder.objects.filter(pk=self.pk).update(sent_at=now, failure="")

    def fail(self, failure: Failure, *, now: datetime) -> None:
        """It will not arrive, and nothing is tried again by itself."""
        Reminder.objects.filter(pk=self.pk).update(
            sending_at=Coalesce("sending_at", now), failed_at=now, failure=failure
        )

    def lose_track(self, failure: Failure) -> None:
        """Nobody knows whether it arrived."""
        Reminder.objects.filter(pk=self.pk).update(failure=failure)

    def try_later(self, *, now: datetime) -> None:
        """It has certainly not arrived: wait for another try, or fail after the last one."""
        if self.tries >= len(RETRY_AFTER):
            self.fail(Failure.NOT_TAKEN, now=now)
            return
        due_at = now + RETRY_AFTER[self.tries]
        Reminder.objects.filter(pk=self.pk).update(
            sending_at=None, claimed_at=None, told={}, tries=F("tries") + 1, due_at=due_at
        )

    def postpone(self, due_at: datetime) -> None:
        """Put it back until this moment."""
        Reminder.objects.waiting().filter(pk=self.pk).update(claimed_at=None, due_at=due_at)

    def withdraw(self, *, now: datetime) -> None:
        """It need not be sent any more."""
        Reminder.objects.waiting().filter(pk=self.pk).update(cancelled_at=now)

    def send_again(self, *, now: datetime) -> bool:
        """Put a message that failed, or whose outcome is unknown, back among those that are due now."""
        stuck = Reminder.objects.failed() | Reminder.objects.of_unknown_outcome(now)
        back: dict[str, Any] = {
            "sending_at": None,
            "failed_at": None,
            "claimed_at": None,
            "failure": "",
            "tries": 0,
            "told": {},
        }
        return stuck.filter(pk=self.pk).update(due_at=now, **back) == 1
