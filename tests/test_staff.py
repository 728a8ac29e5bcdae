import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from practices.models import Membership, Practice, Profession, Role, User
from practices.staffing import AlreadyHere, LastCoordinator, invite, save_change, user_for
from practices.tenancy import practice_scope
from tests.cast import client_of
from tests.factories import make_group, make_membership, make_practice, make_user
from tests.races import overtaken

LINK = re.compile(r"http://\S+(/accounts/password/reset/key/\S+)")


def url(name, practice, *rest):
    return reverse(f"practices:{name}", args=[practice.slug, *rest])


def invited(**changes):
    return {
        "name": "Noor Visser",
        "email": "Noor@Example.org",
        "roles": [Role.FACILITATOR],
        "profession": Profession.MIDWIFE,
        "is_trained": "on",
        "organisation": "",
        "ends_on": "",
    } | changes


@pytest.fixture
def send(as_coordinator, practice, django_capture_on_commit_callbacks):
    """Invite somebody, and let what follows a commit happen."""

    def post(**changes):
        with django_capture_on_commit_callbacks(execute=True):
            return as_coordinator.post(url("invite", practice), invited(**changes))

    return post


def member_data(member, **changes):
    return {
        "roles": member.roles,
        "profession": member.profession,
        "organisation": member.organisation,
        "ends_on": member.ends_on or "",
    } | changes


def test_the_list_shows_who_works_here_and_who_did(as_coordinator, practice, coordinator, facilitator):
    gone = make_membership(practice, name="Anna Weg", ends_on=timezone.localdate())

    response = as_coordinator.get(url("staff", practice))

    assert response.context["members"] == [coordinator, facilitator]
    assert response.context["former"] == [gone]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_same_number_of_queries_however_many_people(
    as_coordinator, practice, number, django_assert_num_queries
):
    for _ in range(number):
        make_membership(practice)
        make_membership(practice, ends_on=date(2021, 1, 1))

    with django_assert_num_queries(13):
        as_coordinator.get(url("staff", practice))


@pytest.mark.parametrize("name", ["staff", "invite", "rooms", "room_add", "closed_days", "settings"])
def test_only_coordinators_come_here(as_coordinator, as_facilitator, as_co_facilitator, as_stranger, practice, name):
    assert as_coordinator.get(url(name, practice)).status_code == 200
    assert as_facilitator.get(url(name, practice)).status_code == 403
    assert as_co_facilitator.get(url(name, practice)).status_code == 403
    assert as_stranger.get(url(name, practice)).status_code == 404


def test_a_member_of_another_practice_is_not_found(as_coordinator, practice, stranger):
    for name in ("member", "end_member", "invite_again"):
        assert as_coordinator.post(url(name, practice, stranger.pk)).status_code == 404


def test_somebody_new_gets_a_mail_chooses_a_password_and_comes_in(send, practice, mailoutbox):
    response = send(organisation="JGZ Vechtstreek")

    member = Membership.objects.get(user__email="noor@example.org")
    assert response.url == url("staff", practice)
    assert member.organisation == "JGZ Vechtstreek"
    assert (member.roles, member.is_trained, member.starts_on) == ([Role.FACILITATOR], True, timezone.localdate())
    assert not member.user.has_usable_password()
    (mail,) = mailoutbox
    assert mail.to == ["noor@example.org"]
    browser = Client()
    form = browser.get(LINK.search(mail.body)[1], follow=True)
    browser.post(form.redirect_chain[-1][0], {"password1": "kring-van-tien", "password2": "kring-van-tien"})
    browser.post(reverse("account_login"), {"login": "noor@example.org", "password": "kring-van-tien"})
    assert browser.get(reverse("insight:today", args=[practice.slug])).status_code == 200
    assert "token_fail" in Client().get(LINK.search(mail.body)[1]).context


def test_somebody_who_can_sign_in_already_gets_a_mail_without_a_link_to_choose_a_password(send, practice, mailoutbox):
    user = make_user("Noor de Echte", email="noor@example.org", password="kring-van-tien")

    send(name="Another Name")

    (mail,) = mailoutbox
    assert not LINK.search(mail.body)
    assert reverse("account_login") in mail.body
    assert Membership.objects.get(user=user).user.name == "Noor de Echte"


