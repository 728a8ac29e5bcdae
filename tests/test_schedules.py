import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import timezone, translation

from groups.models import CareGroup
from practices.models import Role
from practices.tabs import tabs_for
from practices.tenancy import practice_scope
from sessions.defaults import give_templates
from sessions.models import ScheduleTemplate, Series, TemplateStep
from sessions.offsets import SENSE, Unreadable, in_words, read, span_in_words
from sessions.planning import plan_group
from sessions.planning_forms import PlanForm
from sessions.schedule import Anchor, Step
from sessions.templates import lines_of
from tests.cast import client_of
from tests.factories import make_membership, make_practice, make_room
from tests.races import overtaken

pytestmark = pytest.mark.begins_with.with_args(give_templates)

HTMX = {"HX-Request": "true"}
IN_PREGNANCY = {"anchor": "pregnancy", "when": "16+0", "theme": "Kennismaken", "partners": "welcome", "minutes": "120",
                "margin_days": "7", "topics": "Kennismaken\n\n Voeding  nu \n"}  # fmt: skip
AFTER_BIRTH = IN_PREGNANCY | {"anchor": "last_birth", "when": "6 weeks", "theme": "Terugkomen", "with_doctor": "on"}


def url(name, practice, *rest):
    return reverse(f"sessions:{name}", args=[practice.slug, *rest])


def typed(*rows, **head):
    """A page as it is sent: its head, and its rows numbered from 0."""
    sent = {
        "name": "Eigen",
        "minimum": "6",
        "target": "10",
        "maximum": "12",
        "school_weeks": "1",
        "row": list(range(len(rows))),
    }
    for index, row in enumerate(rows):
        sent |= {f"{index}-{name}": value for name, value in row.items()}
    return sent | head


def as_it_stands(response):
    """What a browser would send back of the page that it was given."""
    sheet = response.context["sheet"]
    sent = {name: sheet.head[name].value() for name in sheet.head.fields}
    sent |= {"seen": sheet.seen, "row": [row.prefix for row in sheet.rows]}
    for row in sheet.rows:
        sent |= {f"{row.prefix}-{name}": row[name].value() or "" for name in row.fields}
    return sent


@pytest.fixture
def template(practice):
    return ScheduleTemplate.objects.get(name__startswith="9 + 1")


@pytest.fixture
def plan(practice, facilitator, template):
    """A group that was planned with the template."""
    return plan_group(
        practice,
        template=template,
        window=(date(2027, 6, 1), date(2027, 7, 1)),
        first_on=date(2027, 1, 7),
        starts_at=timezone.datetime(2027, 1, 7, 19, 30).time(),
        room=make_room(practice),
        first=facilitator,
        by=facilitator,
        now=timezone.now(),
    )


# When a session is, as people type it


@pytest.mark.parametrize(
    ("said", "anchor", "days"),
    [
        ("16", Anchor.PREGNANCY, 112),
        ("16+3", Anchor.PREGNANCY, 115),
        (" 16 + 3 ", Anchor.PREGNANCY, 115),
        ("16 weken en 3 dagen", Anchor.PREGNANCY, 115),
        ("7 weken", Anchor.AGE, 49),
        ("7 WEEKS 1 day", Anchor.AGE, 50),
        ("3 maanden", Anchor.AGE, 91),
        ("6mnd 15d", Anchor.AGE, 198),
        ("14 months", Anchor.AGE, 426),
        ("42", Anchor.LAST_BIRTH, 42),
        ("6 wk", Anchor.LAST_BIRTH, 42),
        ("0", Anchor.SERIES, 0),
        ("2 weeks", Anchor.SERIES, 14),
    ],
)
def test_a_day_is_read_as_people_say_it(said, anchor, days):
    assert read(said, anchor) == days


@pytest.mark.parametrize(
    ("said", "anchor"),
    [
        ("3+6", Anchor.PREGNANCY),
        ("42+1", Anchor.PREGNANCY),
        ("16+7", Anchor.PREGNANCY),
        ("soon", Anchor.PREGNANCY),
        ("7", Anchor.AGE),
        ("25 months", Anchor.AGE),
        ("-3 weeks", Anchor.AGE),
        ("0", Anchor.LAST_BIRTH),
        ("6+0", Anchor.LAST_BIRTH),
        ("9999", Anchor.SERIES),
        ("1,5 weeks", Anchor.SERIES),
        ("", Anchor.SERIES),
    ],
)
def test_what_says_no_day_is_refused_with_what_to_do(said, anchor):
    with pytest.raises(Unreadable) as refusal:
        read(said, anchor)

    assert re.match("(Give|Choose) .+[.]$", str(refusal.value.words))


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("anchor", Anchor)
def test_every_day_is_read_back_as_it_is_written(language, anchor):
    first, last = SENSE[anchor]

    with translation.override(language):
        misread = [day for day in range(first, last + 1) if read(in_words(day, anchor), anchor) != day]

    assert misread == []


