"""Organisations, the people who work there, and the rooms they meet in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from practices.ranges import DayRange, RowRange
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet, all_practices

# The first part of a path that is not a practice.
RESERVED_SLUGS = frozenset(
    {"a", "accounts", "calendar", "favicon.ico", "healthz", "i18n", "mailbox", "robots.txt", "static", "tablet"}
)


# What a constraint refuses; the forms say it beside the field that mends it.
HOURS_RUN_FORWARD = _("Messages must start before they end; leave both empty for any time.")
END_BEFORE_START = _("The end must not come before the start.")
LAST_DAY_BEFORE_FIRST = _("The last day must not come before the first.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, *, name: str, password: str | None = None) -> User:
        """A person who may sign in; without a password only after following a link to choose one."""
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who signs in with an e-mail address. What they may do is said by their memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("may sign in"), default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


def valid_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("This is not a time zone that we know."))


def not_reserved(value: str) -> None:
    if value in RESERVED_SLUGS:
        raise ValidationError(_("This address is in use by the program itself."))


class Practice(models.Model):
    """An organisation that runs groups. It owns its rows; nothing of it is visible to another."""

    class Kind(models.TextChoices):
        MIDWIFERY = "midwifery", _("midwifery practice")
        YOUTH = "youth", _("youth health care")
        HOSPITAL = "hospital", _("hospital")

    class SchoolRegion(models.TextChoices):
        NORTH = "Noord", _("North")
        MIDDLE = "Midden", _("Middle")
        SOUTH = "Zuid", _("South")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), unique=True, validators=[not_reserved])
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Amsterdam", validators=[valid_zone])
    language = models.CharField(
        _("language"), max_length=5, choices=[("nl", _("Dutch")), ("en", _("English"))], default="nl"
    )
    sender_name = models.CharField(_("sender of messages"), max_length=60)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    # Messages leave only between these local times, and not on Sundays and public holidays; both empty: at any time.
    messages_from = models.TimeField(_("messages from"), null=True, blank=True)
    messages_until = models.TimeField(_("messages until"), null=True, blank=True)
    school_region = models.CharField(
        _("region of the school holidays"), max_length=10, choices=SchoolRegion.choices, default=SchoolRegion.MIDDLE
    )
    # Days in the list of public holidays that are ordinary working days here, by their Dutch names.
    ordinary_holidays = ArrayField(models.CharField(max_length=60), default=list, blank=True)

    class Meta:
        verbose_name = _("practice")
        constraints = [
            models.CheckConstraint(
                condition=Q(messages_from=None, messages_until=None) | Q(messages_from__lt=F("messages_until")),
                name="messages_leave_in_an_ordered_window",
                violation_error_message=HOURS_RUN_FORWARD,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("coordinator")
    FACILITATOR = "facilitator", _("first facilitator")
    CO_FACILITATOR = "co_facilitator", _("co-facilitator")
    # Visits an evening and says how she saw it: a supervisor, or who certifies. She sees nobody's data.
    OBSERVER = "observer", _("observer")


class Profession(models.TextChoices):
    MIDWIFE = "midwife", _("midwife")
    CLINICAL_MIDWIFE = "clinical_midwife", _("clinical midwife")
    GYNAECOLOGIST = "gynaecologist", _("gynaecologist")
    YOUTH_NURSE = "youth_nurse", _("youth nurse")
    YOUTH_DOCTOR = "youth_doctor", _("youth doctor")
    ASSISTANT = "assistant", _("assistant")
    MATERNITY_ASSISTANT = "maternity_assistant", _("maternity-care assistant")
    NEIGHBOURHOOD_WORKER = "neighbourhood_worker", _("neighbourhood worker")
    INTERPRETER = "interpreter", _("interpreter")
    OTHER = "other", _("other")


# Professions that answer for checks, and so may review a value that lies outside the limits.
ANSWERS_FOR_CHECKS = frozenset(
    {
        Profession.MIDWIFE,
        Profession.CLINICAL_MIDWIFE,
        Profession.GYNAECOLOGIST,
        Profession.YOUTH_NURSE,
        Profession.YOUTH_DOCTOR,
    }
)


# Professions of which a schedule that expects a doctor speaks.
DOCTORS = frozenset({Profession.GYNAECOLOGIST, Profession.YOUTH_DOCTOR})


class MembershipQuerySet(PracticeOwnedQuerySet["Membership"]):
    def active_on(self, day: date) -> Self:
        """Memberships that hold on this day; `ends_on` is the first day that is over."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=day), starts_on__lte=day)

    def for_user(self, user: User, *, in_practice: Practice, day: date) -> Self:
        """The membership of this user in this practice on this day, if there is one."""
        return self.filter(user=user, practice=in_practice).active_on(day).select_related("user", "practice")

    def with_role(self, *roles: Role) -> Self:
        return self.filter(roles__overlap=list(roles))

    def editable_by(self, membership: Membership) -> Self:
        staff = self.visible_to(membership)
        return staff if Role.COORDINATOR in membership.roles else staff.none()


