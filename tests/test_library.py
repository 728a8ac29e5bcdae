from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from groups.models import CareGroup
from practices.models import Role
from practices.tenancy import practice_scope
from sessions import plan
from sessions.library import ActivityFormat, LibraryTopic, Moment, found
from sessions.library_defaults import FORMATS_OF, THEMES_OF, give_library
from sessions.models import PlanItem, ScheduleTemplate
from sessions.schedule import Part
from sessions.schedule_forms import retitled
from tests.cast import client_of
from tests.evenings import make_evening, make_topic, url
from tests.factories import make_membership, make_practice
from tests.races import overtaken

MINUTES = {name: minutes for formats in FORMATS_OF.values() for name, minutes, _materials, _how in formats}


def at(practice, name, *args):
    return reverse(f"sessions:{name}", args=[practice.slug, *args])


def make_format(practice, name="Buurtquiz", **fields):
    return ActivityFormat.objects.create(practice=practice, name=name, **{"minutes": 20, **fields})


def make_library_topic(practice, title="Wandelen", **fields):
    fields = {"kinds": ["pregnancy"], **fields}
    return LibraryTopic.objects.create(practice=practice, title=title, **fields)


@pytest.fixture
def evening(facilitator, co_facilitator):
    return make_evening(facilitator, co_facilitator)


# What a new practice begins with


@pytest.mark.parametrize("kind", THEMES_OF)
def test_each_evening_of_the_defaults_has_its_activities_and_leaves_half_an_hour_to_measure(kind):
    for theme in THEMES_OF[kind]:
        names = [theme.opening, *theme.topics.values(), theme.closing]

        assert sum(MINUTES[name] for name in names) <= 90, theme.title
        assert theme.opening in {name for name, *_ in FORMATS_OF[Moment.OPENING]}
        assert theme.closing in {name for name, *_ in FORMATS_OF[Moment.CLOSING]}


def test_the_library_is_given_once_and_what_was_changed_stays(practice, as_facilitator):
    page = as_facilitator.get(at(practice, "library"))
    as_facilitator.post(at(practice, "library_begin"))
    counted = ActivityFormat.objects.count(), LibraryTopic.objects.count()
    ActivityFormat.objects.filter(name="Stellingen").update(minutes=99)

    give_library(practice)

    assert page.context["is_empty"]
    assert (ActivityFormat.objects.count(), LibraryTopic.objects.count()) == counted
    assert ActivityFormat.objects.get(name="Stellingen").minutes == 99
    assert LibraryTopic.objects.get(title="Kennismaken").kinds == ["pregnancy", "parenting"]


# Finding, adding, changing, retiring


@pytest.mark.parametrize(
    ("words", "titles"),
    [("", ["Één wens", "Slapen"]), ("een WENS", ["Één wens"]), ("rust slap", ["Slapen"]), ("x", [])],
)
def test_the_library_is_searched_in_all_its_words(words, titles):
    rows = [LibraryTopic(title="Één wens", theme="Bevalling"), LibraryTopic(title="Slapen", theme="Rust")]

    assert [row.title for row in found(rows, words)] == titles


def test_the_page_shows_what_is_asked_for(practice, as_facilitator):
    chosen = make_format(practice)
    make_library_topic(practice, suggested=chosen)
    make_library_topic(practice, "Slapen", kinds=["parenting"])

    context = as_facilitator.get(at(practice, "library"), {"q": "buurtquiz", "kind": "pregnancy"}).context

    assert [topic.title for _theme, topics in context["themes"] for topic in topics] == ["Wandelen"]
    assert [row.name for _moment, rows in context["moments"] for row in rows] == ["Buurtquiz"]


def test_a_format_and_a_topic_are_added_changed_and_retired(practice, as_facilitator):
    fields = {"name": " Buurt  quiz", "moment": "topic", "minutes": "20", "materials": "kaart", "how": "Vraag rond."}
    as_facilitator.post(at(practice, "format_add"), fields)
    chosen = ActivityFormat.objects.get(name="Buurt quiz")
    topic = {"title": "Wandelen", "theme": "Buurt", "suggested": chosen.pk, "kinds": ["pregnancy", "theme"]}
    as_facilitator.post(at(practice, "library_topic_add"), topic)
    row = LibraryTopic.objects.get(title="Wandelen")

    shown = as_facilitator.get(at(practice, "library_topic", row.pk)).context["form"]
    as_facilitator.post(at(practice, "library_topic", row.pk), topic | {"theme": "Rust", "seen": shown.fingerprint})
    late = as_facilitator.post(at(practice, "library_topic", row.pk), topic | {"seen": shown.fingerprint})
    as_facilitator.post(at(practice, "format_retire", chosen.pk))
    as_facilitator.post(at(practice, "library_topic_retire", row.pk))
    as_facilitator.post(at(practice, "library_topic_retire", row.pk), {"act": "reopen"})

    row.refresh_from_db()
    chosen.refresh_from_db()
    assert (row.theme, row.suggested, row.kinds) == ("Rust", chosen, ["pregnancy", "theme"])
    assert late.status_code == 422
    assert chosen.retired_at
    assert row.retired_at is None