def test_the_default_ages_are_written_as_people_say_them():
    assert [in_words(days, Anchor.AGE) for days in (49, 91, 122, 152, 198, 274, 365, 426)] == [
        "7 weeks", "3 months", "4 months", "5 months", "6 months 15 days", "9 months", "12 months", "14 months",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([(Anchor.PREGNANCY, 112), (Anchor.PREGNANCY, 262)], "weeks 16–37"),
        ([(Anchor.PREGNANCY, 112)], "week 16"),
        ([(Anchor.PREGNANCY, 112), (Anchor.LAST_BIRTH, 42)], "week 16 and 6 weeks after the last birth"),
        ([(Anchor.LAST_BIRTH, 42)], "6 weeks after the last birth"),
        ([(Anchor.AGE, 49), (Anchor.AGE, 426)], "7 weeks – 14 months"),
        ([(Anchor.AGE, 49)], "7 weeks"),
        ([(Anchor.SERIES, 0), (Anchor.SERIES, 28)], "within 4 weeks"),
        ([(Anchor.SERIES, 0)], "one day"),
    ],
)
def test_a_span_is_told_from_its_first_to_its_last_session(days, words):
    steps = [Step(number=number, anchor=anchor, days=day) for number, (anchor, day) in enumerate(days, 1)]

    assert span_in_words(steps) == words


# The list


def test_the_list_tells_of_each_template_what_it_is_and_where_it_is_used(as_coordinator, practice, plan):
    page = as_coordinator.get(url("schedules", practice))

    told = {
        line.template.name: (len(line.steps), line.span, line.groups)
        for _c, _k, lines in page.context["kinds"]
        for line in lines
    }
    assert told == {
        "9 + 1, vanaf week 16": (10, "weeks 16–38 and 6 weeks after the last birth", 1),
        "8 + 1, tot week 37": (9, "weeks 17–37 and 6 weeks after the last birth", 0),
        "8 bijeenkomsten, tot 14 maanden": (8, "7 weeks – 14 months", 0),
    }
    assert "Used in 1 group" in page.content.decode()


def test_a_renamed_template_keeps_count_of_its_groups(template, plan, facilitator):
    ScheduleTemplate.objects.filter(pk=template.pk).update(name="Anders")

    assert [line.groups for line in lines_of(facilitator) if line.template == template] == [1]


def test_a_pregnancy_template_with_few_sessions_for_partners_says_so(as_facilitator, practice, template):
    words = "fewer than two sessions for partners"
    assert words not in as_facilitator.get(url("schedules", practice)).content.decode().lower()

    template.steps.filter(number=6).update(partners="welcome")

    assert words in as_facilitator.get(url("schedules", practice)).content.decode()
    page = as_facilitator.get(url("schedule", practice, template.pk)).content.decode()
    assert "Fewer than two sessions are for partners." in page


def test_other_kinds_may_do_without_partners(as_facilitator, practice):
    parenting = ScheduleTemplate.objects.get(kind="parenting")

    page = as_facilitator.get(url("schedule", practice, parenting.pk)).content.decode()

    assert "for partners. A pregnancy group" not in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_and_a_page_ask_the_same_number_of_queries_however_much_there_is(
    as_coordinator, practice, template, number, django_assert_num_queries
):
    ScheduleTemplate.objects.exclude(pk=template.pk).update(retired_at=timezone.now())
    for index in range(number - 1):
        extra = ScheduleTemplate.objects.create(
            practice=practice, name=f"Extra {index}", kind="pregnancy", minimum=1, target=2, maximum=3
        )
        extra.steps.create(practice=practice, number=1, anchor="pregnancy", days=112, theme="A")
    template.steps.filter(number__gt=number).delete()

    with django_assert_num_queries(15):
        as_coordinator.get(url("schedules", practice))
    with django_assert_num_queries(14):
        as_coordinator.get(url("schedule", practice, template.pk))


