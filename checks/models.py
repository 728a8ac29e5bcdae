"""Values that participants measured, and the limits that the practice holds them against."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Self
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy as _

from checks.kinds import OF_THE_CHILD, CheckKind, Quantity
from checks.tablets import TabletCode as TabletCode
from groups.models import CareGroup, Enrolment
from participants.models import Child
from practices.models import Membership, Practice
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.models import GroupSession


def may_set_limits(membership: Membership) -> bool:
    """Limits belong to the clinical lead: somebody who answers for checks and coordinates or leads."""
    return membership.answers_for_checks and membership.sees_the_whole_practice


# What a constraint refuses; the form says it beside the field that mends it.
LIMIT_OF_THIS_DAY = _("There is a limit from this day already.")
LOWER_BELOW_UPPER = _("The lower limit must be below the upper one.")
MARKS_IN_ORDER = _("The upper mark must start above the lower one.")
URGENT_FROM_THE_MARK = _("Urgent must not start below the mark.")
SCORES_IN_ORDER = _("The lower score must be below the upper one.")
MARKS = ("mark_below", "mark_from", "urgent_from")


def _within_refusal(name: str) -> Q:
    """This number, where it is set, lies within the limits of refusal that are set."""
    from_below = Q(**{name: None}) | Q(refuse_below=None) | Q(**{f"{name}__gte": F("refuse_below")})
    up_to_above = Q(**{name: None}) | Q(refuse_above=None) | Q(**{f"{name}__lte": F("refuse_above")})
    return from_below & up_to_above


def hold_limits(practice: int) -> None:
    """Whoever else sets limits of this practice waits until the end of this transaction."""
    Practice.objects.select_for_update(no_key=True).get(pk=practice)


class LimitQuerySet(PracticeOwnedQuerySet["Limit"]):
    def editable_by(self, membership: Membership) -> Self:
        limits = self.visible_to(membership)
        return limits if may_set_limits(membership) else limits.none()


@pghistory.track()
class Limit(PracticeOwned):
    """What the practice does with one quantity, from a day on. Every number may be empty: then it asks nothing.

    All in the quantity's base unit. Refused: below `refuse_below`, above `refuse_above`. Marked: from `mark_from` up
    or below `mark_below`; urgent from `urgent_from` up; these three lie within the limits of refusal. Asked again:
    below `ask_below`, or when it differs from the value of the last session by more than `ask_change`, or is less than
    that by more than `ask_drop`, or for a baby when its score in WHO's table, in whole standard deviations, is below
    `ask_z_below` or above `ask_z_above`. Where two readings of a blood pressure on one evening differ by more than
    `readings_apart`, a third is asked.
    """

    quantity = models.CharField(_("quantity"), max_length=20, choices=Quantity.choices)
    valid_from = models.DateField(_("valid from"))
    owner = models.ForeignKey(
        Membership, models.PROTECT, verbose_name=_("set by"), null=True, blank=True, related_name="+", db_index=False
    )
    refuse_below = models.PositiveIntegerField(_("refuse below"), null=True, blank=True)
    refuse_above = models.PositiveIntegerField(_("refuse above"), null=True, blank=True)
    mark_below = models.PositiveIntegerField(_("mark below"), null=True, blank=True)
    mark_from = models.PositiveIntegerField(_("mark from"), null=True, blank=True)
    urgent_from = models.PositiveIntegerField(_("urgent from"), null=True, blank=True)
    ask_below = models.PositiveIntegerField(_("ask again below"), null=True, blank=True)
    ask_change = models.PositiveIntegerField(_("ask again when it differs more than"), null=True, blank=True)
    ask_drop = models.PositiveIntegerField(_("ask again when it is less by more than"), null=True, blank=True)
    ask_z_below = models.SmallIntegerField(_("ask again below this score"), null=True, blank=True)
    ask_z_above = models.SmallIntegerField(_("ask again above this score"), null=True, blank=True)
    readings_apart = models.PositiveIntegerField(_("third reading when two differ more than"), null=True, blank=True)

    objects = LimitQuerySet.as_manager()

    class Meta:
        verbose_name = _("limit")
        ordering = ["quantity", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "quantity", "valid_from"],
                name="one_limit_of_a_quantity_a_day",
                violation_error_message=LIMIT_OF_THIS_DAY,
            ),
            models.CheckConstraint(
                condition=Q(refuse_below=None) | Q(refuse_above=None) | Q(refuse_below__lt=F("refuse_above")),
                name="refusal_limits_are_in_order",
                violation_error_message=LOWER_BELOW_UPPER,
            ),
            models.CheckConstraint(
                condition=Q(*map(_within_refusal, MARKS)), name="marks_lie_within_the_limits_of_refusal"
            ),
            models.CheckConstraint(
                condition=Q(mark_below=None) | Q(mark_from=None) | Q(mark_below__lt=F("mark_from")),
                name="marks_are_in_order",
                violation_error_message=MARKS_IN_ORDER,
            ),
            models.CheckConstraint(
                condition=Q(mark_from=None) | Q(urgent_from=None) | Q(mark_from__lte=F("urgent_from")),
                name="urgent_is_not_below_marked",
                violation_error_message=URGENT_FROM_THE_MARK,
            ),
            models.CheckConstraint(
                condition=Q(ask_z_below=None) | Q(ask_z_above=None) | Q(ask_z_below__lt=F("ask_z_above")),
                name="scores_asked_about_are_in_order",
                violation_error_message=SCORES_IN_ORDER,
            ),
            models.CheckConstraint(
                condition=Q(readings_apart=None) | Q(quantity__in=(Quantity.SYSTOLIC, Quantity.DIASTOLIC)),
                name="readings_of_a_pressure_are_held_apart",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} from {self.valid_from}"

    def adopt(self, *, by: Membership, today: date) -> bool:
        """Let the same numbers hold from today on under this name. False where somebody has a name on them already.

        That is also when other limits have begun since: so twice is once. The row itself stays as it was.
        """
        hold_limits(self.practice_id)
        rows = Limit.objects.filter(practice=self.practice_id, quantity=self.quantity, valid_from__lte=today)
        if self.owner_id or rows.filter(valid_from__gt=self.valid_from).exists():
            return False
        numbers = model_to_dict(self, exclude=["id", "practice", "quantity", "valid_from", "owner"])
        rows.create(practice_id=self.practice_id, quantity=self.quantity, valid_from=today, owner=by, **numbers)
        return True


class Mark(models.TextChoices):
    NONE = "none", _("within the limits")
    OUTSIDE = "outside", _("outside the limits this practice set")
    URGENT = "urgent", _("far outside the limits this practice set")


AWAITS_REVIEW = ~Q(mark=Mark.NONE) & Q(reviewed_at=None)
# Typed by a participant on the tablet that goes round, and looked at by no member of staff yet.
UNCONFIRMED = Q(replaced_at=None, entered_by=None, confirmed_at=None)


class MeasurementQuerySet(PracticeOwnedQuerySet["Measurement"]):
    def visible_to(self, membership: Membership) -> Self:
        """Health values are for the facilitators of the group, and for nobody else in the practice.

        What was measured before two groups became one is for those of the group in which she went on.
        """
        led = CareGroup.objects.led_by(membership)
        went_on = Enrolment.objects.filter(goes_on_in__group__in=led, practice=membership.practice_id)
        return self.filter(Q(session__in=GroupSession.objects.editable_by(membership)) | Q(enrolment__in=went_on))

    def standing(self) -> Self:
        """Readings that were not replaced by a correction."""
        return self.filter(replaced_at=None)

    def awaiting_review(self) -> Self:
        """Marked and not yet looked at, corrected or not: a correction must not make a mark disappear unseen."""
        return self.filter(AWAITS_REVIEW)


@pghistory.track()
class Measurement(PracticeOwned):
    """One reading. A correction is a new row; the old one stays, with the moment it was replaced and by whom.

    A value that was taken away is a row that none replaces. Once its session is closed only a correction with a reason
    comes in, and one outside the limits with the review that belongs to it (`checks.correcting`).

    `value` is the number in the base unit of the kind; for a blood pressure `value` over `second_value`.
    """

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="measurements")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="measurements", db_index=False)
    child = models.ForeignKey(Child, models.PROTECT, null=True, blank=True, related_name="measurements", db_index=False)
    kind = models.CharField(max_length=20, choices=CheckKind.choices)
    reading = models.PositiveSmallIntegerField(default=1)
    value = models.PositiveIntegerField()
    second_value = models.PositiveIntegerField(null=True, blank=True)
    mark = models.CharField(max_length=10, choices=Mark.choices, default=Mark.NONE)
    # Empty means the participant herself; three columns because it may be three people, or one.
    taken_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    entered_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    # Who looked at what a participant typed herself, and found it right.
    confirmed_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.CharField(_("note"), max_length=500, blank=True)
    # Made by the page that saves: the same save sent twice is one save.
    save_key = models.UUIDField(default=uuid4)
    replaced_at = models.DateTimeField(null=True, blank=True)
    # Empty beside a moment means the participant herself.
    replaced_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    correction_reason = models.CharField(_("reason of the correction"), max_length=200, blank=True)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        verbose_name = _("measurement")
        ordering = ["entered_at", "pk"]
        indexes = [
            models.Index(fields=["practice", "enrolment", "kind"], name="measurements_by_place"),
            models.Index(
                fields=["practice", "session"],
                condition=Q(reviewed_at=None) & ~Q(mark="none"),
                name="measurements_awaiting_review",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session", "enrolment", "child", "kind", "reading"],
                condition=Q(replaced_at=None),
                nulls_distinct=False,
                name="one_standing_value_of_a_reading",
            ),
            models.UniqueConstraint(fields=["practice", "session", "save_key"], name="a_save_happens_once"),
            models.CheckConstraint(condition=Q(reading__range=(1, 3)), name="at_most_three_readings"),
            models.CheckConstraint(
                # Without the first part a missing number would make the comparison unknown, which a check lets pass.
                condition=Q(
                    kind="blood_pressure",
                    second_value__isnull=False,
                    second_value__gt=0,
                    second_value__lt=F("value"),
                )
                | (~Q(kind="blood_pressure") & Q(second_value=None)),
                name="only_a_blood_pressure_has_two_numbers_in_order",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(OF_THE_CHILD), child__isnull=False)
                | (~Q(kind__in=sorted(OF_THE_CHILD)) & Q(child=None)),
                name="a_baby_is_measured_where_a_baby_is_meant",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="a_review_has_a_name_and_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, entered_by=None),
                name="what_she_typed_is_confirmed_by_a_name_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | Q(replaced_at__isnull=False),
                name="who_replaces_a_value_does_so_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(correction_reason="") | Q(replaces__isnull=False), name="a_reason_belongs_to_a_correction"
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="closed_session_takes_only_corrections",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("mark", "reviewed_at", "session_id"),  # type: ignore[no-untyped-call]
                func="""
                    IF NOT EXISTS (
                        SELECT FROM group_sessions_groupsession s
                        WHERE s.id = NEW.session_id AND s.closed_at IS NOT NULL
                    ) THEN
                        RETURN NEW;
                    END IF;
                    IF TG_OP = 'INSERT' AND (NEW.replaces_id IS NULL OR NEW.correction_reason = '') THEN
                        RAISE EXCEPTION 'closed_session_takes_only_corrections' USING ERRCODE = 'check_violation';
                    END IF;
                    IF NEW.mark <> 'none' AND NEW.reviewed_at IS NULL THEN
                        RAISE EXCEPTION 'closed_session_has_no_unseen_mark' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reading}"

    @property
    def herself(self) -> str:
        """Who measured or typed where no member of staff is named."""
        return str(_("the parents") if self.child_id else _("the participant"))

    @property
    def is_unconfirmed(self) -> bool:
        """The participant typed it herself, and nobody has put a name on it yet."""
        return self.replaced_at is None and self.entered_by_id is None and self.confirmed_at is None

    def confirm(self, *, by: Membership, now: datetime) -> None:
        """Put a name on what the participant typed herself; the first one stays."""
        if self.is_unconfirmed:
            self.confirmed_by, self.confirmed_at = by, now
            self.save(update_fields=["confirmed_by", "confirmed_at"])


