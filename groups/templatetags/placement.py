from collections.abc import Sequence

from django import template
from django.utils.translation import gettext as _

from groups.placement import Why

register = template.Library()


@register.filter
def why_in_words(why: Sequence[Why]) -> str:
    """What speaks for and against somebody, as one line."""
    words = {
        Why.SAME_LANGUAGE: _("speaks the language of the group"),
        Why.OTHER_LANGUAGE: _("speaks another language"),
        Why.IN_WINDOW: _("in the window"),
        Why.OUTSIDE_WINDOW: _("outside the window"),
        Why.ASKED_BEFORE: _("was invited or waits"),
        Why.LEFT_BEFORE: _("declined or left before"),
        Why.PLACED: _("has a place already"),
        Why.NOTHING_EXPECTED: _("has no due date that is open"),
        Why.NO_CHILD: _("has no child in the register"),
        Why.NO_MESSAGES: _("gets no messages"),
    }
    return "\N{NO-BREAK SPACE}· ".join(words[reason] for reason in why)
