"""Nothing is made or changed silently: the change history has each state of each row, with who it was."""

import pghistory
import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from practices.tenancy import practice_scope
from tests.factories import make_practice
from tests.house import build_house

TRACKED = [model for model in apps.get_models() if hasattr(model, "pgh_event_models") or hasattr(model, "events")]


@pytest.fixture
def house(db):
    practice = make_practice(with_defaults=True)
    build_house(practice)
    with practice_scope(practice):
        yield practice


def history_of(model):
    return apps.get_model(model._meta.app_label, f"{model.__name__}Event").objects.all()


def changed(row):
    """The row with one field changed, whichever the constraints let pass."""
    for field in row._meta.local_concrete_fields:
        before = getattr(row, field.attname)
        if isinstance(field, models.DateTimeField):
            value = timezone.now()
        elif isinstance(field, models.DateField) and before:
            value = before.replace(day=before.day % 27 + 1)
        elif isinstance(field, models.CharField | models.TextField) and not field.choices and not field.unique:
            value = f"{before[:20]}x"
        else:
            continue
        try:
            with transaction.atomic():
                type(row).objects.filter(pk=row.pk).update(**{field.attname: value})
        except DatabaseError:
            continue
        return field.attname, value
    raise AssertionError(f"no field of {type(row).__name__} can be changed")


def test_what_is_made_stands_in_the_history(house):
    assert TRACKED
    for model in TRACKED:
        made = set(model.objects.values_list("pk", flat=True))

        assert made, model
        assert set(history_of(model).filter(pgh_label="insert").values_list("pgh_obj_id", flat=True)) == made, model


def test_what_is_changed_stands_in_the_history_as_it_became(house):
    for model in TRACKED:
        row = model.objects.first()

        name, value = changed(row)

        newest = history_of(model).filter(pgh_obj_id=row.pk).latest("pgh_id")
        assert (newest.pgh_label, getattr(newest, name)) == ("update", value), model


def test_what_is_taken_away_stands_in_the_history(house):
    may_go = [model for model in TRACKED if any(trigger.name == "delete_delete" for trigger in model._meta.triggers)]
    assert may_go
    for model in may_go:
        row = model.objects.last()
        pk = row.pk

        row.delete()

        assert history_of(model).filter(pgh_obj_id=pk).latest("pgh_id").pgh_label == "delete", model


def test_the_history_says_who_it_was(house):
    membership = next(model for model in TRACKED if model.__name__ == "Membership").objects.first()
    with pghistory.context(membership=membership.pk):
        membership.organisation = "Elders"
        membership.save()

    newest = history_of(type(membership)).filter(pgh_obj_id=membership.pk).latest("pgh_id")
    assert newest.pgh_context.metadata == {"membership": membership.pk}
