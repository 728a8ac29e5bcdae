"""How a series runs, as the practice wants it: a template and its sessions."""

from __future__ import annotations

from typing import Self

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.models import Membership
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.schedule import Anchor, Part, Step

TEMPLATE_NAME_TAKEN = _("There is a template with this name already.")


class ScheduleTemplateQuerySet(PracticeOwnedQuerySet["ScheduleTemplate"]):
    def editable_by(self, membership: Membership) -> Self:
        templates = self.visible_to(membership)
        return templates if membership.sees_the_whole_practice else templates.none()

    def in_use(self) -> Self:
        return self.filter(retired_at=None)


@pghistory.track()
class ScheduleTemplate(PracticeOwned):
    """How a series runs, as the practice wants it. Groups keep a copy of the one they were planned with."""

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=CareGroup.Kind.choices)
    minimum = models.PositiveSmallIntegerField(_("at least"))
    target = models.PositiveSmallIntegerField(_("full at"))
    maximum = models.PositiveSmallIntegerField(_("at most"))
    # By how many weeks a session moves, inside its margin, to stay out of the school holidays.
    school_weeks = models.PositiveSmallIntegerField(_("weeks for school holidays"), default=1)
    # From then on no group is planned with it.
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ScheduleTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule template")
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "name"],
                name="template_name_is_unique_in_a_practice",
                violation_error_message=TEMPLATE_NAME_TAKEN,
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=1, minimum__lte=F("target"), target__lte=F("maximum")),
                name="template_sizes_are_in_order",
                violation_error_message=_("Use sizes that rise: at least, full at, at most."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def copied_steps(self) -> list[Step]:
        """The steps in order, as the plain values that the date engine works with."""
        return [step.as_step() for step in self.steps.order_by("number")]


class PartnerPolicy(models.TextChoices):
    NONE = "none", _("without partners")
    WELCOME = "welcome", _("partners welcome")
    EXPECTED = "expected", _("session for partners")


# What the days of a session may be counted from in each kind of group; sessions come in this order.
ANCHORS = {
    CareGroup.Kind.PREGNANCY: (Anchor.PREGNANCY, Anchor.LAST_BIRTH),
    CareGroup.Kind.PARENTING: (Anchor.AGE,),
    CareGroup.Kind.THEME: (Anchor.SERIES,),
}
ANCHOR_LABELS = {
    Anchor.PREGNANCY: _("week of pregnancy"),
    Anchor.AGE: _("age of the babies"),
    Anchor.LAST_BIRTH: _("after the last birth"),
    Anchor.SERIES: _("after the first session"),
}


# A session that is taken out of its template stays in the history.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class TemplateStep(PracticeOwned):
    """One session of a template."""

    template = models.ForeignKey(ScheduleTemplate, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField(_("number"))
    anchor = models.CharField(
        _("counted from"), max_length=20, choices=[(anchor.value, label) for anchor, label in ANCHOR_LABELS.items()]
    )
    # Days from the anchor: of pregnancy, of the babies' age, or after the last birth.
    days = models.PositiveSmallIntegerField(_("days"))
    # How many days either way the session may move to avoid a closed day.
    margin_days = models.PositiveSmallIntegerField(_("margin in days"), default=7)
    minutes = models.PositiveSmallIntegerField(_("length in minutes"), default=120)
    theme = models.CharField(_("theme"), max_length=120)
    # A list of schedule.Part as mappings.
    plan = models.JSONField(_("plan"), default=list, blank=True)
    partners = models.CharField(
        _("partners"), max_length=20, choices=PartnerPolicy.choices, default=PartnerPolicy.WELCOME
    )
    with_doctor = models.BooleanField(_("doctor expected"), default=False)

    objects = PracticeOwnedQuerySet["TemplateStep"].as_manager()

    class Meta:
        verbose_name = _("session of a template")
        ordering = ["template", "number"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "template", "number"], name="step_number_is_unique"),
            models.CheckConstraint(condition=Q(minutes__range=(15, 480)), name="step_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.theme}"

    def as_step(self) -> Step:
        return Step(
            number=self.number,
            anchor=Anchor(self.anchor),
            days=self.days,
            margin_days=self.margin_days,
            minutes=self.minutes,
            theme=self.theme,
            plan=tuple(Part(**part) for part in self.plan),
            partners=self.partners,
            with_doctor=self.with_doctor,
        )


@pghistory.track()
class Series(PracticeOwned):
    """The run of a group: the template as it was when the group was planned, and the first date."""

    group = models.OneToOneField(CareGroup, models.PROTECT, related_name="series")
    # The name it had then; the template itself may be changed and called otherwise since.
    template_name = models.CharField(max_length=80)
    template = models.ForeignKey(
        ScheduleTemplate, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # A list of schedule.Step as mappings; read it through `copied_steps`.
    steps = models.JSONField()
    # By how many weeks it gives way to school holidays.
    school_weeks = models.PositiveSmallIntegerField(default=0)
    first_on = models.DateField(_("first date"))
    starts_at = models.TimeField(_("time"))

    objects = PracticeOwnedQuerySet["Series"].as_manager()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        return f"{self.template_name} {self.first_on}"

    def copied_steps(self) -> list[Step]:
        return [Step.from_json(step) for step in self.steps]
