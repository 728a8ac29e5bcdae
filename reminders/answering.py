"""What a participant finds behind the link in a message, and what she can say there. No account, no name, no group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from groups.models import Enrolment
from participants import contact
from participants.models import Participant
from practices.models import Practice
from practices.tenancy import all_practices
from reminders.expected import told
from reminders.ledger import derive
from reminders.models import Occasion, Reminder
from sessions.models import Answer, GroupSession
from sessions.subscriptions import feed_of, subscribe
from sessions.wording import where

ABOUT_ONE_SESSION = (Occasion.WEEK_BEFORE, Occasion.TWO_DAYS_BEFORE)


def practice_of(token: str) -> Practice | None:
    """The practice that sent the message with this token: the one look across practices for a link from outside."""
    with all_practices():
        return Practice.objects.filter(pk__in=Reminder.objects.filter(token=token).values("practice")).first()


@dataclass(frozen=True, kw_only=True)
class Date:
    """One session as the page shows it."""

    session: GroupSession
    place: str
    # Another start that the message spoke of, if it did.
    was: datetime | None
    is_past: bool
    # What she answered about the present start.
    is_coming: bool | None

    @property
    def may_be_answered(self) -> bool:
        return not self.is_past and not self.session.is_cancelled


@dataclass(frozen=True, kw_only=True)
class Page:
    enrolment: Enrolment
    dates: list[Date]

    @property
    def answerable(self) -> dict[int, GroupSession]:
        """Sessions that may be answered, by the number within the group: keys stay inside."""
        return {date.session.number: date.session for date in self.dates if date.may_be_answered}


def page_behind(token: str, *, now: datetime) -> Page:
    """What the link shows now; without dates for somebody who no longer takes part or is left in peace.

    Where her group became one with another, it shows the dates of that one.
    """
    own = ("enrolment__group", "enrolment__participant", "enrolment__practice")
    newest = tuple(f"enrolment__goes_on_in__{name}" for name in ("group", "participant", "practice"))
    reminder = Reminder.objects.select_related(*own, *newest).get(token=token)
    enrolment = reminder.enrolment.goes_on_in or reminder.enrolment
    if not (enrolment.hears_of_the_group and enrolment.participant.may_be_contacted):
        return Page(enrolment=enrolment, dates=[])
    answers = Answer.objects.standing().filter(enrolment=enrolment)
    said = dict(answers.values_list("session_id", "is_coming"))
    spoken_of = told([reminder])
    dates = []
    for session in _sessions(reminder, enrolment, set(spoken_of), now):
        before = spoken_of.get(session.pk)
        dates.append(
            Date(
                session=session,
                place="" if session.is_cancelled else where(session, enrolment.group),
                was=before.starts_at if before and before.starts_at != session.starts_at else None,
                is_past=session.starts_at <= now,
                is_coming=said.get(session.pk),
            )
        )
    return Page(enrolment=enrolment, dates=dates)


def answer(page: Page, session: GroupSession, *, is_coming: bool, now: datetime) -> None:
    """Keep the answer; who cannot come is not reminded of that session any more."""
    session.record_answer(page.enrolment, is_coming=is_coming, now=now)
    derive([page.enrolment], now)


def make_calendar(page: Page, *, now: datetime) -> None:
    """Give her an address at which her own calendar fetches her dates."""
    subscribe(page.enrolment.practice, {"enrolment": page.enrolment}, now=now)


def stop_calendar(page: Page, *, now: datetime) -> None:
    """Let that address open nothing any more; twice is once."""
    feed = feed_of(page.enrolment)
    if feed:
        feed.revoke(now=now)


def wish_for_email(page: Page, wanted: bool, *, now: datetime) -> None:
    """Keep whether she wants e-mails at all; what is waiting follows."""
    person = Participant.objects.select_for_update(no_key=True).get(pk=page.enrolment.participant_id)
    contact.wish_for_email(person, wanted, now=now)


def _sessions(reminder: Reminder, place: Enrolment, spoken_of: set[int], now: datetime) -> list[GroupSession]:
    """The session that was asked about, or all that are to come with those that the message spoke of."""
    sessions = place.group.sessions.select_related("room").order_by("starts_at", "pk")
    if reminder.occasion in ABOUT_ONE_SESSION and place == reminder.enrolment:
        return [session for session in sessions if session.pk == reminder.session_id]
    return [
        session
        for session in sessions
        if session.starts_at > now and (not session.is_cancelled or session.pk in spoken_of)
    ]