@pytest.mark.parametrize(
    ("name", "sent", "wrong"),
    [
        ("format_add", {"name": "buurtQUIZ", "moment": "topic", "minutes": "20"}, "name"),
        ("format_add", {"name": "Nieuw", "moment": "topic", "minutes": "241"}, "minutes"),
        ("format_add", {"name": "Nieuw", "moment": "later", "minutes": "20"}, "moment"),
        ("library_topic_add", {"title": "wandelen", "kinds": ["theme"]}, "title"),
        ("library_topic_add", {"title": "Nieuw"}, "kinds"),
        ("library_topic_add", {"title": "Nieuw", "kinds": ["theme"], "suggested": "0"}, "suggested"),
    ],
)
def test_what_cannot_stand_in_the_library_is_refused_beside_its_field(practice, as_facilitator, name, sent, wrong):
    make_format(practice)
    make_library_topic(practice)

    response = as_facilitator.post(at(practice, name), sent)

    assert (response.status_code, list(response.context["form"].errors)) == (422, [wrong])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_library_over_at_once_the_second_finds_it():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))

    with (
        practice_scope(practice),
        overtaken(lambda: browser.post(at(practice, "library_begin")).status_code) as outcome,
    ):
        give_library(practice)

    assert outcome() == 302
    with practice_scope(practice):
        assert ActivityFormat.objects.count() == sum(map(len, FORMATS_OF.values()))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_one_name_at_once_the_second_is_told_at_the_name():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))

    def add():
        sent = {"name": "Buurtquiz", "moment": "topic", "minutes": "20"}
        response = browser.post(at(practice, "format_add"), sent)
        return response.status_code, list(response.context["form"].errors)

    with practice_scope(practice), overtaken(add) as outcome:
        make_format(practice)

    assert outcome() == (422, ["name"])


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_row_of_the_library_at_once_the_second_is_told():
    practice = make_practice()
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))
        row = make_library_topic(practice)
    page = at(practice, "library_topic", row.pk)
    sent = {"title": "Lopen", "kinds": ["theme"], "seen": browser.get(page).context["form"].fingerprint}

    with practice_scope(practice), overtaken(lambda: browser.post(page, sent).status_code) as outcome:
        LibraryTopic.objects.filter(pk=row.pk).update(theme="Van de ander")

    assert outcome() == 422


def test_a_co_facilitator_finds_the_library_in_her_evening_only(practice, as_co_facilitator, evening):
    make_library_topic(practice)

    page = as_co_facilitator.get(url("sessions:choose_topics", evening))

    assert as_co_facilitator.get(at(practice, "library")).status_code == 403
    assert "Wandelen" in page.content.decode()


# In an evening


def test_a_topic_of_the_library_brings_its_format_and_goes_on_with_it(practice, as_co_facilitator, evening):
    later = make_evening(evening.first, group=evening.group, starts_at=evening.now + timedelta(14), number=9).session
    chosen = make_format(practice, materials="kaart", how="Vraag rond.")
    make_library_topic(practice, suggested=chosen)

    as_co_facilitator.post(url("sessions:add_topic", evening), {"title": "wandelen"})
    ActivityFormat.objects.update(minutes=5, how="Anders.")
    plan.postpone(evening.session.plan.get(), by=evening.first, now=evening.now)

    kept = PlanItem.objects.values_list("session", "format_name", "minutes", "materials", "how")
    expected = ("Buurtquiz", 20, "kaart", "Vraag rond.")
    assert list(kept) == [(evening.session.pk, *expected), (later.pk, *expected)]


def test_the_minutes_of_an_evening_are_those_that_stay(evening):
    for minutes, moment in ((10, "opening"), (60, "topic"), (50, "topic"), (5, "closing")):
        make_topic(evening, f"{minutes}", minutes=minutes, moment=moment)
    long = plan.course_of(evening.session)
    plan.postpone(evening.session.plan.get(title="50"), by=evening.first, now=evening.now)
    short = plan.course_of(evening.session)

    assert (long.minutes, long.too_long, long.length) == (125, 5, 120)
    assert (short.minutes, short.too_long) == (75, 0)
    assert (short.opening.title, short.closing.title) == ("10", "5")


