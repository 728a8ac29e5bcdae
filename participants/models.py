"""The people who take part: who they are, how they may be reached, what they expect and who was born."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Self

import pghistory
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from participants.ages import gestational_days, weeks_and_days
from participants.names import fold, sort_key
from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet

NUMBER_TAKEN = _("There is a person with this client number already.")


class Language(models.TextChoices):
    """Languages in which a person may be written to."""

    DUTCH = "nl", _("Dutch")
    ENGLISH = "en", _("English")
    ARABIC = "ar", _("Arabic")
    TIGRINYA = "ti", _("Tigrinya")
    TURKISH = "tr", _("Turkish")
    POLISH = "pl", _("Polish")
    UKRAINIAN = "uk", _("Ukrainian")


def new_token() -> str:
    return secrets.token_urlsafe(24)


class ParticipantQuerySet(PracticeOwnedQuerySet["Participant"]):
    def visible_to(self, membership: Membership) -> Self:
        """Everybody of the practice, or for a co-facilitator those who have a place in her own groups."""
        people = super().visible_to(membership)
        if membership.sees_the_whole_practice:
            return people
        places = Participant.objects.filter(
            pk=OuterRef("pk"),
            enrolments__state="enrolled",
            enrolments__group__facilitations__membership=membership,
            enrolments__group__facilitations__ends_on=None,
        )
        return people.filter(Exists(places))

    def editable_by(self, membership: Membership) -> Self:
        people = self.visible_to(membership)
        return people if membership.sees_the_whole_practice else people.none()

    def dated_between(self, start: date, end: date) -> Self:
        """People with an open due date or a baby's birth from `start` up to, not including, `end`."""
        due = Pregnancy.objects.ongoing().due_between(start, end).filter(participant=OuterRef("pk"))
        born = Child.objects.born_between(start, end).filter(participant=OuterRef("pk"))
        return self.filter(Exists(due) | Exists(born))

    def with_groups(self) -> Self:
        """Adds `in_groups`: the names of the groups she is in now, for the pregnancy that is open if there is one."""
        return self.annotate(in_groups=ArraySubquery(_places().values("enrolments__group__name")))

    def placed(self, has_place: bool) -> Self:
        """Only who is in a group now, or only who is not."""
        return self.filter(Exists(_places()) if has_place else ~Exists(_places()))

    def named_like(self, words: str) -> Self:
        """People whose name or client number contains each of these words, accents and case aside."""
        people = self
        for word in fold(words).split():
            people = people.filter(Q(search_key__contains=word) | Q(client_number__istartswith=word))
        return people


def _places() -> QuerySet[Participant]:
    # By name: the rows of `groups` lie above this app.
    expecting = Pregnancy.objects.ongoing().filter(participant=OuterRef("pk"))
    return Participant.objects.filter(
        Q(enrolments__pregnancy__ended_on=None) | ~Exists(expecting),
        pk=OuterRef("pk"),
        enrolments__state="enrolled",
        enrolments__group__cancelled_at=None,
    ).order_by("enrolments__group__name")


