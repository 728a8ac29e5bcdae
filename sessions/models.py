"""When, where and who came: the series of a group, its sessions, their leads and attendance."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup, Enrolment, Facilitation
from practices.models import Membership, Role, Room
from practices.places import LEADERS
from practices.ranges import MomentRange, RowRange
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet
from sessions.feeds import CalendarFeed as CalendarFeed
from sessions.leads import RunBy
from sessions.leads import SessionLead as SessionLead
from sessions.library import ActivityFormat as ActivityFormat
from sessions.library import LibraryTopic as LibraryTopic
from sessions.library import Moment
from sessions.schedule import Remark
from sessions.schedule_templates import PartnerPolicy
from sessions.schedule_templates import ScheduleTemplate as ScheduleTemplate
from sessions.schedule_templates import Series as Series
from sessions.schedule_templates import TemplateStep as TemplateStep


class GroupSessionQuerySet(PracticeOwnedQuerySet["GroupSession"]):
    def visible_to(self, membership: Membership) -> Self:
        """All sessions of the practice, or for a co-facilitator those of her groups and those she leads herself."""
        sessions = super().visible_to(membership)
        if membership.sees_the_whole_practice:
            return sessions
        return sessions.filter(
            Q(group__in=CareGroup.objects.visible_to(membership)) | Q(Exists(_current_lead(membership)))
        )

    def editable_by(self, membership: Membership) -> Self:
        """Sessions whose evening this member of staff runs: her own groups' and those she leads."""
        # Each of them is visible to her too.
        return super().visible_to(membership).filter(RunBy(membership))

    def observable_by(self, membership: Membership) -> Self:
        """Sessions that others lead, for who may say how she saw them."""
        if not (membership.sees_the_whole_practice or Role.OBSERVER in membership.roles):
            return self.none()
        return (
            super()
            .visible_to(membership)
            .standing()
            .exclude(pk__in=GroupSession.objects.editable_by(membership).values("pk"))
        )

    def plannable_by(self, membership: Membership) -> Self:
        """Sessions that this member of staff may move or cancel."""
        sessions = self.visible_to(membership)
        return sessions if membership.sees_the_whole_practice else sessions.none()

    def standing(self) -> Self:
        return self.filter(cancelled_at=None)

    def upcoming(self, now: datetime) -> Self:
        return self.standing().filter(ends_at__gt=now)

    def starting_between(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__gte=start, starts_at__lt=end)


