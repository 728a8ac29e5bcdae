"""Centering groups and who is in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Self

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models, transaction
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from participants.models import Child, Language, Participant, Pregnancy
from practices.models import Membership, Room
from practices.ranges import DayRange, RowRange
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet

LONGEST_LINK = 1000


class CareGroupQuerySet(PracticeOwnedQuerySet["CareGroup"]):
    def visible_to(self, membership: Membership) -> Self:
        """All groups of the practice, or for a co-facilitator the ones she leads now."""
        groups = super().visible_to(membership)
        return groups if membership.sees_the_whole_practice else groups.led_by(membership)

    def editable_by(self, membership: Membership) -> Self:
        """Planners change every group of the practice: groups must not depend on single people."""
        groups = self.visible_to(membership)
        return groups if membership.sees_the_whole_practice else groups.none()

    def led_by(self, membership: Membership) -> Self:
        own = Facilitation.objects.current().filter(membership=membership, group=OuterRef("pk"))
        return self.filter(Exists(own))

    def alive(self) -> Self:
        return self.filter(cancelled_at=None)

    def with_seats(self) -> Self:
        """Adds `taken`: places that are enrolled or held by an offer."""
        return self.annotate(taken=Count("enrolments", filter=Q(enrolments__state__in=TAKES_A_PLACE)))


@pghistory.track()
class CareGroup(PracticeOwned):
    """A group that meets: pregnant women due around one time, or parents with babies of one age."""

    class Kind(models.TextChoices):
        PREGNANCY = "pregnancy", _("CenteringZwangerschap")
        PARENTING = "parenting", _("CenteringOuderschap")
        THEME = "theme", _("theme group")

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        ONLINE = "online", _("online")
        MIXED = "mixed", _("partly online")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    language = models.CharField(_("language"), max_length=5, choices=Language.choices, default=Language.DUTCH)
    mode = models.CharField(_("meets"), max_length=20, choices=Mode.choices, default=Mode.IN_PERSON)
    # Links of meetings are long.
    online_url = models.URLField(_("link to the online room"), max_length=LONGEST_LINK, blank=True)
    room = models.ForeignKey(
        Room, models.PROTECT, verbose_name=_("room"), null=True, blank=True, related_name="groups", db_index=False
    )
    # Due dates or births from the first day up to, not including, the second. A theme group has no window.
    window_from = models.DateField(_("from"), null=True, blank=True)
    window_until = models.DateField(_("until"), null=True, blank=True)
    minimum = models.PositiveSmallIntegerField(_("at least"))
    target = models.PositiveSmallIntegerField(_("full at"))
    maximum = models.PositiveSmallIntegerField(_("at most"))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from", db_index=False
    )
    # The key of the page that planned it: sent twice, that page makes one group.
    form_key = models.UUIDField(null=True, blank=True, editable=False)

    objects = CareGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        ordering = ["window_from", "name", "pk"]
        indexes = [models.Index(fields=["practice", "kind", "window_from"], name="groups_by_window")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="theme", window_from=None, window_until=None)
                | Q(
                    ~Q(kind="theme"),
                    # Said in words, as a comparison with nothing is neither true nor false and would pass.
                    window_from__isnull=False,
                    window_until__isnull=False,
                    window_from__lt=F("window_until"),
                ),
                name="window_ends_after_it_starts",
                violation_error_message=_("The window must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=1, minimum__lte=F("target"), target__lte=F("maximum")),
                name="group_sizes_are_in_order",
                violation_error_message=_("Use sizes that rise: at least, full at, at most."),
            ),
            models.CheckConstraint(
                condition=Q(mode="in_person") | ~Q(online_url=""),
                name="online_group_has_a_link",
                violation_error_message=_("An online group needs the link to its online room."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(cancelled_at__isnull=False), name="merged_group_is_cancelled"
            ),
            models.UniqueConstraint(fields=["practice", "form_key"], name="one_group_from_one_form"),
        ]

    def __str__(self) -> str:
        return self.name

    def enrol(
        self,
        participant: Participant,
        *,
        pregnancy: Pregnancy | None = None,
        children: Iterable[Child] = (),
        by: Membership,
        now: datetime,
    ) -> Enrolment:
        """Give the participant a place, with the pregnancy or the children she comes with.

        Somebody who was invited, waited or left before keeps that one row. Enrolling twice is enrolling once.
        Raises GroupFull when no place is left, GroupEnded when the group was called off meanwhile. The caller announces
        it: sessions.planning.enrol is the way in.
        """
        with transaction.atomic():
            # Two people taking the last place must queue here, not overbook.
            group = CareGroup.objects.select_for_update(no_key=True).get(pk=self.pk)
            if group.cancelled_at:
                raise GroupEnded(group)
            row = group.enrolments.filter(participant=participant).first()
            if row is None:
                row = Enrolment(practice_id=group.practice_id, group=group, participant=participant)
            elif row.state == Enrolment.State.ENROLLED:
                return row
            held = row.state == Enrolment.State.OFFERED
            if not held and group.enrolments.taking_a_place().count() >= group.maximum:
                raise GroupFull(group)
            row.pregnancy = pregnancy
            row.state, row.enrolled_at, row.enrolled_by = Enrolment.State.ENROLLED, now, by
            row.left_at, row.left_by, row.reason, row.ended_at, row.ended_from = None, None, "", None, ""
            row.save()
            for child in children:
                EnrolledChild.objects.get_or_create(practice_id=group.practice_id, enrolment=row, child=child)
            return row

    def is_over(self, now: datetime) -> bool:
        """Whether its last session has ended. By name: the rows of `sessions` lie above this app."""
        ends_at = self.sessions.filter(cancelled_at=None).aggregate(last=Max("ends_at"))["last"]
        return ends_at is not None and ends_at <= now

    def is_led_first_by(self, membership: Membership) -> bool:
        return self.facilitations.current().filter(membership=membership, role=Facilitation.Role.FIRST).exists()

    @property
    def is_pregnancy(self) -> bool:
        return self.kind == self.Kind.PREGNANCY

    @property
    def is_parenting(self) -> bool:
        return self.kind == self.Kind.PARENTING

    @property
    def reference_date(self) -> date | None:
        """The middle of the window: the due date or birth that the series is planned by."""
        return middle_between(self.window_from, self.window_until)

    @property
    def last_day_of_window(self) -> date | None:
        return self.window_until - timedelta(days=1) if self.window_until else None


def middle_between(first: date | None, until: date | None) -> date | None:
    """The middle of a window of these days, if there is one."""
    return first + (until - first) / 2 if first and until else None


class FacilitationQuerySet(PracticeOwnedQuerySet["Facilitation"]):
    def current(self) -> Self:
        """Those who lead, and those who will from some day on: both have to do with the group today."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=timezone.localdate()))