# Editing


def test_a_page_that_is_sent_back_as_it_stands_changes_nothing(as_coordinator, practice):
    for template in ScheduleTemplate.objects.all():
        before = template.copied_steps()
        page = url("schedule", practice, template.pk)

        response = as_coordinator.post(page, as_it_stands(as_coordinator.get(page)))

        assert response.url == url("schedules", practice)
        assert template.copied_steps() == before
    history = apps.get_model("group_sessions", "TemplateStepEvent").objects
    assert not history.exclude(pgh_label="insert").exists()


def test_a_template_is_made_with_its_sessions_in_the_order_of_their_days(as_facilitator, practice):
    late = IN_PREGNANCY | {"when": "20", "theme": "Later", "partners": "expected"}

    response = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(AFTER_BIRTH, late, IN_PREGNANCY))

    assert response.url == url("schedules", practice)
    template = ScheduleTemplate.objects.get(name="Eigen")
    assert (template.kind, template.minimum, template.target, template.maximum) == ("pregnancy", 6, 10, 12)
    assert [(s.number, s.anchor, s.days, s.theme, s.partners, s.with_doctor) for s in template.copied_steps()] == [
        (1, Anchor.PREGNANCY, 112, "Kennismaken", "welcome", False),
        (2, Anchor.PREGNANCY, 140, "Later", "expected", False),
        (3, Anchor.LAST_BIRTH, 42, "Terugkomen", "welcome", True),
    ]
    assert template.copied_steps()[0].topics == ("Kennismaken", "Voeding nu")


def test_a_session_that_moves_to_the_front_becomes_the_first(as_coordinator, practice, template):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_coordinator.get(page)) | {"8-when": "14+3"}

    as_coordinator.post(page, sent)

    steps = template.copied_steps()
    assert [step.days for step in steps][:3] == [101, 112, 140]
    assert steps[0].theme == "Ouder worden en je stemming"
    assert [step.number for step in steps] == list(range(1, 11))


def test_a_session_that_is_taken_out_stays_in_the_history_with_who_it_was(
    as_coordinator, practice, template, coordinator
):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_coordinator.get(page))

    as_coordinator.post(page, sent | {"row": sent["row"][:-1]})

    assert template.steps.count() == 9
    gone = apps.get_model("group_sessions", "TemplateStepEvent").objects.get(pgh_label="delete")
    assert (gone.number, gone.pgh_context.metadata) == (10, {"membership": coordinator.pk})


def test_a_planned_group_keeps_its_sessions_when_its_template_changes(as_coordinator, practice, template, plan):
    series = Series.objects.get(group=plan)
    before, days = series.copied_steps(), [session.starts_at for session in plan.sessions.all()]
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_coordinator.get(page)) | {"name": "Anders", "0-when": "12", "0-theme": "Nieuw"}

    as_coordinator.post(page, sent | {"row": sent["row"][:3]})

    series.refresh_from_db()
    assert template.steps.count() == 3
    assert (series.template_name, series.copied_steps()) == ("9 + 1, vanaf week 16", before)
    assert [session.starts_at for session in plan.sessions.all()] == days


def test_a_copy_begins_as_its_original_under_a_name_of_its_own(as_facilitator, practice, template):
    page = url("schedule_copy", practice, template.pk)
    shown = as_facilitator.get(page)
    assert shown.context["sheet"].head["name"].value() == "9 + 1, vanaf week 16, copy"
    assert ScheduleTemplate.objects.count() == 3

    as_facilitator.post(page, as_it_stands(shown))

    copy = ScheduleTemplate.objects.get(name="9 + 1, vanaf week 16, copy")
    assert copy.kind == template.kind
    assert copy.copied_steps() == template.copied_steps()


def test_a_new_page_begins_with_the_usual_sizes_of_its_kind(as_facilitator, practice):
    def begun(code):
        sheet = as_facilitator.get(url("schedule_add", practice), {"kind": code}).context["sheet"]
        return sheet.template.kind, sheet.head["target"].value(), sheet.rows

    assert [begun(code) for code in ("cz", "co", "theme", "nonsense")] == [
        ("pregnancy", 10, []), ("parenting", 7, []), ("theme", 8, []), ("pregnancy", 10, []),
    ]  # fmt: skip


# Bad input