def _current_lead(membership: Membership) -> models.QuerySet[SessionLead]:
    return SessionLead.objects.filter(session=OuterRef("pk"), membership=membership, cancelled_at=None)


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent())
class GroupSession(PracticeOwned):
    """One meeting of a group. It runs on its local day until it is closed."""

    group = models.ForeignKey(CareGroup, models.PROTECT, related_name="sessions")
    number = models.PositiveSmallIntegerField(_("number"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    # The end with the room's time to be cleared; kept here because a sum inside the constraint is not immutable.
    occupied_until = models.DateTimeField()
    room = models.ForeignKey(
        Room, models.PROTECT, verbose_name=_("room"), null=True, blank=True, related_name="sessions", db_index=False
    )
    theme = models.CharField(_("theme"), max_length=120, blank=True)
    partners = models.CharField(
        _("partners"), max_length=20, choices=PartnerPolicy.choices, default=PartnerPolicy.WELCOME
    )
    with_doctor = models.BooleanField(_("doctor expected"), default=False)
    # Why the session is not on the day its template asks for, as schedule.Remark codes.
    remarks = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    # Rises with every change that a calendar should notice.
    sequence = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, blank=True)
    moved_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # The session that was called off and that this one takes the place of.
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replacements", db_index=False
    )
    # How many were in the room, where somebody counted them.
    babies = models.PositiveSmallIntegerField(_("babies"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    objects = GroupSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["practice", "starts_at"], name="sessions_by_start"),
            # What is taken from some moment on. The exclusion constraints have an index too, but row security may not
            # ask a question of ranges before it has looked at the row.
            models.Index(
                fields=["practice", "room", "occupied_until"], condition=Q(cancelled_at=None), name="sessions_by_room"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_starts",
                violation_error_message=_("A session must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(occupied_until__gte=F("ends_at")), name="room_is_occupied_until_the_end_at_least"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(cancelled_at=None, closed_by__isnull=False),
                name="closed_session_stands_and_has_a_name",
            ),
            models.UniqueConstraint(
                fields=["practice", "group", "number"],
                condition=Q(cancelled_at=None),
                name="session_number_is_unique_in_a_group",
            ),
            ExclusionConstraint(
                name="room_booked_once_at_a_time",
                index_type="GIST",
                expressions=[
                    (RowRange("room", "room", Value("[]")), RangeOperators.OVERLAPS),
                    (MomentRange("starts_at", "occupied_until", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(room__isnull=False, cancelled_at__isnull=True),
                violation_error_message=_("The room is taken at this time."),
            ),
            ExclusionConstraint(
                name="group_meets_once_at_a_time",
                index_type="GIST",
                expressions=[
                    (RowRange("group", "group", Value("[]")), RangeOperators.OVERLAPS),
                    (MomentRange("starts_at", "ends_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("The group meets at this time already."),
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="leads_follow_their_session",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("starts_at", "occupied_until", "cancelled_at"),  # type: ignore[no-untyped-call]
                func="""
                    UPDATE group_sessions_sessionlead
                    SET starts_at = NEW.starts_at, occupied_until = NEW.occupied_until,
                        cancelled_at = CASE
                            WHEN NEW.cancelled_at IS NOT NULL THEN coalesce(cancelled_at, NEW.cancelled_at)
                            WHEN cancelled_at = OLD.cancelled_at THEN NULL
                            ELSE cancelled_at
                        END
                    WHERE session_id = NEW.id;
                    RETURN NULL;
                """,
            ),
            # By name: the values of `checks` lie above this app.
            pgtrigger.Trigger(
                name="closed_session_has_no_unseen_mark",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("closed_at"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(new__closed_at__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT FROM checks_measurement m
                        WHERE m.practice_id = NEW.practice_id AND m.session_id = NEW.id
                            AND m.reviewed_at IS NULL AND m.mark <> 'none'
                    ) THEN
                        RAISE EXCEPTION 'closed_session_has_no_unseen_mark' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def day(self) -> date:
        """The local day of the session, in the zone that is active (the practice's)."""
        return timezone.localtime(self.starts_at).date()

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def reasons(self) -> list[Remark]:
        """What is to know about its date."""
        return [Remark.from_text(text) for text in self.remarks]

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def is_online(self) -> bool:
        """Whether everybody is at home: in an online or mixed group, a session without a room."""
        return self.room_id is None and self.group.mode != CareGroup.Mode.IN_PERSON

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @cached_property
    def expected(self) -> set[int]:
        """The places in its group, by their key, as they were when this was first asked."""
        return set(Enrolment.objects.enrolled().filter(group=self.group_id).order_by().values_list("pk", flat=True))

    @cached_property
    def outcomes(self) -> dict[int, str]:
        """What became of each place on this evening, by its key, as it was when this was first asked."""
        return dict(self.attendances.order_by().values_list("enrolment_id", "outcome"))

    @cached_property
    def measured(self) -> set[int]:
        """The places with a value of this evening, as it was when this was first asked."""
        # By name: the rows of `checks` lie above this app.
        places = Enrolment.objects.filter(measurements__session=self.pk, measurements__replaced_at=None)
        return set(places.order_by().values_list("pk", flat=True))

    @property
    def who_came(self) -> set[int]:
        """The places whose people are here, or were."""
        return {place for place, outcome in self.outcomes.items() if outcome in CAME}

    def runs_on(self, day: date) -> bool:
        """Whether values may be entered: from its own day on, until it is closed."""
        return not self.is_cancelled and not self.is_closed and self.day <= day

    def record_answer(self, enrolment: Enrolment, *, is_coming: bool, now: datetime) -> Answer:
        """Keep what somebody says beforehand about this session at its present start; her newest answer stands."""
        answer, _created = self.answers.update_or_create(
            practice_id=self.practice_id,
            enrolment=enrolment,
            defaults={"is_coming": is_coming, "speaks_of": self.starts_at, "answered_at": now},
        )
        return answer

    def first_lead(self) -> SessionLead | None:
        return self.leads.standing().filter(role=Facilitation.Role.FIRST).first()

    def is_run_by(self, membership: Membership) -> bool:
        """Whether she works in this evening: she leads it or its group, with a role for that."""
        return membership.has_any(LEADERS) and GroupSession.objects.editable_by(membership).filter(pk=self.pk).exists()

    def is_led_first_by(self, membership: Membership) -> bool:
        """The right to review, sign and close: first in this session, with a profession that answers for checks."""
        if not membership.answers_for_checks:
            return False
        return self.leads.standing().filter(role=Facilitation.Role.FIRST, membership=membership).exists()


class AttendanceQuerySet(PracticeOwnedQuerySet["Attendance"]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.editable_by(membership))

    def who_came(self) -> Self:
        return self.filter(outcome__in=CAME)


# A wrong touch is taken back by removing the row: then only the history says that it was there.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Attendance(PracticeOwned):
    """What became of one place at one session."""

    class Outcome(models.TextChoices):
        PRESENT = "present", _("present")
        LATE = "late", _("came late")
        PARTNER_ONLY = "partner_only", _("only the partner came")
        # Of a family: it came, and its baby is measured.
        BY_PARTNER = "by_partner", _("the partner came with the baby")
        APOLOGISED = "apologised", _("sent apologies")
        DELIVERED = "delivered", _("already delivered")
        ABSENT = "absent", _("absent")

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="attendances")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="attendances")
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    with_partner = models.BooleanField(_("partner came along"), default=False)
    # The moment of coming in, which a later correction of the outcome does not move: the queue keeps its order.
    arrived_at = models.DateTimeField(_("came in at"), null=True, blank=True)
    seen_at = models.DateTimeField(_("seen one to one at"), null=True, blank=True)
    seen_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "enrolment"], name="one_attendance_of_a_place"),
            models.CheckConstraint(
                condition=Q(arrived_at=None, seen_at=None) | Q(outcome__in=("present", "late", "by_partner")),
                name="only_who_came_has_arrived_and_is_seen",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="by_partner", with_partner=True), name="who_came_for_her_does_not_come_along"
            ),
            models.CheckConstraint(
                condition=Q(seen_at=None, seen_by=None) | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="who_is_seen_is_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}: {self.outcome}"


CAME = (Attendance.Outcome.PRESENT, Attendance.Outcome.LATE, Attendance.Outcome.BY_PARTNER)


class GuestQuerySet(PracticeOwnedQuerySet["Guest"]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.editable_by(membership))

    def here(self) -> Self:
        return self.exclude(arrived_at=None)


# A guest who does not come after all stays in the history.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class Guest(PracticeOwned):
    """Somebody without a place who comes to one evening: a doctor, somebody of a partner, a grandmother."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="guests")
    name = models.CharField(_("name"), max_length=80)
    what_for = models.CharField(_("what for"), max_length=120, blank=True)
    # Until then she is expected.
    arrived_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "name"], name="guest_is_named_once_an_evening"),
        ]

    def __str__(self) -> str:
        return self.name


class TurnNoteQuerySet(PracticeOwnedQuerySet["TurnNote"]):
    def visible_to(self, membership: Membership) -> Self:
        """As with values: for those who lead the group or this evening, and for nobody else in the practice."""
        return self.filter(session__in=GroupSession.objects.editable_by(membership))


# A note that is emptied stays in the history.
@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class TurnNote(PracticeOwned):
    """What was noted of somebody who was seen one to one: health data, which no message and no overview shows."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="turn_notes")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="turn_notes", db_index=False)
    text = models.CharField(_("note"), max_length=500)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(Membership, models.PROTECT, related_name="+", db_index=False)

    objects = TurnNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note of one to one")
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "enrolment"], name="one_note_of_a_turn"),
            models.CheckConstraint(condition=~Q(text=""), name="note_of_a_turn_has_words"),
        ]

    def __str__(self) -> str:
        return str(self.enrolment_id)


class AnswerQuerySet(PracticeOwnedQuerySet["Answer"]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def standing(self) -> Self:
        """Answers about the start that the session has now: a move makes the ones before it void."""
        return self.filter(speaks_of=F("session__starts_at"))


@pghistory.track()
class Answer(PracticeOwned):
    """What a participant said beforehand about one session: she comes, or she cannot. The newest answer stands."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="answers")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="answers")
    is_coming = models.BooleanField(_("comes"))
    # The start that was asked about.
    speaks_of = models.DateTimeField()
    answered_at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("answer")
        constraints = [
            models.UniqueConstraint(fields=["practice", "session", "enrolment"], name="one_answer_of_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}: {self.is_coming}"


class PlanItemQuerySet(PracticeOwnedQuerySet["PlanItem"]):
    def visible_to(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.visible_to(membership))

    def editable_by(self, membership: Membership) -> Self:
        return self.filter(session__in=GroupSession.objects.editable_by(membership))

    def topics(self) -> Self:
        """Without the opening and the closing of the evening."""
        return self.filter(moment=Moment.TOPIC)


@pghistory.track(
    # What a group is planned with stands in its series: fifty rows, of which most are never touched.
    pghistory.InsertEvent(condition=pgtrigger.Q(new__changed_by__isnull=False)),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
)
class PlanItem(PracticeOwned):
    """What is on the plan of one evening: its opening, its closing, and topics, done there or postponed."""

    session = models.ForeignKey(GroupSession, models.PROTECT, related_name="plan")
    position = models.PositiveSmallIntegerField()
    moment = models.CharField(max_length=10, choices=Moment.choices, default=Moment.TOPIC)
    title = models.CharField(_("topic"), max_length=120)
    # Copied from the library (sessions.library.copied), whatever is changed there later.
    format_name = models.CharField(_("activity format"), max_length=80, blank=True)
    how = models.CharField(_("how it goes"), max_length=1000, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    materials = models.CharField(_("materials"), max_length=200, blank=True)
    added_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    postponed_at = models.DateTimeField(null=True, blank=True)
    # The postponed topic that this one goes on with.
    carried_from = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="carried_to")
    changed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    objects = PlanItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("topic of a session")
        ordering = ["session", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(postponed_at=None), name="topic_is_done_or_postponed_not_both"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="topic_has_a_title"),
            models.CheckConstraint(condition=Q(minutes=None) | Q(minutes__range=(1, 240)), name="topic_takes_a_while"),
            models.UniqueConstraint(
                fields=["practice", "session", "moment"],
                condition=~Q(moment="topic"),
                name="one_opening_and_one_closing_of_a_session",
            ),
        ]

    def __str__(self) -> str:
        return self.title
