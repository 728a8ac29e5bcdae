"""The texts that a new practice begins with, in Dutch and English. It may change its own copies."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from practices.founding import practice_founded
from practices.models import Practice
from reminders.models import Channel, MessageText, Occasion

CLOSING = {
    "nl": "Laat via deze link weten of je komt. Daar kun je ook zeggen dat je geen e-mails meer wilt:\n{link}\n\n"
    "Tot ziens,\n{practice}",
    "en": "Use this link to say whether you can come, or that you want no more e-mails:\n{link}\n\n"
    "See you then,\n{practice}",
}

# (occasion, language) -> subject and the body above the closing.
TEXTS = {
    ("welcome", "nl"): ("Je afspraken bij {practice}", "Dit zijn je afspraken bij {practice}:\n\n{dates}"),
    ("welcome", "en"): (
        "Your appointments with {practice}",
        "These are your appointments with {practice}:\n\n{dates}",
    ),
    ("week_before", "nl"): (
        "Je afspraak op {date}",
        "Je hebt binnenkort een afspraak bij {practice}:\n\n{date}, {time}\n{place}",
    ),
    ("week_before", "en"): (
        "Your appointment on {date}",
        "You have an appointment with {practice} soon:\n\n{date}, {time}\n{place}",
    ),
    ("two_days_before", "nl"): (
        "Je afspraak op {date} om {time}",
        "Nog even ter herinnering, je afspraak bij {practice}:\n\n{date}, {time}\n{place}",
    ),
    ("two_days_before", "en"): (
        "Your appointment on {date} at {time}",
        "A reminder of your appointment with {practice}:\n\n{date}, {time}\n{place}",
    ),
    ("moved", "nl"): (
        "Je afspraak bij {practice} is verplaatst",
        "Er is iets veranderd in je afspraken bij {practice}:\n\n{dates}",
    ),
    ("moved", "en"): (
        "Your appointment with {practice} has moved",
        "There is a change in your appointments with {practice}:\n\n{dates}",
    ),
    ("cancelled", "nl"): (
        "Je afspraak bij {practice} gaat niet door",
        "Dit gaat niet door bij {practice}:\n\n{dates}",
    ),
    ("cancelled", "en"): (
        "Your appointment with {practice} is cancelled",
        "This will not take place at {practice}:\n\n{dates}",
    ),
    ("other_dates", "nl"): (
        "Je nieuwe afspraken bij {practice}",
        "Je afspraken bij {practice} zijn veranderd. Deze komen in plaats van de afspraken die je had:\n\n{dates}",
    ),
    ("other_dates", "en"): (
        "Your new appointments with {practice}",
        "Your appointments with {practice} have changed. These take the place of the ones you had:\n\n{dates}",
    ),
}
GREETING = {"nl": "Hallo,", "en": "Hello,"}
# What is cancelled asks for no answer.
CLOSING_WITHOUT_QUESTION = {
    "nl": "Je afspraken staan op deze pagina. Daar kun je ook zeggen dat je geen e-mails meer wilt:\n{link}\n\n"
    "Groeten,\n{practice}",
    "en": "Your appointments are on this page. You can also say there that you want no more e-mails:\n{link}\n\n"
    "Best wishes,\n{practice}",
}


@receiver(practice_founded, dispatch_uid="texts of a new practice")
def write_texts(sender: object, *, practice: Practice, **kwargs: Any) -> None:
    """Give the practice a text for each occasion that it has none for yet."""
    there = set(MessageText.objects.filter(practice=practice).values_list("occasion", "channel", "language"))
    MessageText.objects.bulk_create(
        MessageText(
            practice=practice,
            occasion=occasion,
            channel=Channel.EMAIL,
            language=language,
            subject=subject,
            body="\n\n".join([GREETING[language], words, _closing(occasion, language)]),
        )
        for (occasion, language), (subject, words) in TEXTS.items()
        if (occasion, Channel.EMAIL, language) not in there
    )


def _closing(occasion: str, language: str) -> str:
    return (CLOSING_WITHOUT_QUESTION if occasion == Occasion.CANCELLED else CLOSING)[language]
