"""What somebody fills in to plan a group."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from groups.forms import LinkField, SizeField, refuse_sizes_that_fall
from groups.models import CareGroup
from groups.placement import Candidate, Wanted, candidates, suggested_window
from participants.models import Language
from practices.models import ANSWERS_FOR_CHECKS, DOCTORS, Membership, Practice, Role, Room
from sessions.models import ScheduleTemplate
from sessions.planning import Frame, Plan, days_around, last_day_of, middle_of
from sessions.schedule import NoOpenDay, OutOfOrder, asked_day, suggested_first_day
from sessions.wording import contract_in_words, day_in_words

# Typing a year passes through the year 2.
EARLIEST, LATEST = date(2010, 1, 1), date(2090, 1, 1)
EVENING = time(19, 30)
USUAL_TIME: dict[str, time] = {CareGroup.Kind.PARENTING: time(10)}
# Somebody who plans today can let people know by then.
NOTICE = timedelta(days=14)
# Begins the name of what was chosen for one session; its number follows.
CHOSEN = "chosen-"
# The fields that say who leads, as sessions.planning.Frame calls them.
LEADS = ("first", "co", "doctor", "interpreter")
USUAL_KIND = {Practice.Kind.YOUTH: CareGroup.Kind.PARENTING}


class DayField(forms.DateField):
    """A day, typed or picked, in a year that somebody may mean."""

    default_error_messages = {"invalid": _("Give a day, for instance 4 March 2027 as 2027-03-04.")}

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        words = _("Look at the year again.")
        validators = [MinValueValidator(EARLIEST, words), MaxValueValidator(LATEST, words)]
        super().__init__(widget=widget, validators=validators, **options)


class ClockField(forms.TimeField):
    """A time of the day as the clock on the wall shows it."""

    default_error_messages = {"invalid": _("Give a time, for instance 19:30.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **options)


class StaffField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A member of staff, with her profession."""

    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user.name}, {obj.get_profession_display()}"


