"""The Dutch that people see: ours, and that of the packages."""

import pytest
from django.urls import reverse

from tests import messages

DUTCH = {"HTTP_ACCEPT_LANGUAGE": "nl"}


@pytest.mark.django_db
def test_a_wrong_password_is_told_in_dutch(client):
    response = client.post(reverse("account_login"), {"login": "a@b.example", "password": "wrong"}, **DUTCH)

    page = response.content.decode()
    assert '<html lang="nl"' in page
    assert "Inloggen" in page
    assert "wachtwoord" in page
    assert "The e-mail" not in page
    assert "The email" not in page


@pytest.mark.django_db
def test_an_empty_form_is_told_in_dutch(client):
    response = client.post(reverse("account_reset_password"), {"email": ""}, **DUTCH)

    assert "Dit veld is verplicht." in response.content.decode()


def test_words_in_a_tag_are_messages():
    found = list(messages.inside_tags('{% include "x.html" with word=_("Closed") %}{{ _("Open") }}'))

    assert found == [(1, "Closed", None), (1, "Open", None)]
