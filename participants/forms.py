"""What people type about participants: read loosely, refused in their words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from participants.bsn import mentions_bsn
from participants.contact import WISHES
from participants.dates import check_born, check_due, parse_day
from participants.importing import Registration, said
from participants.models import NUMBER_TAKEN, Child, Language, Participant, ParticipantQuerySet, Pregnancy
from participants.phone import normalised, readable
from participants.spreadsheet import MAX_BYTES, TOO_LARGE
from practices.models import Membership

MAY_BE_A_BSN = _("This may be a BSN, which must not be kept here. Change it, or tick that it is none.")
NO_BSN = _("This may be a BSN, which must not be kept here. Leave the number out.")
# Where somebody may paste a BSN; telephone numbers are exempt.
FREE_TEXTS = ("client_number", "given_name", "family_name", "partner_name")


class PhoneField(forms.CharField):
    """A telephone number, kept as `+31612345678` and shown as it is said."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "required": False, "label": _("Telephone"), **options})

    def to_python(self, value: Any) -> str:
        return normalised(super().to_python(value) or "")

    def prepare_value(self, value: Any) -> Any:
        return readable(value) if isinstance(value, str) and value.startswith("+31") else value


class DayField(forms.Field):
    """A day, typed as people do (12-5-2027) or chosen from a calendar; None when left empty."""

    def __init__(self, *, calendar: bool = True, **options: Any) -> None:
        words = forms.TextInput(attrs={"inputmode": "numeric", "placeholder": _("31-12-2027"), "autocomplete": "off"})
        chosen = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(**{"widget": chosen if calendar else words, "required": False, **options})

    def to_python(self, value: Any) -> date | None:
        return value if isinstance(value, date) else parse_day(str(value or ""))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


def not_a_bsn_field() -> forms.BooleanField:
    """The tick that is shown only once there is something to ask about."""
    return forms.BooleanField(required=False, label=_("This is not a BSN"), widget=forms.HiddenInput)


def ask_about_bsn(form: forms.BaseForm, names: Iterable[str]) -> None:
    """Refuse values that may be a BSN until somebody ticks that they are none."""
    suspects = [name for name in names if mentions_bsn(form.cleaned_data.get(name) or "")]
    if suspects:
        form.fields["not_a_bsn"].widget = forms.CheckboxInput()
        if not form.cleaned_data.get("not_a_bsn"):
            for name in suspects:
                form.add_error(name, MAY_BE_A_BSN)


def refuse_bsn(form: forms.BaseForm, names: Iterable[str]) -> None:
    """Refuse values that may be a BSN where no other number of that length has its place."""
    for name in names:
        if mentions_bsn(form.cleaned_data.get(name) or ""):
            form.add_error(name, NO_BSN)


def tidy_postcode(postcode: str) -> str:
    """`3511ab` becomes `3511 AB`; a foreign postcode stays as it was typed."""
    packed = postcode.replace(" ", "").upper()
    if len(packed) == 6 and packed[:4].isdecimal() and packed[4:].isalpha():
        return f"{packed[:4]} {packed[4:]}"
    return postcode


def fingerprint_of(values: Iterable[object]) -> str:
    """A few letters that differ when one of the values does."""
    return hashlib.sha256(json.dumps([str(value) for value in values]).encode()).hexdigest()[:20]


class KeepingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that overwrites nothing of somebody else: who changed the row meanwhile is seen first.

    The page sends back, as `seen`, the `fingerprint` of the values that it was filled with.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kept = {name: self.initial.get(name) for name in self._meta.fields or ()}
        self.fingerprint = fingerprint_of(self.kept.values())

    @property
    def is_overtaken(self) -> bool:
        """Whether what is kept is no longer what the page was filled with."""
        return bool(self.instance.pk) and self.data.get("seen") != self.fingerprint

    def clean(self) -> None:
        super().clean()
        if self.is_overtaken:
            self._show_what_is_kept()

    def _show_what_is_kept(self) -> None:
        self.add_error(
            None, _("Somebody else changed this while you were typing. Look at what is kept now and save again.")
        )
        for name in self.changed_data:
            if name in self.kept:
                self.add_error(name, _("Kept now: %(value)s") % {"value": self._shown(name) or "–"})

    def _shown(self, name: str) -> str:
        value, field = self.kept[name], self.fields[name]
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if isinstance(value, date):
            return said(value)
        if isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            return str(dict(choices).get(value or "", ""))
        return str(field.prepare_value(value) or "")


