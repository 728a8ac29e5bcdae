"""When a session of a template is, as people say and type it: 16+0, 7 weeks, 3 months. No database, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from participants.ages import weeks_and_days
from sessions.schedule import WEEK, Anchor, Step

MONTHS_OF_A_YEAR, DAYS_OF_A_YEAR = 12, 365.25
# Up to this age babies are counted in weeks.
FIRST_MONTHS = 3


def days_of_months(months: int) -> int:
    """So many months in days, as near as whole days come."""
    return round(months * DAYS_OF_A_YEAR / MONTHS_OF_A_YEAR)


# The first and the last day that anybody may mean.
SENSE = {
    Anchor.PREGNANCY: (4 * WEEK, 42 * WEEK),
    Anchor.AGE: (0, days_of_months(24)),
    Anchor.LAST_BIRTH: (1, 52 * WEEK),
    Anchor.SERIES: (0, 104 * WEEK),
}
OUT_OF_SENSE = {
    Anchor.PREGNANCY: gettext_lazy("Choose a week of pregnancy from 4 to 42."),
    Anchor.AGE: gettext_lazy("Choose an age of at most 24 months."),
    Anchor.LAST_BIRTH: gettext_lazy("Choose 1 day to 52 weeks after the last birth."),
    Anchor.SERIES: gettext_lazy("Choose at most 104 weeks after the first session."),
}
EXAMPLES = {
    Anchor.PREGNANCY: gettext_lazy("Give a week of pregnancy, for instance 16 or 16+0."),
    Anchor.AGE: gettext_lazy("Give an age, for instance 7 weeks, 3 months or 6 months 15 days."),
    Anchor.LAST_BIRTH: gettext_lazy("Give days or weeks after the last birth, for instance 42 days or 6 weeks."),
    Anchor.SERIES: gettext_lazy("Give days or weeks after the first session, for instance 14 days or 2 weeks."),
}
GESTATION = re.compile(r"(\d{1,2})(?: ?\+ ?([0-6]))?")
# Weeks, months and days begin with the same letters in English and in Dutch, and with no other word for time.
PART = re.compile(r"(\d{1,4}) ?([wmd])[a-z]*")
WHOLE = re.compile(rf"{PART.pattern}(?:,? ?(?:en |and )?{PART.pattern})*")
DAYS_OF: dict[str, Callable[[int], int]] = {"w": WEEK.__mul__, "m": days_of_months, "d": int}


class Unreadable(ValueError):
    """What was typed says no day, or none that can be; `words` tell what to do."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(words)
        self.words = words


def read(typed: str, anchor: Anchor) -> int:
    """The days from the anchor that somebody typed. Raises Unreadable."""
    text = " ".join(typed.lower().split())
    gestation = GESTATION.fullmatch(text)
    if anchor is Anchor.PREGNANCY and gestation:
        weeks, rest = gestation.groups(default="0")
        days = int(weeks) * WEEK + int(rest)
    elif anchor in (Anchor.LAST_BIRTH, Anchor.SERIES) and re.fullmatch(r"\d{1,4}", text):
        days = int(text)
    elif WHOLE.fullmatch(text):
        days = sum(DAYS_OF[unit](int(number)) for number, unit in PART.findall(text))
    else:
        raise Unreadable(EXAMPLES[anchor])
    first, last = SENSE[anchor]
    if not first <= days <= last:
        raise Unreadable(OUT_OF_SENSE[anchor])
    return days


def in_words(days: int, anchor: Anchor) -> str:
    """The same days as `read` takes them: 16+0 in pregnancy, else weeks, months and days."""
    if anchor is Anchor.PREGNANCY:
        return weeks_and_days(days)
    if anchor is Anchor.AGE and days >= days_of_months(FIRST_MONTHS):
        months = int(days * MONTHS_OF_A_YEAR // DAYS_OF_A_YEAR)
        # The rounding of a month may lie just before or behind the day.
        months += days_of_months(months + 1) <= days
        months -= days_of_months(months) > days
        words = ngettext("%(count)d month", "%(count)d months", months) % {"count": months}
        return _with_days(words, days - days_of_months(months))
    weeks, rest = divmod(days, WEEK)
    if weeks == 0 or (rest and anchor is not Anchor.AGE):
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    return _with_days(ngettext("%(count)d week", "%(count)d weeks", weeks) % {"count": weeks}, rest)


def _with_days(words: str, days: int) -> str:
    return f"{words} {ngettext('%(count)d day', '%(count)d days', days) % {'count': days}}" if days else words


def span_in_words(steps: Sequence[Step]) -> str:
    """From when to when a schedule runs: weeks 16–38 and 6 weeks after the last birth."""
    before = [step for step in steps if step.anchor is not Anchor.LAST_BIRTH]
    span = _from_first_to_last(before) if before else ""
    if len(before) == len(steps):
        return span
    after = _("%(time)s after the last birth") % {"time": in_words(steps[-1].days, Anchor.LAST_BIRTH)}
    return _("%(span)s and %(after)s") % {"span": span, "after": after} if span else after


def _from_first_to_last(steps: Sequence[Step]) -> str:
    first, last = steps[0], steps[-1]
    if first.anchor is Anchor.SERIES:
        return _("within %(time)s") % {"time": in_words(last.days, last.anchor)} if last.days else _("one day")
    if first.anchor is Anchor.PREGNANCY:
        weeks = first.days // WEEK, last.days // WEEK
        told = {"first": weeks[0], "last": weeks[1]}
        return _("weeks %(first)s–%(last)s") % told if weeks[0] < weeks[1] else _("week %(first)s") % told
    words = in_words(first.days, first.anchor), in_words(last.days, last.anchor)
    return " – ".join(dict.fromkeys(words))