def test_every_mistake_is_told_at_its_field_and_what_was_typed_stays(as_facilitator, practice):
    for changes, field in (
        ({"when": "3+6"}, "when"),
        ({"when": "42+1"}, "when"),
        ({"when": "soon"}, "when"),
        ({"when": ""}, "when"),
        ({"anchor": "age"}, "anchor"),
        ({"anchor": "series"}, "anchor"),
        ({"minutes": "14"}, "minutes"),
        ({"minutes": "481"}, "minutes"),
        ({"minutes": "long"}, "minutes"),
        ({"margin_days": "-1"}, "margin_days"),
        ({"margin_days": "61"}, "margin_days"),
        ({"theme": " "}, "theme"),
        ({"theme": "x" * 121}, "theme"),
        ({"topics": "x" * 121}, "topics"),
        ({"partners": "all"}, "partners"),
    ):
        wrong = AFTER_BIRTH | changes

        response = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(IN_PREGNANCY, wrong))

        assert response.status_code == 422, changes
        sheet = response.context["sheet"]
        assert [list(row.errors) for row in sheet.rows] == [[], [field]], changes
        assert sheet.rows[1][field].value() == wrong[field]
        assert sheet.head["name"].value() == "Eigen"
    assert ScheduleTemplate.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "8 + 1,  TOT week 37"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"minimum": "11"}, "target"),
        ({"maximum": "9"}, "target"),
        ({"minimum": "0"}, "minimum"),
        ({"maximum": "31"}, "maximum"),
        ({"target": "many"}, "target"),
        ({"target": ""}, "target"),
    ],
)
def test_a_head_that_cannot_be_is_told_at_its_field(as_facilitator, practice, template, changes, field):
    new = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(IN_PREGNANCY, **changes))
    page = url("schedule", practice, template.pk)
    changed = as_facilitator.post(page, as_it_stands(as_facilitator.get(page)) | changes)

    for response in (new, changed):
        assert response.status_code == 422
        assert list(response.context["sheet"].head.errors) == [field]
    template.refresh_from_db()
    assert template.name == "9 + 1, vanaf week 16"


def test_two_sessions_on_one_day_are_told_at_the_second(as_facilitator, practice):
    again = IN_PREGNANCY | {"when": "16 weeks"}

    response = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(IN_PREGNANCY, AFTER_BIRTH, again))

    assert response.status_code == 422
    assert [list(row.errors) for row in response.context["sheet"].rows] == [[], [], ["when"]]
    assert "Another session is on this day already." in response.content.decode()


@pytest.mark.parametrize(("number", "words"), [(0, "at least one session"), (31, "at most 30")])
def test_no_sessions_and_too_many_are_told(as_facilitator, practice, number, words):
    rows = [IN_PREGNANCY | {"when": f"{index + 5}"} for index in range(number)]

    response = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(*rows))

    assert response.status_code == 422
    assert words in response.context["sheet"].head.non_field_errors()[0]
    assert len(response.context["sheet"].rows) == number


def test_thirty_sessions_are_kept(as_facilitator, practice):
    rows = [IN_PREGNANCY | {"when": f"{index + 5}"} for index in range(30)]

    as_facilitator.post(url("schedule_add", practice) + "?kind=cz", typed(*rows))

    assert ScheduleTemplate.objects.get(name="Eigen").steps.count() == 30


def test_a_row_that_nobody_sent_is_not_made_up(as_facilitator, practice):
    sent = typed(IN_PREGNANCY) | {"row": ["0", "0", "x", "-1", "99999", ""]}

    response = as_facilitator.post(url("schedule_add", practice) + "?kind=cz", sent)

    assert response.status_code == 302
    assert ScheduleTemplate.objects.get(name="Eigen").steps.count() == 1


# Rows more and less


def test_a_button_adds_a_row_without_losing_or_judging_what_was_typed(as_facilitator, practice, template):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_facilitator.get(page)) | {"0-when": "soon", "name": "", "9-minutes": "90", "add": "1"}

    response = as_facilitator.post(page, sent)

    assert response.status_code == 200
    sheet = response.context["sheet"]
    assert len(sheet.rows) == 11
    assert (sheet.rows[0]["when"].value(), sheet.head["name"].value()) == ("soon", "")
    assert sheet.rows[0]["topics"].value() == sent["0-topics"]
    begun = {name: sheet.rows[10][name].value() for name in ("anchor", "when", "minutes", "margin_days")}
    assert begun == {"anchor": "last_birth", "when": None, "minutes": "90", "margin_days": "14"}
    assert "invalid-feedback" not in response.content.decode()
    assert sheet.seen == sent["seen"]
    assert template.steps.count() == 10


