"""Who leads a session, as what, and who runs it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Self

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.models import Facilitation
from practices.models import Membership, User
from practices.ranges import MomentRange, RowRange
from practices.tenancy import PracticeOwned, PracticeOwnedQuerySet


class SessionLeadQuerySet(PracticeOwnedQuerySet["SessionLead"]):
    def standing(self) -> Self:
        return self.filter(cancelled_at=None)


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent())
class SessionLead(PracticeOwned):
    """Who leads one session, as what. Its times are the session's: the database keeps them equal."""

    session = models.ForeignKey("GroupSession", models.PROTECT, related_name="leads")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="leads", db_index=False)
    # The membership's user, so that a guest cannot be in two rooms of two practices at one time.
    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(_("role"), max_length=20, choices=Facilitation.Role.choices)
    # Whose part a substitute takes, this once.
    stands_in_for = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    starts_at = models.DateTimeField()
    occupied_until = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = SessionLeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("leader of a session")
        indexes = [
            models.Index(fields=["practice", "membership", "starts_at"], name="leads_by_member"),
            models.Index(fields=["user", "occupied_until"], condition=Q(cancelled_at=None), name="leads_by_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "session", "role"],
                condition=Q(cancelled_at=None, role="first"),
                name="one_first_lead_of_a_session",
            ),
            models.CheckConstraint(
                condition=Q(stands_in_for=None) | ~Q(stands_in_for=F("membership")), name="nobody_stands_in_for_herself"
            ),
            ExclusionConstraint(
                name="person_leads_once_at_a_time",
                index_type="GIST",
                expressions=[
                    (RowRange("user", "user", Value("[]")), RangeOperators.OVERLAPS),
                    (MomentRange("starts_at", "occupied_until", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("This person leads another session at this time."),
            ),
        ]
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Trigger(
                name="lead_takes_the_times_of_its_session",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    SELECT s.starts_at, s.occupied_until, coalesce(NEW.cancelled_at, s.cancelled_at), m.user_id
                    INTO NEW.starts_at, NEW.occupied_until, NEW.cancelled_at, NEW.user_id
                    FROM group_sessions_groupsession s, practices_membership m
                    WHERE s.id = NEW.session_id AND m.id = NEW.membership_id;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.membership_id}"

    @property
    def day(self) -> date:
        """The local day, in the zone that is active (the practice's)."""
        return timezone.localtime(self.starts_at).date()

    @property
    def usual_id(self) -> int:
        """Who leads here as a rule: herself, or whom she stands in for."""
        return self.stands_in_for_id or self.membership_id


class RunBy(Func):
    """Whether this member of staff leads the session, or its group today or from some day on.

    Every page of an evening begins with this question, each question for news and each value that is saved: as two
    `Exists` it takes Django twice as long as all else about the session. `Facilitation.objects.current` says the same.
    """

    output_field = models.BooleanField()
    template = """(
        EXISTS (
            SELECT FROM group_sessions_sessionlead lead
            WHERE lead.session_id = %(session)s AND lead.membership_id = %%s AND lead.cancelled_at IS NULL
        ) OR EXISTS (
            SELECT FROM groups_facilitation facilitation
            WHERE facilitation.group_id = %(group)s AND facilitation.membership_id = %%s
                AND (facilitation.ends_on IS NULL OR facilitation.ends_on > %%s)
        )
    )"""

    def __init__(self, membership: Membership) -> None:
        super().__init__("pk", "group")
        self.params = [membership.pk, membership.pk, timezone.localdate()]

    def as_sql(self, compiler: SQLCompiler, *args: Any, **kwargs: Any) -> Any:
        session, group = (compiler.compile(column)[0] for column in self.get_source_expressions())
        return self.template % {"session": session, "group": group}, self.params
