"""Sending what is due: claim, look again, say that it is leaving, hand it over, note what became of it.

Each step is committed before the next, so that a worker may die between any two: a claim lapses, and a message that
may have left is shown as unknown and never repeated by itself (SMTP knows no key that would make a copy harmless).
"""

from __future__ import annotations

import logging
from datetime import datetime

from participants.models import Participant
from practices.models import Practice
from practices.tenancy import all_practices, practice_scope
from reminders.channels import BadAddress, Mail, MailServer, NoAnswer, NotNow, Refused, write_mail
from reminders.ledger import apply, wish_for
from reminders.models import Failure, Reminder
from reminders.texts import NoText, compose, link_of

# As many as leave within a minute or two; the next minute takes the rest.
BATCH = 200

logger = logging.getLogger(__name__)


def deliver(now: datetime) -> None:
    """Send what is due in every practice. Two workers at once share the work."""
    with MailServer() as server:
        for pk, practice in due_everywhere(now):
            if not _deliver(pk, practice, server, now):
                logger.warning("The mail server is away; what is due stays due.")
                return


def due_everywhere(now: datetime) -> list[tuple[int, Practice]]:
    """Keys of messages that are due with their practice, the oldest first: the one look across practices here."""
    with all_practices():
        due = Reminder.objects.due(now).order_by("due_at", "pk").values_list("pk", "practice")
        rows = list(due[:BATCH])
    practices = Practice.objects.in_bulk({practice for _pk, practice in rows})
    return [(pk, practices[practice]) for pk, practice in rows]


def _deliver(pk: int, practice: Practice, server: MailServer, now: datetime) -> bool:
    """Send one message if it is ours to send. False when the mail server is away, so that going on is of no use."""
    with practice_scope(practice):
        claimed = Reminder.objects.claim(pk, now=now)
    if not claimed:
        return True
    try:
        server.open()
    except NotNow:
        with practice_scope(practice):
            Reminder.objects.get(pk=pk).try_later(now=now)
        return False
    with practice_scope(practice):
        mail = _prepare(pk, now)
    if mail is None:
        return True
    failure = _hand_over(mail, server)
    with practice_scope(practice):
        _note(Reminder.objects.get(pk=pk), failure, now)
    return server.is_open


def _prepare(pk: int, now: datetime) -> Mail | None:
    """The message as it is now, marked as leaving; None when it need not or cannot leave."""
    reminder = Reminder.objects.select_related("enrolment").get(pk=pk)
    # The stop-switch is pressed either before this line or after the message has left.
    Participant.objects.select_for_update(no_key=True).get(pk=reminder.enrolment.participant_id)
    place, wanted = wish_for(reminder, now=now)
    if wanted is None:
        reminder.withdraw(now=now)
        return None
    apply(wanted, reminder)
    if wanted.due_at > now:
        reminder.postpone(wanted.due_at)
        return None
    try:
        letter = compose(reminder, place, now=now)
        mail = write_mail(
            to=place.enrolment.participant.email,
            sender_name=place.enrolment.practice.sender_name,
            subject=letter.subject,
            body=letter.body,
            link=link_of(reminder),
            token=reminder.token,
            now=now,
        )
    except (NoText, BadAddress) as error:
        _fail(reminder, Failure.TEXT if isinstance(error, NoText) else Failure.ADDRESS, now)
        return None
    return mail if reminder.begin_sending(letter.told, now=now) else None


def _hand_over(mail: Mail, server: MailServer) -> type[Exception] | None:
    """What went wrong, if anything did."""
    try:
        server.send(mail)
    except (Refused, NotNow, NoAnswer) as error:
        return type(error)
    return None


def _note(reminder: Reminder, failure: type[Exception] | None, now: datetime) -> None:
    if failure is None:
        reminder.arrived(now=now)
    elif failure is Refused:
        _fail(reminder, Failure.REFUSED, now)
    elif failure is NotNow:
        reminder.try_later(now=now)
    else:
        reminder.lose_track(Failure.NO_ANSWER)
        logger.warning("Message %s: %s", reminder.pk, Failure.NO_ANSWER.value)


def _fail(reminder: Reminder, failure: Failure, now: datetime) -> None:
    reminder.fail(failure, now=now)
    # The key of the row and a class of error; never whom it was for or what it said.
    logger.warning("Message %s: %s", reminder.pk, failure.value)