@pghistory.track()
class Membership(PracticeOwned):
    """Somebody's work for a practice: what they may do there, as which profession, from when until when.

    Staff of another organisation are guests: they have a home organisation and, as a rule, an end.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    profession = models.CharField(_("profession"), max_length=30, choices=Profession.choices)
    is_trained = models.BooleanField(_("trained in Centering"), default=False)
    organisation = models.CharField(
        _("home organisation"), max_length=120, blank=True, help_text=_("Only for guests from another organisation.")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of staff")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "user"],
                name="one_membership_of_a_person_in_a_practice",
                violation_error_message=_("This person works here already."),
            ),
            models.CheckConstraint(
                condition=Q(roles__len__gt=0) & Q(roles__contained_by=Role.values),
                name="membership_has_known_roles",
                violation_error_message=_("Choose at least one role."),
            ),
            models.CheckConstraint(
                # An invitation to a wrong address ends on the day it began: it holds on no day.
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="membership_does_not_end_before_it_starts",
                violation_error_message=END_BEFORE_START,
            ),
        ]

    def __str__(self) -> str:
        return self.user.name

    def has_any(self, roles: Collection[Role]) -> bool:
        return not set(self.roles).isdisjoint(roles)

    @property
    def role_names(self) -> list[str]:
        """The roles as people call them, in the order in which Role names them."""
        return [str(role.label) for role in Role if role in self.roles]

    @property
    def is_coordinator(self) -> bool:
        return Role.COORDINATOR in self.roles

    @property
    def sees_the_whole_practice(self) -> bool:
        """Coordinators and first facilitators plan and enrol, and so see every group and person."""
        return self.has_any((Role.COORDINATOR, Role.FACILITATOR))

    def works_here_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)

    def keeps_absences_of(self, member: Membership) -> bool:
        """Everybody says when she is away herself; a coordinator says it for others too."""
        return self.is_coordinator or self.pk == member.pk

    @property
    def answers_for_checks(self) -> bool:
        """Half of the right to review; the other half is being first in the session."""
        return self.profession in ANSWERS_FOR_CHECKS


def practices_of(user: User, *, day: date) -> list[Practice]:
    """The practices this user works for on this day, by name. One of the two places that look across practices."""
    with all_practices():
        memberships = Membership.objects.active_on(day).filter(user=user).select_related("practice")
        return sorted((m.practice for m in memberships), key=lambda practice: practice.name)


AWAY_ALREADY = _("She is away on one of these days already.")


class AbsenceQuerySet(PracticeOwnedQuerySet["Absence"]):
    def visible_to(self, membership: Membership) -> Self:
        """Planners plan around those of everybody; others see their own."""
        absences = super().visible_to(membership)
        return absences if membership.sees_the_whole_practice else absences.filter(membership=membership)

    def editable_by(self, membership: Membership) -> Self:
        absences = self.visible_to(membership)
        return absences if membership.is_coordinator else absences.filter(membership=membership)

    def within(self, first: date, last: date) -> Self:
        return self.filter(starts_on__lte=last, ends_on__gte=first)


# One that is taken back stays in the history.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Absence(PracticeOwned):
    """Days on which a member of staff is not there, first and last included. Why is nobody's business here."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="absences", db_index=False)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        ordering = ["starts_on", "pk"]
        indexes = [models.Index(fields=["practice", "membership", "starts_on"], name="absences_by_member")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="absence_ends_after_it_starts",
                violation_error_message=LAST_DAY_BEFORE_FIRST,
            ),
            ExclusionConstraint(
                name="one_absence_of_a_person_at_a_time",
                index_type="GIST",
                expressions=[
                    (RowRange("membership", "membership", Value("[]")), RangeOperators.OVERLAPS),
                    (DayRange("starts_on", "ends_on", Value("[]")), RangeOperators.OVERLAPS),
                ],
                violation_error_message=AWAY_ALREADY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.starts_on} {self.ends_on}"


LONGEST_TURNAROUND = 240
ROOM_NAME_TAKEN = _("There is a room with this name already.")
AT_MOST_FOUR_HOURS = _("At most 240 minutes.")


class RoomQuerySet(PracticeOwnedQuerySet["Room"]):
    def in_use(self, day: date) -> Self:
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=day))

    def editable_by(self, membership: Membership) -> Self:
        rooms = self.visible_to(membership)
        return rooms if membership.is_coordinator else rooms.none()


@pghistory.track()
class Room(PracticeOwned):
    """A place where a group sits in a circle."""

    name = models.CharField(_("name"), max_length=80)
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats in a circle"), default=14)
    turnaround_minutes = models.PositiveSmallIntegerField(
        _("minutes to clear the room"), default=15, help_text=_("The room stays taken this long after a session.")
    )
    retired_on = models.DateField(_("no longer used from"), null=True, blank=True)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "name"],
                name="room_name_is_unique_in_a_practice",
                violation_error_message=ROOM_NAME_TAKEN,
            ),
            models.CheckConstraint(
                condition=Q(turnaround_minutes__lte=LONGEST_TURNAROUND),
                name="room_is_cleared_within_four_hours",
                violation_error_message=AT_MOST_FOUR_HOURS,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """One line for a message: what is known of street, postcode and town."""
        return ", ".join(part for part in (self.street, f"{self.postcode} {self.town}".strip()) if part)


class ClosedDaysQuerySet(PracticeOwnedQuerySet["ClosedDays"]):
    def editable_by(self, membership: Membership) -> Self:
        days = self.visible_to(membership)
        return days if membership.is_coordinator else days.none()


class ClosedDays(PracticeOwned):
    """Days on which the practice itself is closed, first and last included."""

    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=80)

    objects = ClosedDaysQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed days")
        ordering = ["starts_on"]
        indexes = [models.Index(fields=["practice", "starts_on"], name="closed_days_by_practice")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="closed_days_end_after_they_start",
                violation_error_message=LAST_DAY_BEFORE_FIRST,
            ),
        ]

    def __str__(self) -> str:
        return self.reason
