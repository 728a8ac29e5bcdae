"""How far a pregnancy is and how old a baby is."""

from datetime import date, timedelta

from django.utils.translation import ngettext

TERM = timedelta(days=280)


def gestational_days(due_on: date, day: date) -> int:
    """Days of pregnancy on `day`: 280 less the days left to the due date (domain.md, 1)."""
    return (TERM - (due_on - day)).days


def weeks_and_days(days: int) -> str:
    """Days of pregnancy as midwives write them: 199 is 28+3."""
    weeks, rest = divmod(days, 7)
    return f"{weeks}+{rest}"


def months_between(born_on: date, day: date) -> int:
    """Whole months of age, by the calendar."""
    return (day.year - born_on.year) * 12 + day.month - born_on.month - (day.day < born_on.day)


def weeks_old(born_on: date, day: date) -> str:
    """The age of a baby in words."""
    weeks = (day - born_on).days // 7
    return ngettext("%(weeks)d week", "%(weeks)d weeks", weeks) % {"weeks": weeks}