def test_the_opening_and_closing_are_chosen_and_done_and_stay_where_they_are(practice, as_co_facilitator, evening):
    rain, sun = (make_format(practice, name, moment="opening", minutes=5) for name in ("Regen", "Zon"))
    choose = url("sessions:choose_activity", evening, "opening")

    for sent in ({"format": rain.pk}, {"format": sun.pk}, {"format": sun.pk}):
        as_co_facilitator.post(choose, sent)
    opening = evening.session.plan.get()
    as_co_facilitator.post(url("sessions:topic", evening, opening.pk), {"act": "done"})

    opening.refresh_from_db()
    assert (opening.title, opening.minutes, opening.moment) == ("Zon", 5, "opening")
    assert opening.done_at
    card = url("sessions:topic", evening, opening.pk)
    assert as_co_facilitator.post(card, {"act": "postpone"}).status_code == 404
    assert as_co_facilitator.post(choose, {"format": "0"}).status_code == 404
    assert as_co_facilitator.get(url("sessions:choose_activity", evening, "topic")).status_code == 404
    as_co_facilitator.post(choose)
    assert not evening.session.plan.exists()


def test_another_format_brings_its_own_time_unless_one_is_given(practice, as_facilitator, evening):
    make_format(practice, materials="kaart", how="Vraag rond.")
    short = make_format(practice, "Kort", minutes=5)
    topic = make_topic(evening, format_name="Buurtquiz", minutes=20, materials="kaart")
    page = url("sessions:change_topic", evening, topic.pk)

    def change(**sent):
        form = as_facilitator.get(page).context["form"]
        shown = {name: form[name].value() or "" for name in ("title", "chosen", "minutes", "materials")}
        as_facilitator.post(page, {**shown, "seen": form.fingerprint, **sent})
        topic.refresh_from_db()
        return topic.title, topic.format_name, topic.minutes, topic.materials

    assert change(title="Rust") == ("Rust", "Buurtquiz", 20, "kaart")
    assert change(chosen=short.pk) == ("Rust", "Kort", 5, "")
    assert change(minutes="12") == ("Rust", "Kort", 12, "")
    short.delete()
    assert change(materials="stoelen") == ("Rust", "Kort", 12, "stoelen")
    assert change(minutes="many") == ("Rust", "Kort", 12, "stoelen")


@pytest.mark.parametrize("field", ["title", "materials"])
def test_a_topic_is_not_changed_to_a_bsn(as_facilitator, evening, field):
    item = make_topic(evening)

    page = url("sessions:change_topic", evening, item.pk)
    sent = {"title": "Slaap", "seen": as_facilitator.get(page).context["form"].fingerprint}

    refused = as_facilitator.post(page, {**sent, field: "123456782"})

    assert refused.status_code == 422
    assert "This may be a BSN" in refused.context["form"].errors[field][0]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_topic_at_once_the_second_sees_what_the_first_kept():
    practice = make_practice()
    with practice_scope(practice):
        leader = make_membership(practice, Role.FACILITATOR)
        evening = make_evening(leader, make_membership(practice, Role.CO_FACILITATOR))
        topic = make_topic(evening, "Slaap")
    browser, page = client_of(leader), url("sessions:change_topic", evening, topic.pk)
    seen = browser.get(page).context["form"].fingerprint

    def late():
        return browser.post(page, {"title": "Waken", "seen": seen})

    with practice_scope(practice), overtaken(late) as outcome:
        plan.change(topic, by=leader, title="Rust", minutes=None, materials="")

    assert outcome().status_code == 422
    assert "Kept now: Rust" in outcome().content.decode()


def test_an_evening_is_prepared_before_its_day_and_not_once_it_is_closed(practice, as_facilitator, facilitator):
    evening = make_evening(facilitator, starts_at=timezone.now() + timedelta(days=3))
    opening = make_format(practice, moment="opening")
    as_facilitator.post(url("sessions:add_topic", evening), {"title": "Wandelen"})
    topic = evening.session.plan.get()
    early = as_facilitator.post(url("sessions:topic", evening, topic.pk), {"act": "done"})
    evening.session.closed_at, evening.session.closed_by = timezone.now(), facilitator
    evening.session.save()

    closed = [
        as_facilitator.post(url("sessions:add_topic", evening), {"title": "Nog iets"}),
        as_facilitator.post(url("sessions:choose_activity", evening, "opening"), {"format": opening.pk}),
        as_facilitator.post(url("sessions:change_topic", evening, topic.pk), {"title": "Anders"}),
    ]

    assert early.status_code == 422
    assert [response.status_code for response in closed] == [422] * 3
    assert list(evening.session.plan.values_list("title", flat=True)) == ["Wandelen"]