class PeopleField(forms.TypedMultipleChoiceField):
    """People who were ticked, by number; the form knows who may be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, **options)

    def valid_value(self, value: Any) -> bool:
        return str(value).isdecimal()


class PlanForm(forms.Form):
    """A group with its series. The choices are what the planner may choose from."""

    kind = forms.ChoiceField(choices=CareGroup.Kind.choices, widget=forms.HiddenInput)
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    template: forms.ModelChoiceField[ScheduleTemplate] = forms.ModelChoiceField(
        None, label=_("Schedule"), empty_label=None
    )
    window_from = DayField(label=_("Due from"))
    window_last = DayField(label=_("Due up to and including"))
    first_on = DayField(label=_("First session on"))
    starts_at = ClockField(label=_("Time"))
    room: forms.ModelChoiceField[Room] = forms.ModelChoiceField(
        None, label=_("Room"), required=False, empty_label=_("Choose a room")
    )
    first = StaffField(None, label=_("First facilitator"), empty_label=_("Choose who"))
    co = StaffField(None, label=_("Co-facilitator"), required=False, empty_label=_("Not known yet"))
    doctor = StaffField(
        None,
        label=_("Doctor"),
        required=False,
        empty_label=_("Not known yet"),
        help_text=_("At the sessions where the schedule expects one."),
    )
    interpreter = StaffField(None, label=_("Interpreter"), required=False, empty_label=_("Nobody"))
    language = forms.ChoiceField(choices=Language.choices, label=_("Language"))
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=80,
        help_text=_("Left empty, the group is called after the month of its window."),
    )
    mode = forms.ChoiceField(choices=CareGroup.Mode.choices, label=_("Meets"))
    online_url = LinkField(label=_("Link to the online room"), required=False)
    minimum = SizeField(label=_("At least"))
    target = SizeField(label=_("Full at"))
    maximum = SizeField(label=_("At most"))
    # The schedule that the sizes on the page belong to.
    sizes_of = forms.IntegerField(required=False, widget=forms.HiddenInput)
    people = PeopleField(required=False)
    despite_absences = forms.BooleanField(
        label=_("Plan these dates all the same; I name a substitute later"), required=False
    )

    def __init__(self, *args: Any, membership: Membership, kind: str, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.membership, self.group_kind, self.now = membership, kind, now
        self.practice = membership.practice
        self.today = timezone.localdate(now)
        self._candidates: dict[Wanted, list[Candidate]] = {}
        staff = Membership.objects.visible_to(membership).active_on(self.today)
        staff = staff.select_related("user").order_by("user__name")
        fields: dict[str, Any] = self.fields
        templates = ScheduleTemplate.objects.visible_to(membership).in_use()
        fields["template"].queryset = templates.filter(kind=kind).order_by("pk")
        fields["room"].queryset = Room.objects.visible_to(membership).in_use(self.today)
        fields["first"].queryset = staff.with_role(Role.FACILITATOR).filter(profession__in=ANSWERS_FOR_CHECKS)
        fields["co"].queryset = fields["interpreter"].queryset = staff
        fields["doctor"].queryset = staff.filter(profession__in=DOCTORS)
        if not templates.filter(kind=kind, steps__with_doctor=True).exists():
            del fields["doctor"]
        if kind == CareGroup.Kind.PARENTING:
            fields["window_from"].label, fields["window_last"].label = _("Born from"), _("Born up to and including")
        elif kind == CareGroup.Kind.THEME:
            del fields["window_from"], fields["window_last"]

    # What was chosen -------------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        window_from, window_last = given.get("window_from"), given.get("window_last")
        if window_from and window_last and window_last < window_from:
            self.add_error("window_last", _("The window must end after it starts."))
        if given.get("mode") == CareGroup.Mode.IN_PERSON and not given.get("room") and "room" not in self.errors:
            self.add_error("room", _("Choose the room where the group meets."))
        if (
            given.get("mode") != CareGroup.Mode.IN_PERSON
            and not given.get("online_url")
            and "online_url" not in self.errors
        ):
            self.add_error("online_url", _("An online group needs the link to its online room."))
        refuse_sizes_that_fall(self, given)
        self._check_leads(given)
        self._check_people(given)
        self._check_contracts()
        return given

    def clean_first_on(self) -> date:
        first_on: date = self.cleaned_data["first_on"]
        if first_on < self.today:
            raise forms.ValidationError(_("This day has passed. Choose a day from today on."))
        closed = days_around(self.practice, first_on).closed.get(first_on)
        if closed:
            told = {"day": day_in_words(first_on), "name": closed.name}
            raise forms.ValidationError(_("%(day)s is closed: %(name)s. Choose another day.") % told)
        return first_on

    def _check_leads(self, given: dict[str, Any]) -> None:
        seen: set[Membership] = set()
        for name in LEADS:
            member = given.get(name)
            if member in seen:
                self.add_error(name, _("Choose two different people."))
            elif member:
                seen.add(member)
        template = given.get("template")
        if given.get("doctor") and template and not any(step.with_doctor for step in template.copied_steps()):
            self.add_error("doctor", _("This schedule expects no doctor. Name her at a session itself, once planned."))

    def _check_contracts(self) -> None:
        """Nobody is planned beyond the last day of her work here."""
        try:
            dates = self.frame.dates if self.frame else []
        except (NoOpenDay, OutOfOrder):
            # The preview tells that there are no dates.
            return
        told: set[str] = set()
        for planned in dates:
            for role, member in self.frame.leads_of(planned.step) if self.frame else []:
                if role not in told and member.ends_on and member.ends_on <= planned.day:
                    told.add(role)
                    self.add_error(role.value, contract_in_words(member, planned.step.number, planned.day))

    def _check_people(self, given: dict[str, Any]) -> None:
        ticked, maximum = given.get("people") or [], given.get("maximum")
        fitting = {candidate.participant.pk for candidate in self.candidates()}
        if not fitting.issuperset(ticked):
            self.add_error("people", _("Somebody you ticked does not fit this group any more. Look at the list again."))
        if maximum and len(ticked) > maximum:
            told = {"ticked": len(ticked), "maximum": maximum}
            self.add_error("people", _("You ticked %(ticked)s people; there are %(maximum)s places.") % told)

    # What follows from it --------------------------------------------------------------------------------------

    @property
    def given(self) -> MutableMapping[str, Any]:
        """What is in order of what was filled in; on a new page what it begins with."""
        return self.cleaned_data if self.is_bound else self.initial

    @property
    def window(self) -> tuple[date, date] | None:
        window_from, window_last = self.given.get("window_from"), self.given.get("window_last")
        if window_from is None or window_last is None or window_last < window_from:
            return None
        return window_from, window_last + timedelta(days=1)

    @property
    def leads(self) -> dict[str, Any]:
        """Those who are to lead, by the name of their part."""
        return {name: self.given.get(name) for name in LEADS}

    def candidates(self) -> list[Candidate]:
        """People who fit what is filled in, best first."""
        wanted = Wanted(
            kind=self.group_kind, window=self.window, language=self.given.get("language") or self.practice.language
        )
        if wanted not in self._candidates:
            self._candidates[wanted] = candidates(self.membership, wanted)
        return self._candidates[wanted]

    @cached_property
    def chosen(self) -> dict[int, datetime]:
        """Moments that were chosen by hand for single sessions, by their numbers."""
        found = {}
        for name in self.data:
            number, value = name.removeprefix(CHOSEN), self.data[name]
            if name.startswith(CHOSEN) and (chosen := as_number(number)) is not None and (start := as_moment(value)):
                found[chosen] = start
        return found

    @cached_property
    def frame(self) -> Frame | None:
        """When, where and with whom, as far as that is enough to say the dates."""
        given = self.given
        needed = [given.get("template"), given.get("first_on"), given.get("starts_at")]
        if None in needed or (self.window is None and self.group_kind != CareGroup.Kind.THEME):
            return None
        return Frame(
            practice=self.practice,
            template=given["template"],
            window=self.window,
            first_on=given["first_on"],
            starts_at=given["starts_at"],
            room=given.get("room"),
            chosen=self.chosen,
            **self.leads,
        )

    @property
    def made_before(self) -> CareGroup | None:
        """The group that this very page has made already: it was sent twice."""
        key = self.cleaned_data.get("form_key")
        return CareGroup.objects.visible_to(self.membership).filter(form_key=key).first() if key else None

    def plan(self) -> Plan:
        """The plan of a form that is in order."""
        given = self.cleaned_data
        ticked = set(given["people"])
        return Plan(
            practice=self.practice,
            template=given["template"],
            window=self.window,
            first_on=given["first_on"],
            starts_at=given["starts_at"],
            room=given["room"],
            name=given["name"],
            language=given["language"],
            mode=given["mode"],
            online_url=given["online_url"],
            sizes=(given["minimum"], given["target"], given["maximum"]),
            people=[one.participant for one in self.candidates() if one.participant.pk in ticked],
            form_key=given["form_key"],
            despite_absences=given["despite_absences"],
            chosen=self.chosen,
            **self.leads,
        )


def kind_to_begin_with(practice: Practice) -> CareGroup.Kind:
    """The kind of group that this kind of practice plans most."""
    return USUAL_KIND.get(Practice.Kind(practice.kind), CareGroup.Kind.PREGNANCY)


def beginnings(membership: Membership, kind: str, *, now: datetime) -> dict[str, Any]:
    """What a new page is filled with: where most people wait, and the template's own first day."""
    today = timezone.localdate(now)
    template = ScheduleTemplate.objects.visible_to(membership).in_use().filter(kind=kind).order_by("pk").first()
    may_be_first = membership.has_any([Role.FACILITATOR]) and membership.profession in ANSWERS_FOR_CHECKS
    rooms = list(Room.objects.visible_to(membership).in_use(today)[:2])
    begun: dict[str, Any] = {
        "kind": kind,
        "form_key": uuid4(),
        "template": template,
        "starts_at": USUAL_TIME.get(kind, EVENING),
        "language": membership.practice.language,
        "mode": CareGroup.Mode.IN_PERSON,
        "first": membership if may_be_first else None,
        "room": rooms[0] if len(rooms) == 1 else None,
    }
    return {**begun, **sizes_of(template), **_window_and_first_day(membership, template, today=today)}


