import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from participants.models import Language
from practices.founding import practice_founded
from practices.models import Practice
from practices.tenancy import practice_scope
from reminders.defaults import write_texts
from reminders.fields import FIELDS
from reminders.models import MessageText, Occasion
from reminders.texts import date_in_words, time_in_words

pytestmark = pytest.mark.begins_with.with_args(write_texts)

TELLING = re.compile(
    r"zwanger|bevall|baby|kind|geboorte|verloskund|gezond|medisch|controle|bloeddruk|centering|groep|kring"
    r"|pregnan|birth|midwi|child|health|medical|check|pressure|group",
    re.IGNORECASE,
)


def test_a_new_practice_has_a_text_for_every_occasion_in_dutch_and_english(practice):
    texts = MessageText.objects.filter(practice=practice, channel="email")

    assert {(text.occasion, text.language) for text in texts} == {
        (occasion, language) for occasion in Occasion.values for language in ("nl", "en")
    }


def test_founding_again_adds_no_text_and_changes_none(practice):
    MessageText.objects.filter(practice=practice, occasion="welcome", language="nl").update(body="Eigen woorden")
    before = list(MessageText.objects.values_list("pk", "body"))

    practice_founded.send(sender=Practice, practice=practice)
    write_texts(Practice, practice=practice)

    assert list(MessageText.objects.values_list("pk", "body")) == before


def test_no_text_says_what_kind_of_appointment_it_is(practice):
    for text in MessageText.objects.filter(practice=practice):
        assert not TELLING.search(text.subject + text.body), text


def test_every_text_has_the_link_and_names_the_sender(practice):
    for text in MessageText.objects.filter(practice=practice):
        text.clean()
        assert "{link}" in text.body
        assert "{practice}" in text.body


@pytest.mark.parametrize(
    "field",
    ["{naam}", "{practice.phone}", "{practice!r}", "{link:>80}", "{0}", "{}", "{date[0]}", "{date", "}", "{dates}"],
)
def test_a_text_with_a_field_that_does_not_exist_is_refused_when_it_is_saved(practice, field):
    text = MessageText.objects.get(practice=practice, occasion="week_before", language="nl")
    text.body += field

    with pytest.raises(ValidationError, match="This field does not exist"):
        text.save()


def test_a_subject_is_looked_at_too(practice):
    text = MessageText(
        practice=practice, occasion="welcome", channel="email", language="tr", subject="{date}", body="x"
    )

    with pytest.raises(ValidationError, match="date"):
        text.save()


def test_braces_that_are_doubled_are_just_braces(practice):
    text = MessageText.objects.get(practice=practice, occasion="welcome", language="nl")
    text.body += "{{ :-) }}"

    text.save()


def test_there_is_one_text_of_an_occasion_in_a_language(practice):
    with pytest.raises(IntegrityError, match="one_text_of_an_occasion"), transaction.atomic():
        MessageText.objects.create(practice=practice, occasion="welcome", channel="email", language="nl", body="x")


def test_every_occasion_says_which_fields_it_has():
    assert set(FIELDS) == set(Occasion.values)


def test_dates_are_in_words_in_every_language_a_person_may_read(practice):
    moment = datetime(2027, 3, 2, 19, 30, tzinfo=ZoneInfo("Europe/Amsterdam"))

    words = {language: date_in_words(moment, practice, language) for language in Language.values}

    assert words["nl"] == "dinsdag 2 maart 2027"
    assert words["en"] == "Tuesday 2 March 2027"
    assert words["uk"] == "вівторок 2 березня 2027"
    assert len(set(words.values())) == len(Language.values)


@pytest.mark.parametrize("day", [date(2027, 3, 27), date(2027, 3, 29)])
def test_a_time_is_the_one_on_the_clocks_of_the_practice(practice, day):
    moment = datetime(day.year, day.month, day.day, 19, 30, tzinfo=practice.zone).astimezone(ZoneInfo("UTC"))

    assert time_in_words(moment, practice, "nl") == "19:30"


def test_coordinators_change_the_texts_of_their_own_practice(practice, coordinator, facilitator, stranger):
    with practice_scope(stranger.practice):
        assert set(MessageText.objects.editable_by(stranger)) == set(MessageText.objects.all())

    assert MessageText.objects.editable_by(coordinator).count() == 2 * len(Occasion)
    assert MessageText.objects.visible_to(facilitator).count() == 2 * len(Occasion)
    assert not MessageText.objects.editable_by(facilitator).exists()