@pghistory.track()
class Facilitation(PracticeOwned):
    """Who is meant to lead a group, as what, from when until when. Each session has its own leads."""

    class Role(models.TextChoices):
        FIRST = "first", _("first facilitator")
        CO = "co", _("co-facilitator")
        DOCTOR = "doctor", _("doctor")
        INTERPRETER = "interpreter", _("interpreter")

    group = models.ForeignKey(CareGroup, models.PROTECT, related_name="facilitations")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="facilitations")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects = FacilitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("facilitator of a group")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="facilitation_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="one_first_facilitator_at_a_time",
                index_type="GIST",
                expressions=[
                    (RowRange("group", "group", Value("[]")), RangeOperators.OVERLAPS),
                    (DayRange("starts_on", "ends_on", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(role="first"),
                violation_error_message=_("The group has a first facilitator in this period."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.membership_id}"

    def is_over(self, day: date) -> bool:
        return self.ends_on is not None and self.ends_on <= day


# Rows with a role in the order in which Role names them, the first facilitator first.
BY_ROLE = Case(*(When(role=role, then=Value(place)) for place, role in enumerate(Facilitation.Role)))


class GroupFull(Exception):
    """Every place of the group is taken, held offers included."""

    def __init__(self, group: CareGroup) -> None:
        super().__init__(group.pk)
        self.group = group


class GroupEnded(Exception):
    """The group was called off, or went on in another one."""

    def __init__(self, group: CareGroup) -> None:
        super().__init__(group.pk)
        self.group = group


class Reason(models.TextChoices):
    """Why somebody declined or left (domain.md, 4)."""

    WORK = "work", _("work or school")
    PREFERS_INDIVIDUAL = "individual", _("prefers individual care")
    LANGUAGE = "language", _("language")
    CHILDCARE = "childcare", _("childcare")
    TRANSPORT = "transport", _("transport")
    PARTNER = "partner", _("partner")
    MEDICAL = "medical", _("medical")
    MOVED = "moved", _("moved house")
    LOSS = "loss", _("pregnancy loss")
    DELIVERED = "delivered", _("already delivered")
    PRIVACY = "privacy", _("privacy")
    GROUP = "group", _("the group")
    FORGOT = "forgot", _("forgot")
    UNKNOWN = "unknown", _("unknown")


class EnrolmentQuerySet(PracticeOwnedQuerySet["Enrolment"]):
    def visible_to(self, membership: Membership) -> Self:
        """Those in groups that this member of staff may open."""
        places = super().visible_to(membership)
        if membership.sees_the_whole_practice:
            return places
        return places.filter(group__in=CareGroup.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        places = self.visible_to(membership)
        return places if membership.sees_the_whole_practice else places.none()

    def enrolled(self) -> Self:
        return self.filter(state=Enrolment.State.ENROLLED)

    def taking_a_place(self) -> Self:
        return self.filter(state__in=TAKES_A_PLACE)

    def involved(self) -> Self:
        """Who has a place or may get one: whoever has not declined or left, in a group that goes on."""
        return self.exclude(state__in=(Enrolment.State.DECLINED, Enrolment.State.LEFT, Enrolment.State.ENDED))

    def hearing(self) -> Self:
        """Those who are told what becomes of the group: who has a place, and who had one until it was called off."""
        had_one = Q(state=Enrolment.State.ENDED, ended_from=Enrolment.State.ENROLLED, goes_on_in=None)
        return self.filter(Q(state=Enrolment.State.ENROLLED) | had_one & Q(group__cancelled_at__isnull=False))


@pghistory.track()
class Enrolment(PracticeOwned):
    """One person's way into, through and out of one group: one row from the invitation on."""

    class State(models.TextChoices):
        INVITED = "invited", _("invited")
        WAITING = "waiting", _("on the waiting list")
        OFFERED = "offered", _("place offered")
        ENROLLED = "enrolled", _("enrolled")
        DECLINED = "declined", _("declined")
        LEFT = "left", _("left")
        ENDED = "ended", _("the group ended")

    group = models.ForeignKey(CareGroup, models.PROTECT, related_name="enrolments")
    participant = models.ForeignKey(Participant, models.PROTECT, related_name="enrolments")
    pregnancy = models.ForeignKey(
        Pregnancy, models.PROTECT, null=True, blank=True, related_name="enrolments", db_index=False
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices)
    invited_at = models.DateTimeField(null=True, blank=True)
    waiting_at = models.DateTimeField(null=True, blank=True)
    offered_at = models.DateTimeField(null=True, blank=True)
    offer_ends_at = models.DateTimeField(null=True, blank=True)
    enrolled_at = models.DateTimeField(null=True, blank=True)
    enrolled_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    declined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    left_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # What it was when its group was called off or went on in another: that comes back when the group does.
    ended_from = models.CharField(max_length=20, choices=State.choices, blank=True)
    # The place that she has since two groups became one; always the newest, also after a second time.
    goes_on_in = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="earlier", db_index=False
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        ordering = ["participant__sort_key", "pk"]
        indexes = [
            models.Index(fields=["practice", "state"], name="enrolments_by_state"),
            models.Index(fields=["goes_on_in"], condition=Q(goes_on_in__isnull=False), name="enrolments_that_go_on"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "group", "participant"],
                name="one_enrolment_of_a_person_in_a_group",
                violation_error_message=_("This person is in this group already."),
            ),
            models.UniqueConstraint(
                fields=["practice", "pregnancy"],
                condition=Q(state="enrolled"),
                name="one_group_for_a_pregnancy",
                violation_error_message=_("This person has a place in another group already."),
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(state=state) | Q(**{f"{state}_at__isnull": False}), name=f"{state}_has_its_moment"
                )
                for state in ("invited", "waiting", "offered", "enrolled", "declined", "left", "ended")
            ),
            models.CheckConstraint(
                condition=~Q(state="offered") | Q(offer_ends_at__isnull=False), name="an_offer_ends"
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | ~Q(ended_from=""), name="an_ended_place_says_what_it_was"
            ),
            models.CheckConstraint(
                condition=Q(goes_on_in=None) | Q(state="ended"), name="a_place_that_goes_on_has_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} in {self.group_id}"

    @property
    def hears_of_the_group(self) -> bool:
        """Whether she is told what becomes of it, as `hearing` asks of many."""
        if self.state != Enrolment.State.ENDED:
            return self.state == Enrolment.State.ENROLLED
        had_one = self.ended_from == Enrolment.State.ENROLLED and self.goes_on_in_id is None
        return had_one and self.group.cancelled_at is not None

    def leave(self, *, reason: str, by: Membership, now: datetime) -> None:
        """Give up the place, or the way to one; the row stays, with who and why."""
        self.state, self.left_at, self.left_by, self.reason = Enrolment.State.LEFT, now, by, reason
        self.save(update_fields=["state", "left_at", "left_by", "reason"])


TAKES_A_PLACE = (Enrolment.State.ENROLLED, Enrolment.State.OFFERED)


class EnrolledChild(PracticeOwned):
    """A child that comes along with an enrolment in a parenting group; twins are two rows on one place."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="enrolled_children")
    child = models.ForeignKey(Child, models.PROTECT, related_name="enrolled_in", db_index=False)

    objects = PracticeOwnedQuerySet["EnrolledChild"].as_manager()

    class Meta:
        verbose_name = _("child in a group")
        constraints = [
            models.UniqueConstraint(fields=["practice", "enrolment", "child"], name="child_is_in_an_enrolment_once")
        ]

    def __str__(self) -> str:
        return f"{self.child_id} with {self.enrolment_id}"