def sizes_of(template: ScheduleTemplate | None) -> dict[str, int]:
    if template is None:
        return {}
    sizes = {"minimum": template.minimum, "target": template.target, "maximum": template.maximum}
    return {**sizes, "sizes_of": template.pk}


def _window_and_first_day(membership: Membership, template: ScheduleTemplate | None, *, today: date) -> dict[str, date]:
    """A window in which people wait, and the day in it that the template asks for first."""
    if template is None:
        return {}
    step, soon = template.copied_steps()[0], today + NOTICE
    ahead = asked_day(step, first_on=today, reference=today, last_due_on=today) - today
    window = suggested_window(membership, template.kind, earliest_middle=soon - ahead)
    if window is None:
        return {}
    first_on = suggested_first_day(
        step,
        reference=middle_of(window),
        last_due_on=last_day_of(window),
        days=days_around(membership.practice, soon),
        earliest=soon,
    )
    return {"window_from": window[0], "window_last": window[1] - timedelta(days=1), "first_on": first_on}


def with_sizes_of_schedule(given: QueryDict, membership: Membership) -> tuple[QueryDict, bool]:
    """What was filled in, with the sizes of its schedule when another one was chosen; and whether that is so."""
    asked = given.get("template", "")
    if asked == given.get("sizes_of") or as_number(asked) is None:
        return given, False
    template = ScheduleTemplate.objects.visible_to(membership).filter(pk=asked).first()
    if template is None:
        return given, False
    changed = given.copy()
    for name, value in sizes_of(template).items():
        changed[name] = str(value)
    return changed, True


def with_choice(given: QueryDict) -> tuple[QueryDict, bool]:
    """What was filled in, with the free moment that was just taken for a session or given back; and whether one was."""
    number, _bar, value = given.get("take", "").partition("|")
    if not number.isdecimal():
        return given, False
    changed = given.copy()
    changed.pop(f"{CHOSEN}{number}", None)
    if value:
        changed[f"{CHOSEN}{number}"] = value
    return changed, True


def as_number(value: str) -> int | None:
    """A number as a page carries it; None where it is none, or longer than any."""
    return int(value) if value.isdecimal() and len(value) < 19 else None


def as_moment(value: str) -> datetime | None:
    """A moment as a page carries it, 2027-03-04T18:30:00+00:00; None where it is none."""
    try:
        start = datetime.fromisoformat(value)
    except ValueError:
        return None
    return start if start.tzinfo and EARLIEST < start.date() < LATEST else None
