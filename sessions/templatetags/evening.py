"""What the pages of an evening share."""

from typing import Any

from django import template

from sessions.models import GroupSession
from sessions.steps import Step, steps_of

register = template.Library()


@register.simple_tag(takes_context=True)
def evening_steps(context: dict[str, Any], session: GroupSession, current: str) -> list[Step]:
    """The steps of this evening for whoever looks, with `current` the one she is at."""
    return steps_of(session, context["membership"], current=current)
