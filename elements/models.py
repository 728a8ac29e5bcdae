"""How an evening went: the nine essential elements by each rater, and the debrief."""

from __future__ import annotations

from typing import ClassVar, Self

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from practices.models import Membership
from practices.tenancy import M, PracticeOwned, PracticeOwnedQuerySet
from sessions.models import GroupSession


class ElementQuerySet(models.QuerySet["Element"]):
    def current(self) -> Self:
        """The elements of the newest version, in order."""
        newest = Element.objects.order_by("-version").values("version")[:1]
        return self.filter(version=newest).order_by("position")

    def asked(self) -> Self:
        return self.filter(is_asked=True)


class Element(models.Model):
    """One of the nine essential elements, as the foundation words it: versioned reference data for all."""

    class Component(models.TextChoices):
        HEALTH_ASSESSMENT = "health_assessment", _("Health assessment")
        INTERACTIVE_LEARNING = "interactive_learning", _("Interactive learning")
        COMMUNITY_BUILDING = "community_building", _("Community building")

    code = models.CharField(max_length=4)
    version = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    component = models.CharField(max_length=30, choices=Component.choices)
    # Language code to label.
    labels = models.JSONField()
    # Asked of the raters; the others are computed from what the evening recorded.
    is_asked = models.BooleanField()
    # Days after the session within which it must be so; empty where time plays no part.
    within_days = models.PositiveSmallIntegerField(null=True, blank=True)

    objects: ClassVar[ElementQuerySet] = ElementQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("essential element")
        ordering = ["version", "position"]
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="element_is_unique_in_a_version")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The label in the active language, Dutch where there is none."""
        return str(self.labels.get(get_language() or "nl") or self.labels["nl"])


class OfASessionQuerySet(PracticeOwnedQuerySet[M]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.editable_by(membership))


class ElementAnswerQuerySet(OfASessionQuerySet["ElementAnswer"]):
    def visible_to(self, membership: Membership) -> Self:
        """An observer who sees no session of the practice sees what she said herself."""
        return self.filter(Q(rater=membership) | Q(session__in=GroupSession.objects.visible_to(membership)))


class OfASession(PracticeOwned):
    """What one member of staff says about one evening."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="%(class)ss")
    rater = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField()

    class Meta:
        abstract = True


@pghistory.track()
class ElementAnswer(OfASession):
    """One rater's answer about one asked element. Raters are kept apart and never averaged."""

    class Answer(models.TextChoices):
        YES = "yes", _("yes")
        PARTLY = "partly", _("partly")
        NO = "no", _("no")

    element = models.ForeignKey(Element, models.PROTECT, related_name="answers", db_index=False)
    answer = models.CharField(_("answer"), max_length=10, choices=Answer.choices)

    objects = ElementAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer about an element")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session", "rater", "element"], name="one_answer_of_a_rater_about_an_element"
            )
        ]

    def __str__(self) -> str:
        return f"{self.element_id}: {self.answer}"


class Reopening(PracticeOwned):
    """A closed session was opened again: by whom, when and why, and the closing that this undid."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="reopenings")
    reopened_at = models.DateTimeField()
    reopened_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=200)
    was_closed_at = models.DateTimeField()
    was_closed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = OfASessionQuerySet["Reopening"].as_manager()

    class Meta:
        verbose_name = _("reopening of a session")
        ordering = ["reopened_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "was_closed_at"], name="a_closing_is_undone_once"),
            models.CheckConstraint(
                condition=~Q(reason=""), name="reopening_has_a_reason", violation_error_message=_("Say why.")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.reopened_at:%Y-%m-%d %H:%M}"


@pghistory.track()
class Debrief(OfASession):
    """What a facilitator keeps of an evening, in her own words and without names."""

    went_well = models.TextField(_("What went well?"), blank=True, max_length=2000)
    was_difficult = models.TextField(_("What was difficult?"), blank=True, max_length=2000)
    next_time = models.TextField(_("What do we do differently next time?"), blank=True, max_length=2000)

    objects = OfASessionQuerySet["Debrief"].as_manager()

    class Meta:
        verbose_name = _("debrief")
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "rater"], name="one_debrief_of_a_rater"),
            models.CheckConstraint(
                condition=~Q(went_well="", was_difficult="", next_time=""), name="debrief_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.rater_id}"