@pghistory.track()
class Participant(PracticeOwned):
    """A person known to a practice, by the practice's own client number. Never by BSN."""

    client_number = models.CharField(_("client number"), max_length=32)
    given_name = models.CharField(_("first name"), max_length=80)
    family_name = models.CharField(_("last name"), max_length=120, blank=True)
    # Folded in Python: the embedded server has neither unaccent nor ICU collations.
    search_key = models.CharField(max_length=210, editable=False)
    sort_key = models.CharField(max_length=210, editable=False)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices, default=Language.DUTCH)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    partner_name = models.CharField(_("name of the partner"), max_length=120, blank=True)
    by_email = models.BooleanField(_("may be e-mailed"), default=True)
    by_sms = models.BooleanField(_("may be sent text messages"), default=True)
    # The stop-switch: no message of any kind leaves after this moment.
    contact_stopped_at = models.DateTimeField(_("no messages since"), null=True, blank=True)
    contact_stopped_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    created_at = models.DateTimeField()

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        ordering = ["sort_key", "pk"]
        indexes = [models.Index(fields=["practice", "sort_key"], name="participants_by_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client_number"],
                name="client_number_is_unique_in_a_practice",
                violation_error_message=NUMBER_TAKEN,
            ),
            models.CheckConstraint(condition=~Q(client_number=""), name="participant_has_a_client_number"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def fill_keys(self) -> None:
        """What save() does before it saves; for rows that are written in bulk."""
        self.search_key = fold(self.full_name)
        self.sort_key = sort_key(self.given_name, self.family_name)

    def save(self, *args: object, **kwargs: object) -> None:
        self.fill_keys()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def may_be_contacted(self) -> bool:
        return self.contact_stopped_at is None


class PregnancyQuerySet(PracticeOwnedQuerySet["Pregnancy"]):
    def ongoing(self) -> Self:
        return self.filter(ended_on=None)

    def due_between(self, start: date, end: date) -> Self:
        """Due from `start` up to, not including, `end`."""
        return self.filter(due_on__gte=start, due_on__lt=end)


@pghistory.track()
class Pregnancy(PracticeOwned):
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="pregnancies")
    due_on = models.DateField(_("due date"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = PregnancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("pregnancy")
        ordering = ["due_on"]
        indexes = [models.Index(fields=["practice", "due_on"], name="pregnancies_by_due_date")]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "participant"],
                condition=Q(ended_on=None),
                name="one_ongoing_pregnancy_at_a_time",
                violation_error_message=_("This person has another due date that is still open."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.due_on:%d-%m-%Y}"

    def gestational_days(self, day: date) -> int:
        """Days of pregnancy on `day`."""
        return gestational_days(self.due_on, day)

    def has_ended_by(self, day: date) -> bool:
        return self.ended_on is not None and self.ended_on <= day

    def age_on(self, day: date) -> str:
        """How far it is on `day`, as midwives write it: 28+3; empty once it has ended."""
        return "" if self.has_ended_by(day) else weeks_and_days(self.gestational_days(day))


class ChildQuerySet(PracticeOwnedQuerySet["Child"]):
    def born_between(self, start: date, end: date) -> Self:
        """Born from `start` up to, not including, `end`."""
        return self.filter(born_on__gte=start, born_on__lt=end)


@pghistory.track()
class Child(PracticeOwned):
    class Sex(models.TextChoices):
        FEMALE = "f", _("girl")
        MALE = "m", _("boy")

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="children")
    pregnancy = models.ForeignKey(Pregnancy, models.PROTECT, null=True, blank=True, related_name="children")
    given_name = models.CharField(_("first name"), max_length=80, blank=True)
    born_on = models.DateField(_("born on"))
    # Needed for growth curves; unknown after an import.
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices, null=True, blank=True)
    gestational_days_at_birth = models.PositiveSmallIntegerField(_("days of pregnancy at birth"), null=True, blank=True)

    objects = ChildQuerySet.as_manager()

    class Meta:
        verbose_name = _("child")
        verbose_name_plural = _("children")
        ordering = ["born_on", "pk"]
        indexes = [models.Index(fields=["practice", "born_on"], name="children_by_birth")]
        constraints = [
            models.CheckConstraint(
                condition=Q(gestational_days_at_birth=None) | Q(gestational_days_at_birth__range=(140, 315)),
                name="child_is_born_between_20_and_45_weeks",
                violation_error_message=_("Between 20 and 45 weeks of pregnancy."),
            ),
        ]

    def __str__(self) -> str:
        return self.given_name or f"{self.born_on:%d-%m-%Y}"

    def age_in_days(self, day: date) -> int:
        return (day - self.born_on).days


class AccessRecordQuerySet(PracticeOwnedQuerySet["AccessRecord"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class AccessRecord(PracticeOwned):
    """Who looked at whose data, on which page, when. Written by the view, never changed."""

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="access_records", db_index=False)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    page = models.CharField(max_length=40)
    at = models.DateTimeField()

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("access record")
        indexes = [models.Index(F("practice"), F("participant"), F("at").desc(), name="access_records_by_person")]

    def __str__(self) -> str:
        return f"{self.page} {self.at:%Y-%m-%d %H:%M}"