# In a template


def test_titles_of_a_template_keep_what_they_had_and_new_ones_get_what_the_library_names():
    opening, slept = Part(title="Zon", moment="opening", format_id=1), Part(title="Slapen", format_id=2, minutes=9)

    assert retitled([opening, slept], ["Nieuw", "slapen", "Ook"], {"nieuw": 7}) == (
        opening,
        Part(title="Nieuw", format_id=7),
        Part(title="slapen", format_id=2, minutes=9),
        Part(title="Ook"),
    )


@pytest.fixture
def step(practice):
    template = ScheduleTemplate.objects.create(
        practice=practice, name="Eigen", kind="theme", minimum=1, target=5, maximum=8
    )
    plan = [{"title": "Zon", "moment": "opening", "minutes": 10}, {"title": "A", "minutes": 15}, {"title": "B"}]
    return template.steps.create(practice=practice, number=1, anchor="series", days=0, theme="A", minutes=60, plan=plan)


def as_it_stands(response):
    """What a browser would send back of the page of a session's plan."""
    sheet = response.context["sheet"]
    sent = {"seen": sheet.seen, "row": [row.prefix for row in sheet.rows]}
    return sent | {form.add_prefix(name): form[name].value() or "" for form in sheet.forms for name in form.fields}


def test_a_plan_is_put_together_from_the_library_and_kept_in_its_order(practice, as_facilitator, step):
    chosen = make_format(practice, minutes=50)
    rain = make_format(practice, "Regen", moment="opening", minutes=5)
    topic = make_library_topic(practice, kinds=["theme"], suggested=chosen)
    page = at(practice, "schedule_session", step.template_id, 1)

    shown = as_facilitator.get(page)
    added = as_facilitator.post(page, as_it_stands(shown) | {"add": "1", "from_library": topic.pk})
    higher = as_facilitator.post(page, as_it_stands(added) | {"up": "2"})
    less = as_facilitator.post(page, as_it_stands(higher) | {"remove": "0", "1-minutes": "9"})
    kept = as_facilitator.post(page, as_it_stands(less) | {"opening-chosen": rain.pk, "opening-minutes": ""})
    late = as_facilitator.post(page, as_it_stands(less))

    assert [response.context["sheet"].minutes for response in (shown, added, higher, less)] == [25, 75, 75, 69]
    assert added.context["sheet"].too_long == 15
    assert (kept.status_code, late.status_code) == (302, 422)
    step.refresh_from_db()
    assert step.as_step().plan == (
        Part(title="Regen", moment="opening", format_id=rain.pk),
        Part(title="Wandelen", format_id=chosen.pk),
        Part(title="B", minutes=9),
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_who_keep_the_plan_of_one_session_at_once_the_second_is_told():
    practice = make_practice(with_defaults=True)
    with practice_scope(practice):
        browser = client_of(make_membership(practice, Role.FACILITATOR))
        step = ScheduleTemplate.objects.filter(practice=practice).first().steps.get(number=1)
    page = at(practice, "schedule_session", step.template_id, 1)
    sent = as_it_stands(browser.get(page))

    with practice_scope(practice), overtaken(lambda: browser.post(page, sent).status_code) as outcome:
        step.plan = [{"title": "Van de ander"}]
        step.save()

    assert outcome() == 422


def test_a_plan_with_something_wrong_is_shown_again_as_it_was_typed(practice, as_facilitator, step):
    page = at(practice, "schedule_session", step.template_id, 1)
    sent = as_it_stands(as_facilitator.get(page)) | {"0-title": " ", "1-minutes": "long", "1-chosen": "0"}

    response = as_facilitator.post(page, sent)

    assert response.status_code == 422
    assert [list(row.errors) for row in response.context["sheet"].rows] == [["title"], ["chosen", "minutes"]]
    assert response.context["sheet"].rows[1]["minutes"].value() == "long"
    step.refresh_from_db()
    assert step.as_step().topics == ("A", "B")


def test_the_kinds_of_a_topic_are_those_of_groups():
    assert set(LibraryTopic._meta.get_field("kinds").base_field.choices) == set(CareGroup.Kind.choices)
