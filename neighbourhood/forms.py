from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from neighbourhood.models import Activity, Meeting, Partner
from participants.forms import PhoneField
from practices.models import Membership
from sessions.models import GroupSession

NAME_TAKEN = _("There is a partner with this name already.")
NAME_OF_ENDED = _("A partner with this name has ended. Find it under “Ended” and start again there.")
TITLE_TAKEN = _("This partner has an activity with this title already, perhaps one that ended.")
TIED_ALREADY = _("This activity is tied to the session already.")


class FindForm(forms.Form):
    """What to show in the list; every part may be left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *Partner.Kind.choices])
    ended = forms.BooleanField(required=False, widget=forms.HiddenInput)


class PartnerForm(forms.ModelForm):  # type: ignore[type-arg]
    phone = PhoneField()
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https", max_length=200)

    class Meta:
        model = Partner
        fields = ("name", "kind", "contact_name", "email", "phone", "website", "street", "postcode", "town")
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        cast(forms.ChoiceField, self.fields["kind"]).choices = [("", _("Choose")), *Partner.Kind.choices]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        namesakes = Partner.objects.visible_to(self.membership).filter(name=name)
        if other := namesakes.exclude(pk=self.instance.pk).first():
            raise forms.ValidationError(NAME_OF_ENDED if other.ended_at else NAME_TAKEN)
        return name


class ActivityForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Activity
        fields = ("title", "description", "takes_place")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "title": _("As you would say it to the group: a walk through the neighbourhood, story time."),
            "takes_place": _("For instance: every Tuesday at 10:00 in the library."),
        }

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        namesakes = self.instance.partner.activities.filter(title=title)
        if namesakes.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(TITLE_TAKEN)
        return title


class SessionChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        day = date_format(timezone.localtime(obj.starts_at), "D j F")
        return f"{obj.number} · {day}" + (f" · {obj.theme}" if obj.theme else "")


class ActivityChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.partner.name}: {obj.title}"


class MeetingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Tie an activity to one session of this group. The choices are the permission."""

    session = SessionChoice(label=_("Session"), queryset=None, empty_label=_("Choose a session"))
    activity = ActivityChoice(label=_("Activity"), queryset=None, empty_label=_("Choose an activity"))

    class Meta:
        model = Meeting
        fields = ("session", "activity", "note")
        help_texts = {"note": _("Who does what: who tells the group, who brings the tea.")}

    def __init__(self, *args: Any, group: CareGroup, membership: Membership, now: datetime, **kwargs: Any) -> None:
        kwargs["instance"] = Meeting(practice_id=membership.practice_id, arranged_by=membership, arranged_at=now)
        super().__init__(*args, **kwargs)
        sessions = GroupSession.objects.plannable_by(membership).standing().filter(group=group, starts_at__gt=now)
        activities = Activity.objects.visible_to(membership).on_offer().select_related("partner")
        self.fields["session"].queryset = sessions.order_by("starts_at")  # type: ignore[attr-defined]
        self.fields["activity"].queryset = activities.order_by("partner__name", "title")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        session, activity = data.get("session"), data.get("activity")
        if session and activity and activity.meetings.standing().filter(session=session).exists():
            self.add_error("activity", TIED_ALREADY)
        return data


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Meeting
        fields = ("note",)