def test_a_button_takes_a_row_out_and_the_rest_can_be_kept(as_facilitator, practice, template):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_facilitator.get(page)) | {"remove": "2"}

    shown = as_facilitator.post(page, sent)
    assert [row.prefix for row in shown.context["sheet"].rows] == ["0", "1", *"3456789"]
    assert template.steps.count() == 10
    as_facilitator.post(page, as_it_stands(shown))

    assert [step.days // 7 for step in template.copied_steps()] == [16, 20, 28, 30, 32, 34, 36, 38, 6]


def test_with_htmx_only_the_sessions_are_drawn_again(as_facilitator, practice):
    page = url("schedule_add", practice) + "?kind=theme"

    response = as_facilitator.post(page, {"add": "1"}, headers=HTMX)

    content = response.content.decode()
    assert content.strip().startswith("<section")
    assert 'name="row" value="0"' in content
    assert f'hx-post="{page}"' in content
    assert content.count("autofocus") == 1


def test_enter_in_a_field_saves_and_takes_no_session_out(as_facilitator, practice, template):
    page = as_facilitator.get(url("schedule", practice, template.pk)).content.decode()

    form = page[page.index('<form class="stack-wide"') :]
    first = re.search("<button[^>]*>", form).group()
    assert 'type="submit"' in first
    assert "name=" not in first


# Two at once


def test_of_two_who_edit_one_template_the_second_sees_what_she_typed_and_what_is_kept(
    as_facilitator, as_coordinator, practice, template
):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_facilitator.get(page)) | {"name": "Van Mila", "0-theme": "Van Mila"}
    as_coordinator.post(page, as_it_stands(as_coordinator.get(page)) | {"0-theme": "Van Carla"})

    second = as_facilitator.post(page, sent)

    assert second.status_code == 422
    content = second.content.decode()
    assert "Somebody else changed this while you were typing." in content
    assert "16+0 (week of pregnancy): Van Carla, 120 min" in content
    sheet = second.context["sheet"]
    assert (sheet.head["name"].value(), sheet.rows[0]["theme"].value()) == ("Van Mila", "Van Mila")
    template.refresh_from_db()
    assert (template.name, template.copied_steps()[0].theme) == ("9 + 1, vanaf week 16", "Van Carla")
    assert as_facilitator.post(page, as_it_stands(second)).status_code == 302
    assert template.copied_steps()[0].theme == "Van Mila"


def test_a_row_added_to_an_overtaken_page_does_not_hide_that_it_was(as_facilitator, practice, template):
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(as_facilitator.get(page))
    template.steps.filter(number=1).update(theme="Van Carla")

    grown = as_facilitator.post(page, sent | {"remove": "9"})

    assert as_facilitator.post(page, as_it_stands(grown)).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_one_template_at_once_the_second_is_told():
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))
        template = ScheduleTemplate.objects.first()
    page = url("schedule", practice, template.pk)
    sent = as_it_stands(browser.get(page))

    with practice_scope(practice), overtaken(lambda: browser.post(page, sent).status_code) as outcome:
        ScheduleTemplate.objects.filter(pk=template.pk).update(name="Van de ander")

    assert outcome() == 422


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_name_at_once_the_second_is_told_at_the_name():
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.COORDINATOR))

    def add():
        response = browser.post(url("schedule_add", practice) + "?kind=cz", typed(IN_PREGNANCY))
        return response.status_code, dict(response.context["sheet"].head.errors)

    with practice_scope(practice), overtaken(add) as outcome:
        ScheduleTemplate.objects.create(practice=practice, name="Eigen", kind="theme", minimum=1, target=2, maximum=3)

    assert outcome() == (422, {"name": ["There is a template with this name already."]})


# Retiring


def test_a_retired_template_is_not_offered_until_it_is_brought_back(as_facilitator, practice, facilitator, template):
    def offered():
        form = PlanForm(membership=facilitator, kind="pregnancy", now=timezone.now())
        return [chosen.pk for chosen in form.fields["template"].queryset]

    as_facilitator.post(url("schedule_retire", practice, template.pk))

    assert template.pk not in offered()
    page = as_facilitator.get(url("schedules", practice))
    assert [line.template for line in page.context["retired"]] == [template]
    as_facilitator.post(url("schedule_reopen", practice, template.pk))
    assert template.pk in offered()