class ParticipantForm(KeepingForm):
    """Who a person is and how she may be reached. `instance` carries the practice."""

    phone = PhoneField()
    not_a_bsn = not_a_bsn_field()
    field_order = ["client_number", "not_a_bsn"]

    class Meta:
        model = Participant
        fields = [
            "client_number", "given_name", "family_name", "partner_name", "email", "phone", "by_email", "by_sms",
            "language", "postcode",
        ]  # fmt: skip
        widgets = {name: forms.TextInput(attrs={"autocomplete": "off"}) for name in (*FREE_TEXTS, "email", "postcode")}

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by

    def clean_client_number(self) -> str:
        number = " ".join(self.cleaned_data["client_number"].split())
        others = Participant.objects.visible_to(self.by).exclude(pk=self.instance.pk)
        if others.filter(client_number__iexact=number).exists():
            raise ValidationError(NUMBER_TAKEN)
        return number

    def clean_postcode(self) -> str:
        return tidy_postcode(self.cleaned_data["postcode"])

    def clean(self) -> None:
        super().clean()
        ask_about_bsn(self, [name for name in FREE_TEXTS if name in self.changed_data])

    @property
    def changes_wishes(self) -> bool:
        return not WISHES.isdisjoint(self.changed_data)


class NewParticipantForm(ParticipantForm):
    due_on = DayField(label=_("Due date"))
    born_on = DayField(label=_("Baby born on"), help_text=_("Only when the baby is there."))
    sex = forms.ChoiceField(
        label=_("The baby is a"), required=False, choices=[("", _("not known")), *Child.Sex.choices]
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_due_on(self) -> date | None:
        return checked_due(self.cleaned_data["due_on"], today=self.today)

    def clean_born_on(self) -> date | None:
        return checked_born(self.cleaned_data["born_on"], today=self.today)


def checked_due(day: date | None, *, today: date) -> date | None:
    if day:
        check_due(day, today=today)
    return day


def checked_born(day: date | None, *, today: date) -> date | None:
    if day:
        check_born(day, today=today)
    return day


class PregnancyForm(KeepingForm):
    """The due date, and the day on which a pregnancy ended. `instance` carries the participant."""

    due_on = DayField(label=_("Due date"), required=True)
    ended_on = DayField(
        label=_("Ended on"),
        help_text=_("Leave this empty while the pregnancy goes on. A birth is told with “A baby was born”."),
    )

    class Meta:
        model = Pregnancy
        fields = ["due_on", "ended_on"]

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_due_on(self) -> date | None:
        return checked_due(self.cleaned_data["due_on"], today=self.today)

    def clean_ended_on(self) -> date | None:
        day: date | None = self.cleaned_data["ended_on"]
        if day and day > self.today:
            raise ValidationError(_("This day has not come yet."))
        return day


class ChildForm(KeepingForm):
    born_on = DayField(label=_("Born on"), required=True)
    sex = forms.ChoiceField(
        label=_("Sex"),
        required=False,
        choices=[("", _("not known")), *Child.Sex.choices],
        help_text=_("Growth can only be shown beside its curves when this is known."),
    )

    class Meta:
        model = Child
        fields = ["given_name", "born_on", "sex"]

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_born_on(self) -> date | None:
        return checked_born(self.cleaned_data["born_on"], today=self.today)

    def clean_sex(self) -> str | None:
        return self.cleaned_data["sex"] or None


class PeopleForm(forms.Form):
    """What the list of people is narrowed by. Everything may be left empty."""

    q = forms.CharField(required=False, label=_("Name or client number"), max_length=100)
    dated_from = DayField(label=_("Due or born from"))
    dated_to = DayField(label=_("Up to and including"))
    language = forms.ChoiceField(
        required=False, label=_("Language"), choices=[("", _("every language")), *Language.choices]
    )
    place = forms.ChoiceField(
        required=False,
        label=_("Group"),
        choices=[("", _("with and without")), ("with", _("in a group")), ("without", _("not in a group"))],
    )

    def clean(self) -> None:
        start, end = self.cleaned_data.get("dated_from"), self.cleaned_data.get("dated_to")
        if start and end and end < start:
            self.add_error("dated_to", _("This day comes before the first one."))

    def narrow(self, people: ParticipantQuerySet) -> ParticipantQuerySet:
        asked = self.cleaned_data
        people = people.named_like(asked["q"])
        if asked["dated_from"] or asked["dated_to"]:
            last = min(asked["dated_to"] or date.max, date.max - timedelta(days=1))
            people = people.dated_between(asked["dated_from"] or date.min, last + timedelta(days=1))
        if asked["language"]:
            people = people.filter(language=asked["language"])
        if asked["place"]:
            people = people.placed(asked["place"] == "with")
        return people

    @property
    def filters(self) -> list[forms.BoundField]:
        """All but the search itself, which stands apart on the page."""
        return [field for field in self if field.name != "q"]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.changed_data)

    @property
    def is_filtered(self) -> bool:
        return not {"q"}.issuperset(self.changed_data)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Spreadsheet"),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
        help_text=_("CSV or XLSX, at most 5 MB and 5,000 rows."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(TOO_LARGE)
        return file


class RowForm(forms.Form):
    """One row of a spreadsheet: as it came, or as somebody mended it."""

    client_number = forms.CharField(label=_("Client number"), max_length=32)
    given_name = forms.CharField(label=_("First name"), max_length=80)
    family_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)
    phone = PhoneField()
    due_on = DayField(label=_("Due date"), calendar=False)
    born_on = DayField(label=_("Baby born on"), calendar=False)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("not given: Dutch")), *Language.choices]
    )
    postcode = forms.CharField(label=_("Postcode"), max_length=10, required=False)
    partner_name = forms.CharField(label=_("Name of the partner"), max_length=120, required=False)
    not_a_bsn = not_a_bsn_field()
    leave_out = forms.BooleanField(required=False, label=_("Leave this row out"))
    field_order = ["client_number", "not_a_bsn"]

    def __init__(self, data: Any, *, row: int, today: date) -> None:
        super().__init__(data, prefix=f"r{row}")
        self.row = row
        self.today = today

    @classmethod
    def of(cls, values: dict[str, str], *, row: int, today: date) -> RowForm:
        """A row as it stands in a file, by the names of the fields."""
        return cls({f"r{row}-{name}": value for name, value in values.items()}, row=row, today=today)

    def clean_client_number(self) -> str:
        return " ".join(self.cleaned_data["client_number"].split())

    def clean_due_on(self) -> date | None:
        return checked_due(self.cleaned_data["due_on"], today=self.today)

    def clean_born_on(self) -> date | None:
        return checked_born(self.cleaned_data["born_on"], today=self.today)

    def clean_postcode(self) -> str:
        return tidy_postcode(self.cleaned_data["postcode"])

    def clean(self) -> None:
        ask_about_bsn(self, FREE_TEXTS)
        if {"due_on", "born_on"} <= self.cleaned_data.keys() and not (
            self.cleaned_data["due_on"] or self.cleaned_data["born_on"]
        ):
            self.add_error("due_on", _("Fill in a due date, or the day on which the baby was born."))

    @property
    def spoken_name(self) -> str:
        return f"{self['given_name'].value() or ''} {self['family_name'].value() or ''}".strip()

    @property
    def is_left_out(self) -> bool:
        return self["leave_out"].data is True

    @property
    def registration(self) -> Registration:
        values = {name: value for name, value in self.cleaned_data.items() if name not in {"not_a_bsn", "leave_out"}}
        return Registration(row=self.row, **values)

    @property
    def to_mend(self) -> list[forms.BoundField]:
        """What is wrong, and the tick that goes with it."""
        return [field for field in self if field.errors or self._is_asked(field)]

    @property
    def in_order(self) -> list[forms.BoundField]:
        return [field for field in self if not field.errors and not self._is_asked(field) and not field.is_hidden]

    def _is_asked(self, field: forms.BoundField) -> bool:
        return field.name == "leave_out" or (field.name == "not_a_bsn" and not field.is_hidden)