class TakenOverQuerySet(PracticeOwnedQuerySet["TakenOver"]):
    def visible_to(self, membership: Membership) -> Self:
        """As with the values themselves."""
        return self.filter(session__in=GroupSession.objects.editable_by(membership))

    def standing(self) -> Self:
        return self.filter(undone_at=None)


@pghistory.track()
class TakenOver(PracticeOwned):
    """What was recorded of one seat at one session is in the health record, as somebody says.

    `fingerprint` is that of the block that was copied (`checks.blocks`): with another one something changed since.
    """

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="taken_over")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="taken_over", db_index=False)
    child = models.ForeignKey(Child, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    fingerprint = models.CharField(max_length=64)
    # How many there were beside the dates; unknown of the first ticks.
    facts = models.PositiveSmallIntegerField(null=True)
    taken_over_at = models.DateTimeField()
    taken_over_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    objects = TakenOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("taken over into the health record")
        verbose_name_plural = _("taken over into the health record")
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session", "enrolment", "child"],
                condition=Q(undone_at=None),
                nulls_distinct=False,
                name="a_block_is_taken_over_once",
            ),
            models.CheckConstraint(
                condition=Q(undone_by=None, undone_at=None) | Q(undone_by__isnull=False, undone_at__isnull=False),
                name="who_takes_a_tick_back_does_so_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.taken_over_at:%Y-%m-%d %H:%M}"


KINDS_OF_GROUP = {
    CareGroup.Kind.PREGNANCY: (CheckKind.BLOOD_PRESSURE, CheckKind.WEIGHT),
    CareGroup.Kind.PARENTING: (CheckKind.BABY_WEIGHT, CheckKind.BABY_LENGTH, CheckKind.BABY_HEAD),
    CareGroup.Kind.THEME: (),
}
