"""Gestational age and babies' age, as people say them."""

from datetime import date

from django import template
from django.utils.translation import ngettext

from participants import ages

register = template.Library()


@register.filter
def gestation(due_on: date, day: date) -> str:
    """`{{ due_on|gestation:day }}`: 28+3."""
    return ages.weeks_and_days(ages.gestational_days(due_on, day))


@register.filter
def age_on(born_on: date, day: date) -> str:
    """`{{ born_on|age_on:day }}`: in weeks up to a quarter of a year, then in months."""
    weeks = (day - born_on).days // 7
    if weeks < 13:
        return ngettext("%(count)d week", "%(count)d weeks", weeks) % {"count": weeks}
    months = ages.months_between(born_on, day)
    return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
