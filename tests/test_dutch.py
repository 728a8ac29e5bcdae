"""The Dutch that people see: ours, and that of the packages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests import messages
from tests.factories import make_user

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


@pytest.mark.django_db
def test_a_new_password_is_asked_for_and_refused_in_dutch(client, mailoutbox):
    user = make_user()

    client.post(reverse("account_reset_password"), {"email": user.email}, **DUTCH)
    (mail,) = mailoutbox
    link = re.search(r"https?://[^/]+(/\S+)", mail.body)[1]
    form = client.get(link, follow=True, **DUTCH)
    refused = client.post(form.redirect_chain[-1][0], {"password1": "12345", "password2": "12345"}, **DUTCH)

    assert mail.subject == "Een nieuw wachtwoord"
    assert f"Dag {user.name}," in mail.body
    assert "Gebruik minstens 10 tekens." in refused.content.decode()
    assert "Gebruik niet alleen cijfers." in refused.content.decode()


def test_a_stale_form_is_told_in_dutch():
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {}, **DUTCH)

    assert response.status_code == 403
    assert "Deze pagina is te oud" in response.content.decode()