def test_the_mail_says_who_where_and_nothing_else(send, practice, coordinator, mailoutbox):
    Practice.objects.filter(pk=practice.pk).update(name="Linde & Co", language="en")

    send()

    (mail,) = mailoutbox
    assert mail.subject == "Access to Linde & Co"
    assert "Hello Noor Visser," in mail.body
    assert f"{coordinator.user.name} has given you access to the planning of Linde & Co." in mail.body
    assert not re.search("pregnan|baby|zwanger", mail.body, re.IGNORECASE)


def test_no_mail_leaves_when_the_invitation_is_undone(
    practice, coordinator, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        new = Membership(practice=practice, starts_on=date(2026, 1, 1), roles=[Role.FACILITATOR], profession="midwife")
        invite(new, email="noor@example.org", name="Noor", by=coordinator)

    assert len(callbacks) == 1
    assert mailoutbox == []


def test_a_mail_server_that_is_away_undoes_nothing(send, practice, settings, mailoutbox):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert send().status_code == 302
    assert Membership.objects.filter(user__email="noor@example.org").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "noor at example"}, "email"),
        ({"roles": []}, "roles"),
        ({"roles": ["queen"]}, "roles"),
        ({"profession": ""}, "profession"),
        ({"ends_on": "2020-01-01"}, "ends_on"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(send, mailoutbox, changes, field):
    response = send(**changes)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert mailoutbox == []


def test_somebody_who_works_here_already_is_not_invited_twice(send, practice, mailoutbox):
    send()
    response = send()

    assert list(response.context["form"].errors) == ["email"]
    assert len(mailoutbox) == 1
    assert Membership.objects.filter(user__email="noor@example.org").count() == 1


def test_one_address_is_one_user_whatever_its_case(practice, coordinator):
    assert user_for("Noor@Example.org", name="A") == user_for("noor@example.ORG", name="B")
    new = Membership(practice=practice, starts_on=date(2026, 1, 1), roles=[Role.FACILITATOR], profession="midwife")
    with pytest.raises(AlreadyHere):
        invite(new, email=coordinator.user.email.upper(), name="x", by=coordinator)


def test_an_invitation_is_sent_again(as_coordinator, practice, mailoutbox, django_capture_on_commit_callbacks):
    member = make_membership(practice, user=User.objects.create_user("noor@example.org", name="Noor"))

    with django_capture_on_commit_callbacks(execute=True):
        as_coordinator.post(url("invite_again", practice, member.pk))

    assert LINK.search(mailoutbox[0].body)
    assert as_coordinator.get(url("invite_again", practice, member.pk)).status_code == 405


def test_roles_profession_and_end_are_changed(as_coordinator, practice, co_facilitator):
    data = member_data(
        co_facilitator, roles=[Role.FACILITATOR, Role.CO_FACILITATOR], profession="youth_nurse", is_trained="on",
        organisation="JGZ", ends_on="2030-01-01",
    )  # fmt: skip

    response = as_coordinator.post(url("member", practice, co_facilitator.pk), data)

    assert response.url == url("staff", practice)
    co_facilitator.refresh_from_db()
    assert co_facilitator.role_names == [str(Role.FACILITATOR.label), str(Role.CO_FACILITATOR.label)]
    assert (co_facilitator.organisation, co_facilitator.ends_on) == ("JGZ", date(2030, 1, 1))


def test_an_end_before_the_start_is_told(as_coordinator, practice, facilitator):
    response = as_coordinator.post(
        url("member", practice, facilitator.pk), member_data(facilitator, ends_on="2019-01-01")
    )

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["ends_on"]


def test_who_is_ended_cannot_come_in_from_that_moment_on(as_coordinator, practice, facilitator):
    browser = client_of(facilitator)
    make_group(practice, by=facilitator, first=facilitator, name="Maart 2027")

    page = as_coordinator.get(url("end_member", practice, facilitator.pk))
    as_coordinator.post(url("end_member", practice, facilitator.pk))

    assert "Maart 2027" in page.content.decode()
    assert browser.get(reverse("insight:today", args=[practice.slug])).status_code == 404


def test_who_was_invited_by_mistake_is_out_on_the_same_day(as_coordinator, practice):
    member = make_membership(practice, starts_on=timezone.localdate())

    as_coordinator.post(url("end_member", practice, member.pk))

    member.refresh_from_db()
    assert member.ends_on == member.starts_on
    assert client_of(member).get(reverse("insight:today", args=[practice.slug])).status_code == 404


def test_the_last_coordinator_cannot_leave_in_any_way(as_coordinator, practice, coordinator):
    make_membership(practice, Role.COORDINATOR, ends_on=timezone.localdate() + timedelta(days=90))
    page = url("member", practice, coordinator.pk)

    without_role = as_coordinator.post(page, member_data(coordinator, roles=[Role.FACILITATOR]))
    with_an_end = as_coordinator.post(page, member_data(coordinator, ends_on="2040-01-01"))
    ended = as_coordinator.post(url("end_member", practice, coordinator.pk))

    assert [without_role.status_code, with_an_end.status_code, ended.status_code] == [422, 422, 422]
    assert [list(page.context["form"].errors) for page in (without_role, with_an_end)] == [["roles"], ["ends_on"]]
    coordinator.refresh_from_db()
    assert (coordinator.roles, coordinator.ends_on) == ([Role.COORDINATOR], None)


def test_a_coordinator_with_another_beside_her_may_leave(as_coordinator, practice, coordinator):
    make_membership(practice, Role.COORDINATOR)

    response = as_coordinator.post(url("end_member", practice, coordinator.pk))

    assert response.url == reverse("home")
    assert as_coordinator.get(url("staff", practice)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_who_end_each_other_at_once_leave_one():
    practice, today = make_practice(), timezone.localdate()
    with practice_scope(practice):
        one, two = make_membership(practice, Role.COORDINATOR), make_membership(practice, Role.COORDINATOR)

    def end_the_other():
        with practice_scope(practice):
            member = Membership.objects.get(pk=two.pk)
            member.ends_on = today
            try:
                save_change(member, today=today)
            except LastCoordinator:
                return "refused"
            return "saved"

    with practice_scope(practice), overtaken(end_the_other) as outcome:
        one.ends_on = today
        save_change(one, today=today)

    assert outcome() == "refused"


@pytest.mark.django_db
def test_nobody_signs_up():
    given = {"email": "noor@example.org", "password1": "kring-van-tien", "password2": "kring-van-tien"}

    response = Client().post(reverse("account_signup"), given)

    assert "account/signup_closed.html" in [template.name for template in response.templates]
    assert not User.objects.exists()


def test_home_leads_into_the_only_practice_and_lets_choose_between_more(practice, coordinator, as_coordinator):
    elsewhere = make_practice("elders", name="De Es")

    assert as_coordinator.get("/").url == reverse("insight:today", args=[practice.slug])
    with practice_scope(elsewhere):
        make_membership(elsewhere, user=coordinator.user)
    page = as_coordinator.get("/").content.decode()
    assert reverse("insight:today", args=["elders"]) in page
    assert "De Es" in page


def test_who_works_nowhere_is_told_what_to_do(db):
    browser, user = Client(), make_user()
    browser.force_login(user)

    page = browser.get("/")

    assert page.status_code == 200
    assert user.email in page.content.decode()


FOUNDING = {"name": "De Kring", "kind": "midwifery", "coordinator_email": "c@example.org", "coordinator_name": "Carla"}


def test_a_practice_is_founded_with_its_defaults_and_a_way_in(db):
    said = StringIO()

    call_command("found_practice", "de-kring", **FOUNDING, stdout=said)

    practice = Practice.objects.get(slug="de-kring")
    with practice_scope(practice):
        member = Membership.objects.get()
        assert (member.user.email, member.roles) == ("c@example.org", [Role.COORDINATOR])
    page = Client().get(LINK.search(said.getvalue())[1], follow=True)
    assert page.status_code == 200
    assert "password1" in page.content.decode()


def test_a_known_coordinator_gets_no_new_password(db):
    make_user(email="c@example.org", password="kring-van-tien")
    said = StringIO()

    call_command("found_practice", "de-kring", **FOUNDING, stdout=said)

    assert not LINK.search(said.getvalue())


@pytest.mark.parametrize(
    ("slug", "changes"), [("static", {}), ("de kring", {}), ("de-linde", {}), ("x", {"coordinator_email": "nobody"})]
)
def test_a_practice_that_cannot_be_is_refused_and_leaves_nothing(practice, slug, changes):
    with pytest.raises(CommandError):
        call_command("found_practice", slug, **FOUNDING | changes, stdout=StringIO())

    assert Practice.objects.count() == 1
    assert not User.objects.exists()
