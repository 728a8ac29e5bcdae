"""Dates, reasons and clashes of a series in the words of the page. Times are told in the zone that is active."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from groups.models import CareGroup
from participants.ages import gestational_days, weeks_and_days
from participants.templatetags.ages import age_on
from practices.models import Membership
from sessions.clashes import Clash, Taken
from sessions.models import GroupSession, SessionLead
from sessions.schedule import Anchor, Code, Remark


def day_in_words(day: date) -> str:
    """Thursday 4 March."""
    return date_format(day, "l j F")


def times_in_words(starts_at: datetime, ends_at: datetime) -> str:
    """19:30–21:30."""
    start, end = (time_format(timezone.localtime(moment), "H:i") for moment in (starts_at, ends_at))
    return f"{start}–{end}"


def where(session: GroupSession, group: CareGroup, *, with_link: bool = True) -> str:
    """The room with its address, and the link to the online room where the group meets there too.

    The link lets whoever has it in: `with_link` only for those who are expected.
    """
    room = (session.room.name, session.room.address) if session.room else ()
    link = group.online_url if with_link and group.mode != CareGroup.Mode.IN_PERSON else ""
    return ", ".join(part for part in (*room, link) if part)


def remark_in_words(remark: Remark) -> str:
    told = {"day": day_in_words(remark.day), "name": remark.name}
    match remark.code:
        case Code.PUBLIC_HOLIDAY:
            return _("Moved: %(day)s is %(name)s.") % told
        case Code.CLOSED:
            return _("Moved: on %(day)s the practice is closed (%(name)s).") % told
        case Code.AFTER_PREVIOUS:
            return _("Later than %(day)s, so that it comes after the session before it.") % told
        case Code.OUTSIDE_MARGIN:
            return _("Farther from %(day)s than the template allows.") % told
        case Code.ON_CLOSED_DAY:
            return _("On a day that is closed: %(name)s.") % told
        case Code.SCHOOL_AVOIDED:
            return _("Moved: %(day)s is in the school holidays (%(name)s).") % told
        case Code.SCHOOL_HOLIDAY:
            return _("In the school holidays (%(name)s).") % told
        case Code.SCHOOL_UNKNOWN:
            return _("The school holidays of this time are not known yet.")
        case Code.MOVED:
            return _("Moved by hand from %(day)s.") % told


def clash_in_words(clash: Clash) -> str:
    told = {
        "name": clash.name,
        "group": clash.group,
        "times": times_in_words(clash.starts_at, clash.ends_at),
    }
    match clash.taken:
        case Taken.ROOM:
            return _("%(name)s is taken by %(group)s, %(times)s.") % told
        case Taken.GROUP:
            return _("The group meets then already, %(times)s.") % told
        case Taken.PERSON if clash.group:
            return _("%(name)s leads %(group)s then, %(times)s.") % told
        case Taken.PERSON:
            return _("%(name)s leads a session elsewhere then, %(times)s.") % told
        case Taken.AWAY:
            first, last = (timezone.localtime(each).date() for each in (clash.starts_at, clash.ends_at))
            return away_in_words(clash.name, first, last - timedelta(days=1))
        case Taken.GONE:
            return gone_in_words(clash.name, timezone.localtime(clash.starts_at).date())


def away_in_words(name: str, first: date, last: date) -> str:
    if first == last:
        return _("%(name)s is away on %(first)s.") % {"name": name, "first": day_in_words(first)}
    told = {"name": name, "first": day_in_words(first), "last": day_in_words(last)}
    return _("%(name)s is away from %(first)s up to and including %(last)s.") % told


def gone_in_words(name: str, ends_on: date) -> str:
    """`ends_on` is the first day on which she works here no more."""
    last = date_format(ends_on - timedelta(days=1), "j F Y")
    return _("%(name)s works here up to and including %(last)s.") % {"name": name, "last": last}


def contract_in_words(member: Membership, number: int, day: date) -> str:
    """Why she, whose work here ends, cannot lead this session."""
    told = {"number": number, "day": date_format(day, "j F Y")}
    until = gone_in_words(member.user.name, member.ends_on) if member.ends_on else ""
    return f"{until} " + _("Session %(number)s is on %(day)s.") % told


def lead_in_words(lead: SessionLead) -> str:
    """Who leads, and for whom if she stands in for somebody."""
    name = lead.membership.user.name
    if lead.stands_in_for is None:
        return name
    return _("%(name)s in place of %(usual)s") % {"name": name, "usual": lead.stands_in_for.user.name}


def age_in_words(anchor: Anchor, reference: date | None, day: date) -> str:
    """How far the group is on a day, by the middle of its window: 28+3, or the age of the babies."""
    if reference is None or anchor is Anchor.SERIES:
        return ""
    if anchor is Anchor.PREGNANCY:
        return weeks_and_days(gestational_days(reference, day))
    if anchor is Anchor.LAST_BIRTH:
        return _("babies of about %(age)s") % {"age": age_on(reference, day)}
    return age_on(reference, day)
