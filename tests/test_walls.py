"""The walls between practices, over everything there is: each table, each reference, each view."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, transaction
from django.urls import path

from practices.access import open_to_all
from practices.tenancy import practice_scope
from tests.factories import make_practice
from tests.house import build_house, tenant_models
from tests.walls import ROOT, unscoped, uses_of_all_practices, view_files

MODELS = tenant_models()


def references():
    """(model, field) of every reference between two tables of a practice."""
    return [
        (model, field)
        for model in MODELS
        for field in model._meta.local_fields
        if field.is_relation and field.name != "practice" and getattr(field, "db_constraint", False)
        if field.related_model in MODELS
    ]


@pytest.fixture
def two_houses(db):
    practices = make_practice("een", with_defaults=True), make_practice("twee", with_defaults=True)
    for practice in practices:
        build_house(practice)
    return practices


def refusal(attempt):
    """The words with which the database refuses the attempt, or nothing when it lets it pass."""
    try:
        with transaction.atomic():
            attempt()
    except DatabaseError as error:
        return str(error)
    return ""


def test_the_rows_of_a_table_are_seen_by_their_practice_alone(two_houses):
    for model in MODELS:
        for own in two_houses:
            with practice_scope(own):
                # Without its order, which may come from another table, whose row security would answer instead.
                seen = set(model.objects.order_by().values_list("practice_id", flat=True))

            assert seen == {own.pk}, model


def test_a_table_without_a_scope_answers_with_an_error(two_houses):
    silent = [
        model for model in MODELS if "no practice is in scope" not in refusal(lambda m=model: list(m.objects.all()))
    ]

    assert silent == []


def test_a_row_cannot_be_moved_into_another_practice(two_houses):
    own, other = two_houses

    def move(model):
        with practice_scope(own):
            model.objects.filter(practice=own).update(practice=other)

    assert [model for model in MODELS if "row-level security" not in refusal(lambda m=model: move(m))] == []


def test_a_reference_cannot_name_a_row_of_another_practice(two_houses):
    own, other = two_houses

    def point_there(model, field, theirs):
        with practice_scope(own), connection.cursor() as cursor:
            ours = model.objects.exclude(**{field.name: None}).first()
            assert ours, f"the house has no {model.__name__} with a {field.name}"
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(
                f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s WHERE id = %s', [theirs, ours.pk]
            )

    def is_refused(model, field):
        # One row there after the other: with some of them another constraint speaks first.
        with practice_scope(other):
            there = list(field.related_model.objects.values_list("pk", flat=True))
        name = f"{model._meta.db_table}_{field.column}_same_practice"
        return any(name in refusal(lambda theirs=theirs: point_there(model, field, theirs)) for theirs in there)

    for model, field in references():
        assert is_refused(model, field), (model, field.name)


def test_every_table_with_a_practice_forces_row_security_on_it(db):
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                   (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*')
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'practice_id'
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            """
        )
        found = {name: rest for name, *rest in cursor.fetchall()}

    assert set(found) == {model._meta.db_table for model in MODELS}
    assert {name for name, rest in found.items() if rest != [True, True, 1]} == set()


def test_every_reference_between_tables_of_a_practice_has_its_composite_key(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE conname LIKE '%_same_practice'")
        found = {name for (name,) in cursor.fetchall()}

    assert found == {f"{model._meta.db_table}_{field.column}_same_practice" for model, field in references()}


def test_the_application_is_no_superuser_and_cannot_step_over_row_security(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)


def test_every_view_and_form_says_for_whom_it_reaches_rows():
    found = {str(path.relative_to(ROOT)): unscoped(path.read_text()) for path in view_files()}

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "evasion",
    [
        "Participant.objects.all()",
        "Participant.objects.filter(pk=pk)",
        "Participant.objects",
        "people = Participant.objects\npeople.get(pk=1)",
        "models.Participant.objects.get(pk=1)",
        "get_object_or_404(Participant, pk=pk)",
        "shortcuts.get_object_or_404(Participant, pk=pk)",
        "Participant._default_manager.get(pk=pk)",
        "Participant._base_manager.get(pk=pk)",
        "getattr(Participant, 'objects').all()",
        "type(row).objects.all()",
        "Participant.objects.visible_to",
        "rows.raw('select 1')",
        "connection.cursor()",
        "apps.get_model('participants', 'Participant')",
        "with all_practices():\n    pass",
    ],
)
def test_the_reading_of_views_finds_an_evasion(evasion):
    assert unscoped(evasion)


@pytest.mark.parametrize(
    "fine",
    [
        "get_object_or_404(Participant.objects.visible_to(membership), pk=pk)",
        "GroupSession.objects.editable_by(request.membership).upcoming(now)",
        "get_object_or_404(Practice, slug=slug)",
        "group.enrolments.enrolled()",
    ],
)
def test_the_reading_of_views_lets_a_scoped_query_pass(fine):
    assert unscoped(fine) == []


def test_a_view_that_does_not_say_who_may_come_in_keeps_the_project_from_starting(settings):
    class Addresses:
        urlpatterns = [path("said/", open_to_all(lambda request: None)), path("unsaid/", lambda request: None)]

    settings.ROOT_URLCONF = Addresses

    with pytest.raises(SystemCheckError, match="The view at 'unsaid/' does not say") as refused:
        call_command("check")
    assert "'said/'" not in str(refused.value)


def test_only_named_functions_look_across_practices():
    assert uses_of_all_practices() == {
        "checks/handing.py:practice_of",
        "insight/demo/loading.py:load",
        "practices/models.py:practices_of",
        "reminders/answering.py:practice_of",
        "reminders/delivery.py:due_everywhere",
        "sessions/clashes.py:busy_times",
        "sessions/subscriptions.py:practice_of",
    }
