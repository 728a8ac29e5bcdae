"""What somebody fills in to say who leads a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from groups.leading import worries
from groups.models import Facilitation
from practices.models import ANSWERS_FOR_CHECKS, DOCTORS, Membership, Role
from sessions.clashes import Clash
from sessions.leading import Change, Replacement, Seat, later_than, leads_after, seats_of
from sessions.models import GroupSession
from sessions.planning_forms import StaffField, as_number
from sessions.wording import clash_in_words, contract_in_words, day_in_words

ROLES = Facilitation.Role


class LeadsForm(forms.Form):
    """A field for each part in a session, and whether what changes holds for this time or from now on.

    After `is_valid`, `replacement` is what would change.
    """

    for_good = forms.BooleanField(label=_("Also in all later sessions: she takes over for good"), required=False)
    # The parts that stood on the page.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any, *, session: GroupSession, membership: Membership, now: datetime, for_good: bool = False
    ) -> None:
        super().__init__(data, initial={"for_good": for_good})
        self.session, self.now = session, now
        self.seats = seats_of(session)
        self.following = later_than(session)
        self.replacement: Replacement | None = None
        self._found: Mapping[int, list[Clash]] = {}
        staff = Membership.objects.visible_to(membership).select_related("user").order_by("user__name")
        for seat in self.seats:
            self.fields[seat.name] = _field(seat, staff, session)
        self.initial["seen"] = ",".join(str(seat.lead.pk) for seat in self.seats if seat.lead)
        self.order_fields([*(seat.name for seat in self.seats), "for_good"])

    @property
    def parts(self) -> list[forms.BoundField]:
        return [self[seat.name] for seat in self.seats]

    @property
    def leads_seen(self) -> set[int]:
        return {key for typed in self.cleaned_data["seen"].split(",") if (key := as_number(typed)) is not None}

    @cached_property
    def worries(self) -> list[str]:
        """What is missing in those who would lead."""
        changes = self.replacement.changes if self.replacement else []
        usual = self.session.practice.language
        return worries(self.session.group.language, usual=usual, leads=leads_after(self.seats, changes))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        there: set[Membership] = set()
        for seat in self.seats:
            member = given.get(seat.name)
            if member in there:
                self.add_error(seat.name, _("Choose two different people."))
            elif member:
                there.add(member)
        changes = [
            Change(seat=seat, member=given[seat.name])
            for seat in self.seats
            if seat.name in given and given[seat.name] != (seat.lead.membership if seat.lead else None)
        ]
        if not self.errors and not changes:
            self.add_error(None, _("Nothing changes. Choose somebody else for a part."))
        if not self.errors:
            self._look_ahead(changes)
        return given

    def _look_ahead(self, changes: list[Change]) -> None:
        for_good = self.cleaned_data["for_good"]
        following = self.following if for_good else []
        self.replacement = Replacement(session=self.session, changes=changes, following=following, for_good=for_good)
        self._check_contracts(self.replacement)
        if not self.errors:
            self._found = self.replacement.clashes()
            self.say(self.replacement.bars(self._found))

    def _check_contracts(self, replacement: Replacement) -> None:
        """Nobody takes over beyond the last day of her work here."""
        for change in replacement.changes:
            for swap in replacement.swaps:
                member, day = swap.member, swap.session.day
                if member and member == change.member and member.ends_on and member.ends_on <= day:
                    self.add_error(change.seat.name, contract_in_words(member, swap.session.number, day))
                    break

    def say(self, found: Mapping[int, Iterable[Clash]]) -> None:
        """Put each clash above the form, with the day of its session."""
        for words in self._in_words(found):
            self.add_error(None, words)

    @property
    def absences(self) -> list[str]:
        """When who takes over for good is away."""
        return self._in_words(self._found) if self.replacement and not self.errors else []

    def _in_words(self, found: Mapping[int, Iterable[Clash]]) -> list[str]:
        swaps = self.replacement.swaps if self.replacement else []
        sessions = {swap.session.number: swap.session for swap in swaps}
        return [
            _("Session %(number)s, %(day)s: %(clash)s")
            % {"number": number, "day": day_in_words(session.day), "clash": clash_in_words(clash)}
            for number, session in sessions.items()
            for clash in found.get(number, [])
        ]


def _field(seat: Seat, staff: Any, session: GroupSession) -> StaffField:
    """Who may take this part on that day, and who has it now."""
    may = staff.active_on(session.day)
    if seat.role is ROLES.FIRST:
        may = may.with_role(Role.FACILITATOR).filter(profession__in=ANSWERS_FOR_CHECKS)
    elif seat.role is ROLES.DOCTOR:
        may = may.filter(profession__in=DOCTORS)
    now_there = seat.lead.membership_id if seat.lead else None
    label = capfirst(seat.role.label)
    return StaffField(
        staff.filter(Q(pk=now_there) | Q(pk__in=may.values("pk"))),
        label=_("One more co-facilitator") if seat.place else label,
        initial=now_there,
        # A session has a first facilitator once it had one.
        required=seat.role is ROLES.FIRST and now_there is not None,
        empty_label=_("Choose who") if seat.role is ROLES.FIRST else _("Nobody"),
    )
