"""What the recorded evening says about five of the nine elements: rules on plain numbers, with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

YES, PARTLY, NO = "yes", "partly", "no"
# Not decided before its deadline, and nothing to go by.
PENDING, UNKNOWN = "pending", "unknown"


@dataclass(frozen=True)
class Verdict:
    """One computed element: `answer` is one of the five above, `evidence` a sentence or two."""

    answer: str
    evidence: str


def self_care(*, measured: int, came: int, measures_anything: bool) -> Verdict:
    """E2: everybody who came measured herself, some did, or nobody."""
    if not measures_anything:
        return Verdict(UNKNOWN, _("Nothing is measured in this group."))
    if not came:
        return Verdict(UNKNOWN, _("Nobody came."))
    answer = YES if measured == came else PARTLY if measured else NO
    words = ngettext(
        "%(measured)s of %(came)s person who came measured herself.",
        "%(measured)s of %(came)s people who came measured themselves.",
        came,
    )
    return Verdict(answer, words % {"measured": measured, "came": came})


def planned(*, beforehand: int, topics: int, dealt_with: int) -> Verdict:
    """E4: there was a plan before the start, and each topic was done or postponed."""
    if not topics:
        return Verdict(NO, _("There was no plan."))
    dealt = _("%(dealt)s of %(topics)s topics done or postponed.") % {"dealt": dealt_with, "topics": topics}
    if not beforehand:
        return Verdict(PARTLY, _("No plan beforehand, topics were added on the spot.") + " " + dealt)
    before = ngettext("%(count)s topic planned beforehand.", "%(count)s topics planned beforehand.", beforehand)
    return Verdict(YES if dealt_with == topics else PARTLY, before % {"count": beforehand} + " " + dealt)


def consistent(*, is_first: bool, same_leads: bool, joined: int, left: int) -> Verdict:
    """E7: the facilitators of the first session, and the members of the one before."""
    if is_first:
        return Verdict(UNKNOWN, _("The first session: there is nothing to compare it with."))
    leads = (
        _("The same facilitators as in the first session.")
        if same_leads
        else _("Other facilitators than in the first session.")
    )
    changed = joined or left
    members = (
        _("Since the session before %(joined)s joined and %(left)s left.") % {"joined": joined, "left": left}
        if changed
        else _("The same members as in the session before.")
    )
    answer = YES if same_leads and not changed else PARTLY if same_leads or not changed else NO
    return Verdict(answer, f"{leads} {members}")


def fits(*, came: int, minimum: int, maximum: int) -> Verdict:
    """E8: who came is within the sizes of the group."""
    words = ngettext(
        "%(came)s person came; the group is meant for %(minimum)s to %(maximum)s.",
        "%(came)s people came; the group is meant for %(minimum)s to %(maximum)s.",
        came,
    )
    evidence = words % {"came": came, "minimum": minimum, "maximum": maximum}
    return Verdict(YES if minimum <= came <= maximum else NO, evidence)


def evaluated(*, answered: int, raters: int, last_day: date, is_over: bool) -> Verdict:
    """E9: every facilitator of the session answered in time; until the last day has passed it may still become so."""
    words = ngettext(
        "%(answered)s of %(raters)s facilitator answered",
        "%(answered)s of %(raters)s facilitators answered",
        raters,
    ) % {"answered": answered, "raters": raters}
    last = date_format(last_day, "j F")
    if raters and answered == raters:
        return Verdict(YES, _("%(who)s, by %(day)s.") % {"who": words, "day": last})
    if not is_over:
        return Verdict(PENDING, _("%(who)s; there is time until %(day)s.") % {"who": words, "day": last})
    return Verdict(PARTLY if answered else NO, _("%(who)s, by %(day)s.") % {"who": words, "day": last})
