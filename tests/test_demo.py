"""The demo: three organisations counted from the day of loading, which leave everybody else's rows alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from checks.blocks import blocks_of
from checks.models import Measurement
from groups.models import CareGroup, Facilitation
from insight.demo.build import build
from insight.demo.dates import timing_of
from insight.demo.loading import NotOurs, Outcome, clear, load
from insight.demo.organisations import ORGANISATIONS, OUDEZIJDS
from insight.models import DemoLoad
from insight.today import today_for
from neighbourhood.models import Meeting
from participants.access_log import record_access
from participants.models import Participant
from practices.models import Membership, Practice, Profession, User
from practices.tenancy import all_practices, practice_scope
from reminders.models import Reminder
from sessions.models import Answer, Attendance, GroupSession, PlanItem, ScheduleTemplate
from sessions.schedule import plan_series
from sessions.working_days import working_days
from tests.cast import StaffClient, client_of
from tests.factories import at, make_membership, make_practice
from tests.house import build_house, tenant_models

NOW = at(date(2026, 10, 8), 15)
TOMORROW = NOW + timedelta(days=1)
ACCOUNTS = [
    *(("de-kring", account) for account in ("coordinator", "midwife", "assistant")),
    *(("jgz-vechtstreek", account) for account in ("coordinator", "nurse", "assistant")),
    *(("oudezijds", account) for account in ("coordinator", "midwife", "assistant")),
]
A_SUNDAY, CHRISTMAS = date(2026, 11, 15), date(2026, 12, 25)
SUMMER_BEGINS, SUMMER_ENDS = date(2027, 3, 28), date(2026, 10, 25)


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The demo, loaded once for all tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = load(now=NOW)
        # Now, or the end of each test looks at all rows of the demo again.
        connection.check_constraints()
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db):
    with all_practices(), timezone.override("Europe/Amsterdam"):
        yield loaded


@pytest.fixture
def a_small_one(monkeypatch):
    """What is loaded next is one practice with the group of tonight: enough to see what becomes of the old one."""
    small = replace(OUDEZIJDS, groups=OUDEZIJDS.groups[1:2], unplaced=0)
    monkeypatch.setattr("insight.demo.loading.ORGANISATIONS", (small,))
    return small


@pytest.fixture
def at_that_moment(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def practice_of(slug):
    return Practice.objects.get(slug=slug)


def member(slug, account):
    return Membership.objects.select_related("practice", "user").get(
        user__email=f"{account}@{slug}.example", practice__slug=slug
    )


def group_of(name):
    return CareGroup.objects.get(name=name)


def rows_of(*practices):
    """What is in every row of these practices, as one word a table."""
    keys = [practice.pk for practice in practices]
    found = {}
    with connection.cursor() as cursor:
        for model in tenant_models():
            table = model._meta.db_table
            every_row = f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t'
            cursor.execute(f"{every_row} WHERE practice_id = ANY(%s)", [keys])
            found[table] = cursor.fetchone()
    return found


def demo_practices():
    return [practice_of(organisation.slug) for organisation in ORGANISATIONS]


def pressures_of(group, position):
    """Systolic over diastolic of one person of the group, in the order of the sessions."""
    place = group.enrolments.filter(enrolled_at__isnull=False).order_by("pk")[position]
    rows = place.measurements.filter(kind="blood_pressure").order_by("session__starts_at", "reading")
    return list(rows.values_list("value", "second_value"))


def test_loading_it_again_on_the_same_day_changes_nothing(demo, settings, at_that_moment):
    settings.DEMO = True
    before = rows_of(*demo_practices())

    call_command("demo", verbosity=0)
    call_command("demo", renew=True, verbosity=0)

    assert load(now=NOW + timedelta(hours=8), renew=True) == Outcome.KEPT
    assert load(now=TOMORROW) == Outcome.KEPT
    assert rows_of(*demo_practices()) == before


def test_it_is_refused_without_debug_or_demo(db, settings):
    settings.DEBUG = settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO=1"):
        call_command("demo")


def test_it_is_refused_where_a_practice_that_it_did_not_make_has_its_address(demo, settings):
    settings.DEMO = True
    DemoLoad.objects.all().delete()
    before = rows_of(*demo_practices())

    with pytest.raises(NotOurs):
        load(now=NOW, fresh=True)
    with pytest.raises(CommandError, match="/de-kring/"):
        call_command("demo")

    assert rows_of(*demo_practices()) == before


def test_a_start_loads_no_demo_beside_practices_that_are_there(demo):
    DemoLoad.objects.all().delete()
    before = rows_of(*demo_practices())

    assert load(now=NOW, renew=True) == Outcome.NOT_EMPTY

    assert rows_of(*demo_practices()) == before


@pytest.mark.parametrize(("slug", "account"), ACCOUNTS)
def test_every_account_signs_in_and_finds_tonight(demo, at_that_moment, slug, account):
    client = StaffClient()
    client.post(reverse("account_login"), {"login": f"{account}@{slug}.example", "password": "centering"})

    page = client.get(f"/{slug}/")

    assert page.status_code == 200
    (evening,) = page.context["today"].evenings
    assert evening.is_today
    assert timezone.localtime(evening.session.starts_at).strftime("%H:%M") == "19:30"
    assert evening.is_mine == (account != "coordinator")


def test_the_first_page_of_the_midwife_holds_something_of_everything(demo):
    today = today_for(member("de-kring", "midwife"), now=NOW)

    assert [evening.session.group.name for evening in today.evenings] == ["Kring Linde"]
    # Its own week falls into the autumn holidays, and so one of Berk stands here too.
    assert [evening.session.group.name for evening in today.this_week] == ["Kring Berk", "Kring Beuk"]
    assert [(waiting.group, waiting.number) for waiting in today.to_review] == [("Kring Wilg", 2)]
    assert [waiting.group for waiting in today.to_close] == ["Kring Wilg"]
    # Yesterday's: she has come halfway.
    assert [(waiting.group, waiting.number) for waiting in today.to_take_over] == [("Kring Berk", 3)]
    assert [(waiting.group, waiting.number) for waiting in today.failed] == [("Kring Beuk", 1)]
    assert [waiting.group for waiting in today.wants.too_small] == ["Kring Els"]


def test_each_organisation_has_groups_before_in_and_after_their_series_and_a_session_yesterday(demo):
    for practice in demo_practices():
        sessions = GroupSession.objects.filter(practice=practice)
        yesterday = sessions.filter(starts_at__range=(NOW - timedelta(hours=39), NOW - timedelta(hours=15)))
        runs = [(min(own), max(own)) for own in _starts_by_group(sessions).values()]

        assert yesterday.count() == 1
        assert yesterday.get().is_closed
        assert any(last < NOW for _first, last in runs)
        assert any(first < NOW < last for first, last in runs)
        assert any(first > NOW for first, _last in runs)
        assert sessions.filter(starts_at__range=(NOW + timedelta(days=1), NOW + timedelta(days=8))).exists()


def _starts_by_group(sessions):
    starts = {}
    for group, start in sessions.values_list("group", "starts_at"):
        starts.setdefault(group, []).append(start)
    return starts


def test_what_is_over_is_closed_and_reviewed_and_answered_by_both(demo):
    over = GroupSession.objects.filter(starts_at__lt=NOW - timedelta(hours=15))
    still_open = over.filter(closed_at=None)

    assert [session.group.name for session in still_open] == ["Kring Wilg"]
    assert set(Measurement.objects.awaiting_review().values_list("session", flat=True)) == {still_open.get().pk}
    for session in over.filter(closed_at__isnull=False):
        assert session.elementanswers.values("rater").distinct().count() == (3 if session.number == 3 else 2)
        assert session.debriefs.count() == 1
        assert session.attendances.count() > 0
        assert not session.plan.filter(done_at=None, postponed_at=None).exists()
        if session.starts_at < NOW - timedelta(days=8):
            assert blocks_of(session).left == 0


def test_nothing_has_happened_yet_in_what_is_to_come(demo):
    coming = GroupSession.objects.filter(starts_at__gt=NOW)

    for model in (Attendance, Measurement):
        assert not model.objects.filter(session__in=coming).exists()
    assert not PlanItem.objects.filter(session__in=coming, done_at__isnull=False).exists()
    tonight = group_of("Kring Linde").sessions.get(number=5)
    assert sorted(Answer.objects.filter(session=tonight).values_list("is_coming", flat=True)) == [False, True, True]


def test_a_pressure_climbs_to_the_limit_and_a_baby_finds_its_line_again(demo):
    climbing = pressures_of(group_of("Kring Linde"), 1)
    waiting = pressures_of(group_of("Kring Wilg"), 1)
    places = group_of("Kring Meerkoet").enrolments.filter(enrolled_at__isnull=False).order_by("pk")
    weights = list(
        places[1].measurements.filter(kind="baby_weight").order_by("session__starts_at").values_list("value", flat=True)
    )

    assert climbing == sorted(climbing)
    assert climbing[-1] == (136, 88)
    assert waiting[-2:] == [(144, 92), (141, 91)]
    assert weights[2] < weights[1] < weights[3] < weights[4] < weights[5]


def test_the_language_group_has_a_trained_interpreter(demo):
    arabic = CareGroup.objects.get(language="ar")
    co = arabic.facilitations.get(role=Facilitation.Role.CO).membership

    assert (co.profession, co.is_trained) == (Profession.INTERPRETER, True)
    assert set(arabic.enrolments.values_list("participant__language", flat=True)) == {"ar"}


def test_partners_are_met_in_sessions(demo):
    for practice in demo_practices()[:2]:
        assert Meeting.objects.standing().filter(practice=practice).exists()


def test_people_without_a_place_fit_a_group_that_is_still_to_be_planned(demo):
    for practice in demo_practices():
        assert Participant.objects.filter(practice=practice, enrolments=None).count() >= 5


def test_a_few_messages_leave_at_once_and_no_flood_follows(demo):
    due_now = Reminder.objects.due(NOW)
    soon = Reminder.objects.waiting().filter(due_at__lte=NOW + timedelta(hours=24))

    assert 3 <= due_now.count() <= 5
    assert set(due_now.values_list("occasion", flat=True)) == {"welcome"}
    assert soon.count() <= 40
    assert Reminder.objects.waiting().filter(due_at__gt=NOW).count() > 500
    assert Reminder.objects.filter(sent_at__isnull=False).count() > 1000
    assert not Reminder.objects.filter(sent_at__gt=NOW).exists()


def test_its_practices_have_no_quiet_hours(demo):
    assert {(practice.messages_from, practice.messages_until) for practice in demo_practices()} == {(None, None)}


def test_every_reference_holds(demo):
    connection.check_constraints()


def test_a_demo_of_yesterday_that_nobody_touched_is_renewed(demo, a_small_one, at_that_moment):
    midwife = member("oudezijds", "midwife")
    client_of(midwife).get("/oudezijds/")
    record_access(Participant.objects.filter(practice=midwife.practice)[:1], by=midwife, page="x", now=NOW)
    Reminder.objects.due(NOW).update(sending_at=NOW, sent_at=NOW)

    assert load(now=TOMORROW, renew=True) == Outcome.RENEWED

    (evening,) = today_for(member("oudezijds", "midwife"), now=TOMORROW).evenings
    assert evening.is_today
    assert Membership.objects.get(user=midwife.user).pk != midwife.pk
    assert list(Practice.objects.filter(slug="oudezijds")) == [midwife.practice]


def tick_a_topic():
    PlanItem.objects.filter(done_at=None).first().save()


def change_a_name():
    User.objects.filter(email="midwife@de-kring.example").update(name="Iemand Anders")


def change_the_practice():
    practice_of("oudezijds").save()


def answer_a_message():
    Answer.objects.first().save()


def add_a_person():
    practice = practice_of("de-kring")
    Participant.objects.create(practice=practice, client_number="9", given_name="Nieuw", created_at=NOW)


def send_a_message_again(client=None):
    midwife = member("de-kring", "midwife")
    failed = Reminder.objects.failed().get()
    response = client_of(midwife).post(reverse("reminders:send_again", args=["de-kring", failed.pk]))
    assert response.status_code == 302


@pytest.mark.parametrize(
    "change",
    [tick_a_topic, change_a_name, change_the_practice, answer_a_message, add_a_person, send_a_message_again],
)
def test_a_demo_that_somebody_changed_stays(demo, at_that_moment, change):
    change()
    before = rows_of(*demo_practices())

    assert load(now=TOMORROW, renew=True) == Outcome.TOUCHED
    assert rows_of(*demo_practices()) == before


def test_a_fresh_demo_replaces_a_changed_one_and_leaves_every_other_practice_alone(demo, a_small_one):
    elsewhere = make_practice("elders", with_defaults=True)
    build_house(elsewhere)
    with practice_scope(elsewhere):
        make_membership(elsewhere, user=User.objects.get(email="midwife@de-kring.example"))
    add_a_person()
    before = rows_of(elsewhere)

    assert load(now=TOMORROW, fresh=True) == Outcome.RENEWED

    assert rows_of(elsewhere) == before
    assert not Participant.objects.filter(client_number="9").exists()
    assert CareGroup.objects.exclude(practice=elsewhere).count() == 1
    connection.check_constraints()


@pytest.mark.parametrize(("day", "hour"), [(A_SUNDAY, 23), (CHRISTMAS, 0), (SUMMER_BEGINS, 23), (SUMMER_ENDS, 0)])
def test_tonight_is_there_on_every_kind_of_day_however_late(demo, a_small_one, day, hour):
    clear([practice_of("oudezijds").pk])
    now = at(day, hour, 30)

    build(a_small_one, password="!", now=now)

    for account in ("midwife", "assistant"):
        (evening,) = today_for(member("oudezijds", account), now=now).evenings
        assert evening.is_today
        assert timezone.localtime(evening.session.starts_at).strftime("%H:%M") == "19:30"


def test_the_groups_find_their_dates_on_any_day_and_never_meet_in_one_room(demo):
    calendars = {practice: working_days(practice, date(2024, 6, 1), date(2031, 6, 1)) for practice in demo_practices()}
    for offset in range(0, 740, 31):
        today = date(2026, 10, 8) + timedelta(offset)
        for practice, organisation in zip(calendars, ORGANISATIONS, strict=True):
            days = calendars[practice]
            taken = []
            for group in organisation.groups:
                steps = ScheduleTemplate.objects.get(practice=practice, name=group.template).copied_steps()
                timing = timing_of(group, steps, today=today, is_open=days.is_open)
                series = plan_series(
                    steps,
                    first_on=timing.first_on,
                    at=group.at,
                    zone=practice.zone,
                    days=days,
                    reference=timing.reference,
                    last_due_on=timing.window[1] - timedelta(1),
                    chosen={group.session: at(timing.anchor, group.at.hour, group.at.minute)},
                )
                assert series[group.session - 1].day == timing.anchor
                if group.day in (0, -1):
                    assert timing.anchor == today + timedelta(group.day)
                taken += [(key, session.starts_at) for session in series for key in {group.room, group.first, group.co}]
            named = [key for key in taken if key[0]]
            assert len(named) == len(set(named))
