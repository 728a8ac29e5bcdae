"""What coordinators type about their practice."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from holidays.countries.netherlands import Netherlands

from practices.models import (
    AT_MOST_FOUR_HOURS,
    AWAY_ALREADY,
    END_BEFORE_START,
    HOURS_RUN_FORWARD,
    LAST_DAY_BEFORE_FIRST,
    LONGEST_TURNAROUND,
    ROOM_NAME_TAKEN,
    Absence,
    ClosedDays,
    Membership,
    Practice,
    Profession,
    Role,
    Room,
)

DAY = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
OVER = _("This day is over already.")
LONGEST_AHEAD = timedelta(days=3 * 366)
TIME = {"widget": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """What somebody may do here, as which profession, until when. `instance` carries the practice."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )

    class Meta:
        model = Membership
        fields = ["roles", "profession", "is_trained", "organisation", "ends_on"]
        widgets = {"ends_on": DAY["widget"]}
        help_texts = {"ends_on": _("From this day on she can no longer get in. Leave it empty while there is no end.")}

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day and day < self.instance.starts_on:
            raise forms.ValidationError(END_BEFORE_START)
        return day


class InviteForm(MemberForm):
    email = forms.EmailField(label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    field_order = ["name", "email"]

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        # Asked for only here: a guest nearly always has an end.
        self.fields["ends_on"].help_text = _("For guests, as a rule. From this day on they can no longer get in.")
        cast(forms.ChoiceField, self.fields["profession"]).choices = [("", _("Choose")), *Profession.choices]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day and day <= self.today:
            raise forms.ValidationError(OVER)
        return day


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """`instance` carries the practice, who is away, and who says so."""

    class Meta:
        model = Absence
        fields = ["starts_on", "ends_on"]
        widgets = {"starts_on": DAY["widget"], "ends_on": DAY["widget"]}

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_starts_on(self) -> date:
        return self._near(self.cleaned_data["starts_on"])

    def clean_ends_on(self) -> date:
        day, first = self._near(self.cleaned_data["ends_on"]), self.cleaned_data.get("starts_on")
        if first and day < first:
            raise forms.ValidationError(LAST_DAY_BEFORE_FIRST)
        if day < self.today:
            raise forms.ValidationError(OVER)
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and self.instance.membership.absences.within(first, last).exists():
            self.add_error("starts_on", AWAY_ALREADY)
        return given

    def _near(self, day: date) -> date:
        # A slip in the year, which nobody would find again.
        if abs(day - self.today) > LONGEST_AHEAD:
            raise forms.ValidationError(_("Look at the year again."))
        return day


class RoomForm(forms.ModelForm):  # type: ignore[type-arg]
    """`instance` carries the practice."""

    seats = forms.IntegerField(
        label=_("Seats in a circle"),
        min_value=1,
        max_value=100,
        initial=14,
        widget=forms.TextInput({"inputmode": "numeric"}),
    )

    class Meta:
        model = Room
        fields = ["name", "street", "postcode", "town", "seats", "turnaround_minutes"]
        widgets = {"turnaround_minutes": forms.TextInput({"inputmode": "numeric"})}

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = Room.objects.visible_to(self.by).exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(ROOM_NAME_TAKEN)
        return name

    def clean_turnaround_minutes(self) -> int:
        minutes: int = self.cleaned_data["turnaround_minutes"]
        if minutes > LONGEST_TURNAROUND:
            raise forms.ValidationError(AT_MOST_FOUR_HOURS)
        return minutes


class ClosedDaysForm(forms.ModelForm):  # type: ignore[type-arg]
    """`instance` carries the practice."""

    class Meta:
        model = ClosedDays
        fields = ["starts_on", "ends_on", "reason"]
        widgets = {"starts_on": DAY["widget"], "ends_on": DAY["widget"]}

    def clean_ends_on(self) -> date:
        day: date = self.cleaned_data["ends_on"]
        starts_on = self.cleaned_data.get("starts_on")
        if starts_on and day < starts_on:
            raise forms.ValidationError(LAST_DAY_BEFORE_FIRST)
        # Nothing would show that they were kept: a year was mistyped.
        if day < timezone.localdate():
            raise forms.ValidationError(OVER)
        return day


def public_holidays() -> list[tuple[str, str]]:
    """The names in the list of public holidays, in the order of the year."""
    year = timezone.localdate().year
    days = Netherlands(years=range(year, year + 5), language="nl")  # type: ignore[no-untyped-call]
    names = dict.fromkeys(name for _day, name in sorted(days.items(), key=lambda item: (item[0].month, item[0].day)))
    return [(name, name) for name in names]


class PracticeForm(forms.ModelForm):  # type: ignore[type-arg]
    ordinary_holidays = forms.MultipleChoiceField(
        label=_("Public holidays on which you work"),
        choices=public_holidays,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("On the other ones no session is planned."),
    )

    class Meta:
        model = Practice
        fields = [
            "name", "sender_name", "phone", "language", "messages_from", "messages_until", "school_region",
            "ordinary_holidays",
        ]  # fmt: skip
        widgets = {"messages_from": TIME["widget"], "messages_until": TIME["widget"]}
        help_texts = {
            "sender_name": _("Stands above every message. Choose words that tell a stranger nothing."),
            "phone": _("Where participants can call you."),
            "messages_until": _("Leave both empty to send at any time. On Sundays and public holidays nothing leaves."),
        }

    def clean_sender_name(self) -> str:
        # It becomes a header of a mail: one line.
        return " ".join(self.cleaned_data["sender_name"].split())

    def clean(self) -> None:
        super().clean()
        starts, ends = self.cleaned_data.get("messages_from"), self.cleaned_data.get("messages_until")
        if not self.errors and (starts is None) != (ends is None):
            self.add_error("messages_until", _("Fill in both times, or leave both empty."))
        elif starts and ends and starts >= ends:
            self.add_error("messages_until", HOURS_RUN_FORWARD)
