"""What somebody fills in about the library, and about the plan of one evening with its help."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from groups.models import CareGroup
from participants.forms import KeepingForm, refuse_bsn
from practices.models import Membership
from sessions.library import FORMAT_NAME_TAKEN, TOPIC_TITLE_TAKEN, ActivityFormat, LibraryTopic, Moment, copied
from sessions.models import PlanItem
from sessions.schedule_forms import NumberField

LONGEST = 240


class MinutesField(NumberField):
    def __init__(self, **options: Any) -> None:
        given = {"label": _("Minutes"), "min_value": 1, "max_value": LONGEST, **options}
        super().__init__(**given)


class FindForm(forms.Form):
    """What is looked for in the library. Nothing filled in finds everything."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100, widget=forms.SearchInput)
    kind = forms.ChoiceField(
        label=_("For which groups"), required=False, choices=[("", _("all groups")), *CareGroup.Kind.choices]
    )


class FormatForm(KeepingForm):
    """An activity format. `instance` carries the practice."""

    minutes = MinutesField()

    class Meta:
        model = ActivityFormat
        fields = ["name", "moment", "minutes", "materials", "how"]
        labels = {
            "name": _("Name"),
            "moment": _("Meant for"),
            "materials": _("Materials"),
            "how": _("How it goes"),
        }
        widgets = {"how": forms.Textarea({"rows": 5})}

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        others = ActivityFormat.objects.visible_to(self.by).exclude(pk=self.instance.pk)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(FORMAT_NAME_TAKEN)
        return name


class LibraryTopicForm(KeepingForm):
    """A topic of the library. `instance` carries the practice."""

    kinds = forms.MultipleChoiceField(
        label=_("For which groups"), choices=CareGroup.Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = LibraryTopic
        fields = ["title", "theme", "suggested", "kinds"]
        labels = {"title": _("Title"), "theme": _("Theme"), "suggested": _("Activity format")}

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.by = by
        suggested: Any = self.fields["suggested"]
        offered = Q(moment=Moment.TOPIC, retired_at=None) | Q(pk=self.instance.suggested_id)
        suggested.queryset = ActivityFormat.objects.visible_to(by).filter(offered)
        suggested.empty_label = _("none")

    def clean_title(self) -> str:
        title = " ".join(self.cleaned_data["title"].split())
        others = LibraryTopic.objects.visible_to(self.by).exclude(pk=self.instance.pk)
        if others.filter(title__iexact=title).exists():
            raise forms.ValidationError(TOPIC_TITLE_TAKEN)
        return title

    def _shown(self, name: str) -> str:
        if name == "kinds":
            return ", ".join(str(CareGroup.Kind(kind).label) for kind in self.kept["kinds"] or ())
        return super()._shown(name)


class PlanItemForm(KeepingForm):
    """A topic on the plan of one evening. Another activity format brings its own time and materials along."""

    chosen: forms.ModelChoiceField[ActivityFormat] = forms.ModelChoiceField(
        queryset=None, label=_("Activity format"), required=False, empty_label=_("none")
    )
    minutes = MinutesField(required=False)
    field_order = ["title", "chosen", "minutes", "materials"]

    class Meta:
        model = PlanItem
        fields = ["title", "minutes", "materials"]
        labels = {"title": _("Topic"), "materials": _("Materials")}

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        formats = ActivityFormat.objects.visible_to(by).meant_for(Moment.TOPIC)
        name = self.instance.format_name
        chosen: Any = self.fields["chosen"]
        chosen.queryset = formats
        same = formats.filter(name=name).first() if name else None
        self.initial["chosen"] = same.pk if same else None
        # A format that the library has no longer stays with the topic until another is chosen.
        self.stands_alone = bool(name) and same is None
        if self.stands_alone:
            chosen.empty_label = name

    def clean(self) -> None:
        super().clean()
        refuse_bsn(self, ("title", "materials"))

    def about(self) -> dict[str, Any]:
        """What is to be kept of the topic."""
        given = self.cleaned_data
        chosen: ActivityFormat | None = given["chosen"]
        about = {name: given[name] for name in ("title", "minutes", "materials")}
        if "chosen" not in self.changed_data:
            return about
        if chosen is None:
            return about | {"format_name": "", "how": ""}
        own = {name: given[name] for name in ("minutes", "materials") if name in self.changed_data and given[name]}
        return {"title": given["title"], **copied(chosen, **own)}
