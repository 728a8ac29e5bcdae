"""The main job in a real browser, from the import to the closed evening, each page at three sizes under axe."""

import os
import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format
from holidays.countries.netherlands import Netherlands
from playwright.sync_api import expect

from groups.models import CareGroup
from practices.models import Practice, Profession, Role
from practices.tenancy import practice_scope
from reminders.delivery import deliver
from sessions.models import GroupSession
from tests.factories import make_membership, make_practice, make_room, make_user
from tests.looking import violations, wider_than_the_window

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1280, 800)}
PASSWORD = "een kring van twaalf"
# Any day may be the day of the test, Christmas too.
EVERY_HOLIDAY = sorted(set(Netherlands(years=range(2026, 2036), language="nl").values()))


class Person:
    """Somebody at a browser of her own."""

    def __init__(self, context, base, slug, looked):
        self.base, self.slug, self.looked = base, slug, looked
        self.page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.problems = []
        self.page.on("console", self.hear)
        self.page.on("request", self.follow)

    def hear(self, message):
        # A page of 422 is told on the console.
        if "status of 422" not in message.text:
            self.problems.append((self.page.url, "console", message.text))

    def follow(self, request):
        if not request.url.startswith(f"{self.base}/"):
            self.problems.append((self.page.url, "asked", request.url))

    def go(self, path):
        self.page.goto(f"{self.base}/{self.slug}/{path}")

    def sign_in(self, email):
        self.page.goto(f"{self.base}/accounts/login/")
        self.look()
        self.page.locator("[name=login]").fill(email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(f"{self.base}/{self.slug}/")

    def send(self, form, **fields):
        """Fill a form by the names of its fields and press its first button that is shown."""
        form = self.page.locator(form).first
        for name, value in fields.items():
            field = form.locator(f"[name={name}]").first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.locator("button:visible").last.click()

    def look(self, state=""):
        """This page has nothing against it at any size: no violation, no sideways scroll, no complaint.

        Each page is looked at once in each state, whoever opens it.
        """
        path = self.page.url.removeprefix(self.base).strip("/")
        page = (re.sub(r"\d+", "1", path.removeprefix(self.slug)), state)
        if page in self.looked:
            return
        self.looked.add(page)
        expect(self.page.locator(".htmx-request")).to_have_count(0)
        for name, (width, height) in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.problems += [(path, name, *each) for each in violations(self.page)]
            if wider_than_the_window(self.page):
                self.problems.append((path, name, "scrolls sideways"))
            if pictures := os.environ.get("PICTURES"):
                self.page.screenshot(
                    path=f"{pictures}/{path.replace('/', '-')}-{state}-{name}.png", full_page=True, caret="initial"
                )


def make_organisation(slug, kind, profession):
    practice = make_practice(slug, kind=kind, with_defaults=True, ordinary_holidays=EVERY_HOLIDAY)
    staff = {
        "coordinator": ([Role.COORDINATOR], Profession.OTHER),
        "first": ([Role.FACILITATOR], profession),
        "co": ([Role.CO_FACILITATOR], Profession.ASSISTANT),
    }
    with practice_scope(practice):
        make_room(practice, "De huiskamer")
        for name, (roles, profession) in staff.items():
            user = make_user(f"{name} {slug}", f"{name}@{slug}.example", PASSWORD)
            make_membership(practice, *roles, profession=profession, user=user)
    return practice


@pytest.fixture(scope="module")
def looked():
    return set()


@pytest.fixture
def someone(new_context, live_server, looked):
    """A new browser of somebody, signed in: `someone("first", practice)`."""

    people = []

    def signed_in(name, practice):
        context = new_context(locale="nl-NL", timezone_id="Europe/Amsterdam", reduced_motion="reduce")
        person = Person(context, live_server.url, practice.slug, looked)
        people.append(person)
        person.sign_in(f"{name}@{practice.slug}.example")
        return person

    yield signed_in
    assert [problem for person in people for problem in person.problems] == []


@pytest.fixture
def midwives(transactional_db):
    return make_organisation("de-kring", Practice.Kind.MIDWIFERY, Profession.MIDWIFE)


@pytest.fixture
def youth_care(transactional_db):
    return make_organisation("jgz-vechtstreek", Practice.Kind.YOUTH, Profession.YOUTH_NURSE)


def test_the_main_job_of_midwives(midwives, someone, post_office):
    midwife = someone("first", midwives)
    midwife.look()

    import_the_sample(midwife)
    group = plan_a_group(midwife, midwives, seats=10)
    assert group.sessions == 10
    refuse_the_same_room(midwife, group)
    tie_a_neighbour(midwife, group)
    everybody_gets_all_dates_once(post_office, group)

    assistant = someone("co", midwives)
    assistant.look()
    assistant.page.locator(f"a[href$='/sessions/{group.tonight}/']").first.click()
    check_everybody_in(assistant)
    measure(assistant, group, ["128/82", "165/112", "118/76"], weights=["72,4", "68", "81,25"])
    review(midwife, group)
    talk_and_close(midwife, group)


def test_the_main_job_of_youth_health_care(youth_care, midwives, someone, post_office):
    nurse = someone("first", youth_care)

    import_the_sample(nurse)
    group = plan_a_group(nurse, youth_care, seats=8)
    assert group.sessions == 8

    assistant = someone("co", youth_care)
    assistant.go(f"sessions/{group.tonight}/arrivals/")
    check_everybody_in(assistant)
    measure_babies(assistant, group)

    coordinator = someone("coordinator", youth_care)
    for path in ("", "groups/", "overview/", "participants/", "practice/staff/", "practice/rooms/"):
        coordinator.go(path)
        coordinator.look()
    coordinator.go("groups/")
    expect(coordinator.page.get_by_text(group.name).first).to_be_visible()
    assert coordinator.page.request.get(f"{coordinator.base}/{midwives.slug}/").status == 404


# The steps --------------------------------------------------------------------------------------------------------


def import_the_sample(person):
    person.go("participants/")
    person.look()
    person.go("participants/import/")
    person.look()
    with person.page.expect_download() as download:
        person.page.locator("a[href$='sample.csv']").click()
    person.page.locator("[type=file]").set_input_files(download.value.path())
    person.page.locator("main form button").last.click()
    expect(person.page.locator("main")).to_contain_text("24")
    person.look("read")
    person.go("participants/")
    person.look("filled")
    person.page.locator("main a[href*='/participants/']", has_text="Sanne").first.click()
    person.look()


class Planned:
    """The group that was planned, by what the other steps need of it."""

    def __init__(self, practice):
        with practice_scope(practice):
            group = CareGroup.objects.get()
            self.pk, self.name, self.practice = group.pk, group.name, practice
            self.sessions = group.sessions.count()
            self.starts_at = timezone.localtime(group.sessions.get(number=1).starts_at).strftime("%H:%M")
            self.tonight = group.sessions.get(number=1).pk
            self.places = list(group.enrolments.enrolled().values_list("pk", flat=True))


def plan_a_group(person, practice, *, seats):
    person.go("groups/")
    person.look()
    person.go("groups/plan/")
    page = person.page
    page.locator("[name=first_on]").fill(timezone.localdate().isoformat())
    # An evening that has just begun, whenever this runs: who enrols after it has no seat there.
    page.locator("[name=starts_at]").fill(timezone.localtime().strftime("%H:%M"))
    for name in ("room", "first"):
        page.locator(f"[name={name}]").select_option(index=1)
    assistant = page.locator("[name=co] option").filter(has_text=re.compile("^co ")).get_attribute("value")
    page.locator("[name=co]").select_option(assistant)
    page.locator("[name=co]").blur()
    expect(page.locator("#preview tbody tr").first).to_be_visible()
    # The list may be fetched anew at any moment in between: ticks must stay.
    for number in range(seats):
        page.locator("[name=people]").nth(number).check()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[name=people]:checked")).to_have_count(seats)
    person.look("filled")
    page.locator("form.stack-wide button.btn-primary").dblclick()
    page.wait_for_url(re.compile(r"/groups/\d+/$"))
    planned = Planned(practice)
    assert len(planned.places) == seats
    assert page.locator("svg a.seat, svg g.seat").count() >= seats
    person.look()
    for tab in ("series/", "messages/", "neighbourhood/", "fidelity/", "enrol/"):
        person.go(f"groups/{planned.pk}/{tab}")
        person.look()
    person.go(f"groups/{planned.pk}/series/")
    assert page.locator("li[id^='session-']").count() == planned.sessions
    person.go("groups/")
    expect(page.get_by_text(planned.name).first).to_be_visible()
    person.look("planned")
    return planned


def refuse_the_same_room(person, group):
    person.go("groups/plan/")
    page = person.page
    page.locator("[name=first_on]").fill((timezone.localdate() + timedelta(days=28)).isoformat())
    page.locator("[name=starts_at]").fill(group.starts_at)
    for name in ("room", "first"):
        page.locator(f"[name={name}]").select_option(index=1)
    page.locator("[name=first]").blur()
    expect(page.locator("#preview .said-bad").first).to_be_visible()
    person.look("clash")
    page.locator("form.stack-wide button.btn-primary").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator("[name=starts_at]").input_value() == group.starts_at


def tie_a_neighbour(person, group):
    person.go("neighbourhood/add/")
    person.look()
    person.send("main form", name="Bibliotheek Overvecht", kind="library")
    person.page.wait_for_url(re.compile(r"/neighbourhood/\d+/$"))
    person.look()
    person.page.locator("main a[href$='/activities/add/']").first.click()
    person.send("main form", title="Boekstart", takes_place="woensdag 10:00")
    person.page.wait_for_url(re.compile(r"/neighbourhood/\d+/$"))
    person.go(f"groups/{group.pk}/neighbourhood/")
    person.page.locator("#tie [name=session]").select_option(index=1)
    person.page.locator("#tie [name=activity]").select_option(index=1)
    person.page.locator("#tie form button").click()
    expect(person.page.locator(".met")).to_contain_text("Boekstart")
    person.look("tied")
    person.go("neighbourhood/")
    person.look("filled")


def everybody_gets_all_dates_once(post_office, group):
    deliver(now=timezone.now() + timedelta(minutes=1))
    deliver(now=timezone.now() + timedelta(minutes=2))
    assert len(post_office.recipients) == len(set(post_office.recipients)) == len(group.places)
    # The first session has begun; the others are told.
    dates = [re.findall(r"^- \w+ (.+), \d\d:\d\d", message.get_content(), re.M) for message in post_office.received]
    with practice_scope(group.practice), translation.override("nl"):
        coming = [date_format(session.day, "j F Y") for session in GroupSession.objects.filter(number__gt=1)]
    assert dates == [coming] * len(group.places)


def check_everybody_in(person):
    page = person.page
    page.wait_for_url(re.compile("/arrivals/$"))
    person.look()
    page.locator("#seat-1").click()
    expect(page.locator("#seat-1.seat-present")).to_be_visible()
    page.locator("#all-present").click()
    expect(page.locator(".seat-expected")).to_have_count(0)
    person.look("all here")


def measure(person, group, pressures, *, weights):
    page = person.page
    person.go(f"sessions/{group.tonight}/measure/")
    person.look()
    for row, pressure, weight in zip(page.locator("#rows tr").all(), pressures, weights, strict=False):
        upper, lower = row.locator("td").nth(0).locator("[data-entry]").all()[:2]
        upper.fill(pressure.split("/")[0])
        lower.fill(pressure.split("/")[1])
        lower.press("Tab")
        expect(row.locator("td").nth(0).locator(".tick").first).to_contain_text("✓")
        grams = row.locator("td").nth(1).locator("[data-entry]").first
        grams.fill(weight)
        grams.press("Tab")
        expect(row.locator("td").nth(1).locator(".tick").first).to_contain_text("✓")
    last = page.locator("#rows tr").nth(len(pressures)).locator("td").nth(0).locator("[data-entry]")
    last.nth(0).fill("300")
    last.nth(1).fill("20")
    last.nth(1).press("Tab")
    expect(page.locator("#rows tr").nth(len(pressures)).locator("[aria-invalid]").first).to_be_visible()
    assert last.nth(0).input_value() == "300"
    expect(page.locator("#waiting")).to_contain_text("165/112")
    person.look("filled")


def measure_babies(person, group):
    page = person.page
    person.go(f"sessions/{group.tonight}/measure/")
    person.look("babies")
    first = page.locator("#rows tr").first
    for column, value in enumerate(["4,85", "56,5", "38"]):
        field = first.locator("td").nth(column).locator("[data-entry]").first
        field.fill(value)
        field.press("Tab")
        expect(first.locator("td").nth(column).locator(".tick").first).to_contain_text("✓")
    person.look("babies filled")


def review(person, group):
    person.go("")
    person.look("waiting")
    person.go(f"sessions/{group.tonight}/closing/")
    assert person.page.locator("button[value=close]").count() == 0
    person.go(f"sessions/{group.tonight}/measure/")
    person.page.locator("#waiting .btn-primary").click()
    expect(person.page.locator("#waiting .waiting-item")).to_have_count(0)


def talk_and_close(person, group):
    page = person.page
    person.go(f"sessions/{group.tonight}/circle/")
    person.look()
    page.locator("#plan [value=done]").first.click()
    expect(page.locator("#plan .topic-done, #plan [aria-pressed=true]").first).to_be_visible()
    person.go(f"sessions/{group.tonight}/closing/")
    for question in page.locator("fieldset.question").all():
        question.locator("[type=radio]").first.check()
    page.locator("textarea").first.fill("Iedereen praatte mee.")
    page.locator("button[value=close]").click()
    expect(page.locator(".alert-success, [data-tone=success], .alert").first).to_be_visible()
    person.look("closed")
    with practice_scope(group.practice):
        assert GroupSession.objects.get(pk=group.tonight).is_closed
