"""What a new practice begins with: the schedules of both models, as its own copies to change (domain.md, 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.dispatch import receiver

from groups.models import CareGroup
from practices.founding import practice_founded
from practices.models import Practice
from sessions.library_defaults import PARENTING_THEMES, PREGNANCY_THEMES, Theme, give_library
from sessions.schedule import Anchor
from sessions.schedule_templates import ScheduleTemplate, TemplateStep

# In the list of public holidays, and a working day all the same.
ORDINARY_HOLIDAYS = ["Goede vrijdag"]


# Shown to the group as a topic; vaccinations are registered elsewhere.
VACCINATIONS = {
    1: "Vaccinaties: rotavirus 1",
    2: "Vaccinaties: DKTP 1, pneumokokken 1, rotavirus 2",
    4: "Vaccinaties: DKTP 2, pneumokokken 2",
    7: "Vaccinaties: DKTP 3, pneumokokken 3",
    8: "Vaccinaties: BMR 1, MenACWY",
}
# Weeks of pregnancy of each session, and which of the themes it takes.
NINE_AND_ONE = [(16, 0), (20, 1), (24, 2), (28, 3), (30, 4), (32, 5), (34, 6), (36, 7), (38, 8)]
EIGHT_AND_ONE = [(17, 0), (21, 1), (25, 2), (29, 3), (31, 4), (33, 5), (35, 6), (37, 7)]
DAYS_AFTER_LAST_DUE_DATE = 6 * 7
# 7 weeks; 3, 4, 5, 6.5, 9, 12 and 14 months.
AGES_IN_DAYS = [49, 91, 122, 152, 198, 274, 365, 426]
WITH_YOUTH_DOCTOR = {1, 6, 8}


def pregnancy_steps(schedule: Sequence[tuple[int, int]], formats: Mapping[str, int]) -> list[dict[str, Any]]:
    """The sessions in pregnancy at these weeks, and the one with the babies; `formats` are keys by name."""
    steps = [
        {"anchor": Anchor.PREGNANCY.value, "days": 7 * week, **_about(PREGNANCY_THEMES[theme], formats)}
        for week, theme in schedule
    ]
    about = _about(PREGNANCY_THEMES[-1], formats)
    reunion = {"anchor": Anchor.LAST_BIRTH.value, "days": DAYS_AFTER_LAST_DUE_DATE, **about}
    return [*steps, {**reunion, "margin_days": 14}]


def parenting_steps(formats: Mapping[str, int]) -> list[dict[str, Any]]:
    steps = []
    for number, (days, theme) in enumerate(zip(AGES_IN_DAYS, PARENTING_THEMES, strict=True), 1):
        about = _about(theme, formats)
        if number in VACCINATIONS:
            about["plan"].insert(-1, {"title": VACCINATIONS[number], "minutes": 5})
        about["with_doctor"] = number in WITH_YOUTH_DOCTOR
        steps.append({"anchor": Anchor.AGE.value, "days": days, **about})
    return steps


def _about(theme: Theme, formats: Mapping[str, int]) -> dict[str, Any]:
    plan = [part.as_json() for part in theme.parts(formats)]
    return {"theme": theme.title, "plan": plan, "partners": theme.partners}


@receiver(practice_founded, dispatch_uid="sessions.defaults")
def give_templates(practice: Practice, **kwargs: object) -> None:
    """Give the practice the library and the templates that it does not have; what it changed stays as it is."""
    formats = give_library(practice)
    if not practice.ordinary_holidays and not ScheduleTemplate.objects.filter(practice=practice).exists():
        practice.ordinary_holidays = ORDINARY_HOLIDAYS
        practice.save(update_fields=["ordinary_holidays"])
    pregnancy, parenting = CareGroup.Kind.PREGNANCY, CareGroup.Kind.PARENTING
    _give(
        practice,
        ("9 + 1, vanaf week 16", pregnancy, (6, 10, 12), pregnancy_steps(NINE_AND_ONE, formats)),
        ("8 + 1, tot week 37", pregnancy, (6, 10, 12), pregnancy_steps(EIGHT_AND_ONE, formats)),
        ("8 bijeenkomsten, tot 14 maanden", parenting, (5, 7, 8), parenting_steps(formats)),
    )


def _give(practice: Practice, *templates: tuple[str, str, tuple[int, int, int], Sequence[dict[str, Any]]]) -> None:
    known = set(ScheduleTemplate.objects.filter(practice=practice).values_list("name", flat=True))
    steps_of = {name: steps for name, _kind, _sizes, steps in templates}
    given = ScheduleTemplate.objects.bulk_create(
        ScheduleTemplate(practice=practice, name=name, kind=kind, minimum=minimum, target=target, maximum=maximum)
        for name, kind, (minimum, target, maximum), _steps in templates
        if name not in known
    )
    TemplateStep.objects.bulk_create(
        TemplateStep(practice=practice, template=template, number=number, **step)
        for template in given
        for number, step in enumerate(steps_of[template.name], 1)
    )
