"""The schedule templates of a practice: listed with what became of them, and kept as somebody edited them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from groups.models import CareGroup
from practices.models import Membership
from sessions.models import Series
from sessions.offsets import span_in_words
from sessions.schedule import Step
from sessions.schedule_templates import PartnerPolicy, ScheduleTemplate, TemplateStep

# A pregnancy group has at least so many sessions for partners (domain.md, 1).
FOR_PARTNERS = 2


@dataclass(frozen=True)
class Line:
    """One template in the list."""

    template: ScheduleTemplate
    steps: Sequence[Step]
    groups: int

    @property
    def span(self) -> str:
        return span_in_words(self.steps)

    @property
    def lacks_partners(self) -> bool:
        return lacks_partners(self.template, [step.partners for step in self.steps])


def lines_of(membership: Membership) -> list[Line]:
    """Every template, by kind and name. Three queries."""
    used = Series.objects.visible_to(membership).order_by().values_list("template").annotate(Count("pk"))
    groups: dict[int | None, int] = dict(used)
    templates = ScheduleTemplate.objects.visible_to(membership).prefetch_related("steps")
    return [
        Line(template, [step.as_step() for step in template.steps.all()], groups.get(template.pk, 0))
        for template in templates
    ]


def lacks_partners(template: ScheduleTemplate, policies: Sequence[str]) -> bool:
    """Whether too few of the sessions of a pregnancy template are for partners."""
    return template.kind == CareGroup.Kind.PREGNANCY and policies.count(PartnerPolicy.EXPECTED) < FOR_PARTNERS


def keep_steps(template: ScheduleTemplate, steps: Sequence[Step]) -> None:
    """Make these the sessions of the template, numbered from 1; what stays as it was is not written."""
    standing = {row.number: row for row in template.steps.all()}
    owner = {"practice_id": template.practice_id, "template": template}
    TemplateStep.objects.bulk_create(
        TemplateStep(**owner, **step.as_json()) for step in steps if step.number not in standing
    )
    for step in steps:
        row = standing.get(step.number)
        if row and row.as_step() != step:
            TemplateStep(pk=row.pk, **owner, **step.as_json()).save(force_update=True)
    template.steps.filter(number__gt=len(steps)).delete()
