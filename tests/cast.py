"""The people that most tests speak of. A test that asks for `practice` works inside its scope."""

import secrets

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from practices.models import Practice, Profession, Role
from practices.tenancy import SETTING, practice_scope
from tests.factories import make_membership, make_practice


class StaffClient(Client):
    """A browser of somebody. The scope of the test stays outside: a view that forgets its own must fail."""

    def request(self, **request):
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting(%s, true), ''), set_config(%s, '', true)", [SETTING] * 2)
            before = cursor.fetchone()[0]
        response = super().request(**request)
        with connection.cursor() as cursor:
            cursor.execute("select set_config(%s, %s, true)", [SETTING, before])
        return response


def client_of(membership):
    """Her browser, with the session that signing in leaves: `force_login` asks the database a dozen times for it."""
    user, client = membership.user, StaffClient()
    session = SessionStore(secrets.token_hex(16))
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.save(must_create=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def practice(request, db):
    """A practice; with the templates, limits or texts of a new one where the file asks for them, as they cost."""
    practice = make_practice("de-linde")
    with practice_scope(practice):
        for given in request.node.iter_markers("begins_with"):
            for give in given.args:
                give(sender=Practice, practice=practice)
        yield practice


@pytest.fixture
def coordinator(practice):
    return make_membership(practice, Role.COORDINATOR, profession=Profession.OTHER, name="Carla Coördinator")


@pytest.fixture
def facilitator(practice):
    return make_membership(practice, Role.FACILITATOR, profession=Profession.MIDWIFE, name="Mila Verloskundige")


@pytest.fixture
def co_facilitator(practice):
    return make_membership(practice, Role.CO_FACILITATOR, profession=Profession.ASSISTANT, name="Aisha Assistente")


@pytest.fixture
def stranger(practice):
    """Somebody with every role, in another practice."""
    elsewhere = make_practice("elders")
    with practice_scope(elsewhere):
        return make_membership(elsewhere, *Role, name="Vera Vreemd")


@pytest.fixture
def as_coordinator(coordinator):
    return client_of(coordinator)


@pytest.fixture
def as_facilitator(facilitator):
    return client_of(facilitator)


@pytest.fixture
def as_co_facilitator(co_facilitator):
    return client_of(co_facilitator)


@pytest.fixture
def as_stranger(stranger):
    return client_of(stranger)