def test_without_a_template_in_use_the_kind_is_not_planned(as_facilitator, practice):
    ScheduleTemplate.objects.filter(kind="parenting").update(retired_at=timezone.now())

    page = as_facilitator.get(reverse("sessions:plan", args=[practice.slug]), {"kind": "co"})

    assert "This practice has no schedule for this kind of group." in page.content.decode()
    assert [code for code, _kind in page.context["kinds"]] == ["cz"]


def test_the_page_that_plans_leads_to_the_schedules(as_facilitator, practice):
    page = as_facilitator.get(reverse("sessions:plan", args=[practice.slug])).content.decode()

    assert f'href="{url("schedules", practice)}"' in page


def test_retiring_and_bringing_back_are_posted_and_may_be_sent_twice(as_facilitator, practice, template):
    for name in ("schedule_retire", "schedule_reopen"):
        assert as_facilitator.get(url(name, practice, template.pk)).status_code == 405
        assert [as_facilitator.post(url(name, practice, template.pk)).status_code for _ in range(2)] == [302, 302]


# Theme groups


def test_a_theme_group_is_planned_with_a_template_of_the_practice(as_facilitator, practice, facilitator):
    rows = [{name: value for name, value in IN_PREGNANCY.items() if name != "anchor"} | {"when": when}
            for when in ("2 weeks", "0", "28")]  # fmt: skip
    as_facilitator.post(url("schedule_add", practice) + "?kind=theme", typed(*rows))
    template = ScheduleTemplate.objects.get(name="Eigen")
    assert [(step.anchor, step.days) for step in template.copied_steps()] == [
        (Anchor.SERIES, 0), (Anchor.SERIES, 14), (Anchor.SERIES, 28),
    ]  # fmt: skip
    plan_url = reverse("sessions:plan", args=[practice.slug]) + "?kind=theme"
    form = as_facilitator.get(plan_url).context["form"]
    room = make_room(practice)
    sent = {name: form[name].value() or "" for name in form.fields if name != "people"}
    sent |= {"kind": "theme", "template": template.pk, "first_on": "2027-01-14", "starts_at": "10:00", "room": room.pk}

    as_facilitator.post(plan_url, sent | {"first": facilitator.pk})

    group = CareGroup.objects.get(kind="theme")
    days = [session.day for session in group.sessions.all()]
    assert days[0] == date(2027, 1, 14)
    assert [later - earlier for earlier, later in pairwise(days)] == [timedelta(14), timedelta(14)]


def test_the_sessions_of_a_theme_group_are_counted_from_its_first(as_facilitator, practice):
    row = {name: value for name, value in IN_PREGNANCY.items() if name != "anchor"} | {"when": "7 days"}

    response = as_facilitator.post(url("schedule_add", practice) + "?kind=theme", typed(row))

    assert response.status_code == 422
    assert list(response.context["sheet"].rows[0].errors) == ["when"]


# Who may


def test_planners_find_the_tab_and_a_co_facilitator_does_not_get_in(
    as_co_facilitator, practice, template, facilitator, coordinator, co_facilitator
):
    def has_tab(membership):
        return url("schedules", practice) in [tab.url for tab in tabs_for(membership, "schedules")]

    assert [has_tab(membership) for membership in (coordinator, facilitator, co_facilitator)] == [True, True, False]
    for page in (url("schedules", practice), url("schedule_add", practice), url("schedule", practice, template.pk)):
        assert as_co_facilitator.get(page).status_code == 403
    for name in ("schedule", "schedule_copy", "schedule_retire", "schedule_reopen"):
        assert as_co_facilitator.post(url(name, practice, template.pk)).status_code == 403
    assert ScheduleTemplate.objects.in_use().count() == 3


def test_templates_of_another_practice_are_not_found(as_facilitator, practice, stranger):
    with practice_scope(stranger.practice):
        give_templates(stranger.practice)
        template = ScheduleTemplate.objects.first()

    for name in ("schedule", "schedule_copy", "schedule_retire", "schedule_reopen"):
        assert as_facilitator.post(url(name, practice, template.pk)).status_code == 404
    with practice_scope(stranger.practice):
        assert TemplateStep.objects.filter(template=template).exists()
