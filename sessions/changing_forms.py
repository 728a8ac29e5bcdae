"""What somebody fills in to move sessions, or to plan another in place of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from practices.models import Membership, Room
from sessions.clashes import Clash, Taken
from sessions.models import GroupSession
from sessions.moving import Move, clashes_of, may_follow, moves_of, standing_before
from sessions.openings import Opening, days_between, openings
from sessions.planning import days_around
from sessions.planning_forms import ClockField, DayField, as_moment
from sessions.schedule import NoOpenDay, moment
from sessions.wording import clash_in_words, day_in_words

# How many rooms are looked at for a free one.
MOST_ROOMS = 4


class MoveForm(forms.Form):
    """Another day, time or room for one session, or for all from this one on; what is in the way is told at its field.

    After `is_valid`, `moves` are the sessions that would go elsewhere, and `openings` where this one could go when
    something is in the way.
    """

    day = DayField(label=_("Day"))
    starts_at = ClockField(label=_("Time"))
    room: forms.ModelChoiceField[Room] = forms.ModelChoiceField(
        None, label=_("Room"), required=False, empty_label=_("No room")
    )
    with_later = forms.BooleanField(label=_("Move all later sessions along"), required=False)

    def __init__(self, data: Any, *, session: GroupSession, membership: Membership, now: datetime) -> None:
        local = timezone.localtime(session.starts_at)
        initial = {"day": local.date(), "starts_at": local.time(), "room": session.room_id}
        super().__init__(data, initial=initial)
        self.session, self.now = session, now
        self.moves: list[Move] = []
        self.openings: list[Opening] = []
        self.following = may_follow(session)
        if not self.following:
            del self.fields["with_later"]
        rooms: Any = self.fields["room"]
        rooms.queryset = Room.objects.visible_to(membership).in_use(timezone.localdate(now))

    @property
    def start(self) -> datetime:
        """The moment that is asked for, once day and time are in order."""
        return moment(self.cleaned_data["day"], self.cleaned_data["starts_at"], self.session.practice.zone)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        closed = days_around(self.session.practice, day).closed.get(day)
        if closed:
            told = {"day": day_in_words(day), "name": closed.name}
            raise forms.ValidationError(_("%(day)s is closed: %(name)s. Choose another day.") % told)
        return day

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if self.session.group.mode == CareGroup.Mode.IN_PERSON and not given.get("room") and "room" not in self.errors:
            self.add_error("room", _("Choose the room where the group meets."))
        if self.errors:
            return given
        start, room = self.start, given["room"]
        if start <= self.now:
            self.add_error("day", _("A session can only move to a moment that is still to come."))
        elif start == self.session.starts_at and room == self.session.room:
            self.add_error("day", _("The session is there already. Choose another day, time or room."))
        else:
            self._look_ahead(start, room)
        return given

    def _look_ahead(self, start: datetime, room: Room | None) -> None:
        following = self.following if self.cleaned_data.get("with_later") else []
        try:
            self.moves = moves_of(self.session, starts_at=start, room=room, following=following)
        except NoOpenDay as error:
            told = {"number": error.number, "day": day_in_words(error.day)}
            self.add_error("day", _("Session %(number)s would be on %(day)s, and no day near that is open.") % told)
        else:
            self.say(clashes_of(self.moves))
            if self.errors:
                self.openings = self._free(self.moves[0])

    def _free(self, move: Move) -> list[Opening]:
        """Where the session could go instead, alone."""
        session, rooms = self.session, self.fields["room"]
        before, after = standing_before(session), self.following[0] if self.following else None
        people = [lead.membership for lead in session.leads.standing().select_related("membership__user")]
        return openings(
            session.practice,
            move.slot,
            room=move.room,
            people=people,
            days=days_around(session.practice, move.day),
            between=days_between(
                before.day if before else None, after.day if after else None, session.practice.zone, now=self.now
            ),
            other_rooms=[room for room in cast(Any, rooms).queryset if room != move.room][:MOST_ROOMS],
            group=session.group,
            except_for=[session],
        )

    def say(self, found: Mapping[int, list[Clash]]) -> None:
        """Put each clash at the field that can mend it; those of later sessions above the form, with their day."""
        for clash in found.get(self.session.number, []):
            self.add_error("room" if clash.taken is Taken.ROOM else "day", clash_in_words(clash))
        for move in self.moves[1:]:
            for clash in found.get(move.session.number, []):
                told = {"number": move.session.number, "day": day_in_words(move.day), "clash": clash_in_words(clash)}
                self.add_error(None, _("Session %(number)s, %(day)s: %(clash)s") % told)


class CancelForm(MoveForm):
    """Calling a session off: with another day, another session takes its place; without, it is only called off."""

    def __init__(self, data: Any, **options: Any) -> None:
        super().__init__(data, **options)
        del self.initial["day"]
        self.fields.pop("with_later", None)
        self.fields["day"].required = self.fields["starts_at"].required = False
        self.fields["day"].help_text = _("Leave this empty when no other session takes its place.")

    def clean_day(self) -> date:
        return super().clean_day() if self.cleaned_data["day"] else self.cleaned_data["day"]

    def clean_starts_at(self) -> time:
        at: time | None = self.cleaned_data["starts_at"]
        return at or timezone.localtime(self.session.starts_at).time()

    def clean(self) -> dict[str, Any]:
        return super().clean() if self.cleaned_data.get("day") else self.cleaned_data

    @property
    def replacement(self) -> Move | None:
        """Where the session in its place would be, if there is to be one."""
        return self.moves[0] if self.moves else None


def put_on(session: GroupSession, day: str | None) -> dict[str, str] | None:
    """The form where another page proposes a day, or the session was dropped on one: all else stays as it is."""
    if day is None:
        return None
    at, room = timezone.localtime(session.starts_at), str(session.room_id or "")
    return {"day": day, "starts_at": f"{at:%H:%M}", "room": room}


def with_opening(given: QueryDict) -> tuple[QueryDict, bool]:
    """What was filled in, with the free place that was just taken; and whether one was."""
    value, _bar, room = given.get("take", "").partition("|")
    start = as_moment(value)
    if start is None:
        return given, False
    local, changed = timezone.localtime(start), given.copy()
    changed["day"], changed["starts_at"], changed["room"] = f"{local:%Y-%m-%d}", f"{local:%H:%M}", room
    return changed, True
