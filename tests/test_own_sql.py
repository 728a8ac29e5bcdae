from django.forms.models import model_to_dict

from practices.models import Room
from practices.own_sql import Columns, fetch, instances, statement
from tests.factories import make_room


def rooms(columns):
    return fetch(
        statement("SELECT {room} FROM practices_room room ORDER BY id", room=columns.of("room")),
        [],
    )


def test_an_instance_is_the_one_that_django_makes_of_the_row(db, practice):
    room = make_room(practice, "Attic")
    columns = Columns(Room)

    [found] = [columns.instance(row) for row in rooms(columns)]

    assert found == room
    assert model_to_dict(found) == model_to_dict(Room.objects.get())
    assert not found.get_deferred_fields()
    assert not found._state.adding


def test_what_an_outer_join_did_not_find_is_none(db, practice):
    room = make_room(practice, "Attic")
    columns = Columns(Room, "id", "name")

    attic, nothing = instances((room.pk, "Attic", None, None), columns, columns)

    assert (attic, attic.name, nothing) == (room, "Attic", None)


def test_a_row_is_kept_as_django_would_keep_it(db, practice):
    make_room(practice, "Attic")
    room = Room(practice=practice, name="Cellar", seats=12)

    Columns(Room).insert(room)

    assert not room._state.adding
    assert model_to_dict(Room.objects.get(name="Cellar")) == model_to_dict(room)
    assert Room.pgh_event_model.objects.filter(pgh_obj=room.pk).count() == 1


def test_fields_that_were_not_asked_are_fetched_when_they_are_needed(db, practice, django_assert_num_queries):
    make_room(practice, "Attic")
    # In an order of their own: the columns come in that of the model.
    columns = Columns(Room, "name", "id")

    [found] = [columns.instance(row) for row in rooms(columns)]

    assert (found.pk, found.name) == rooms(columns)[0]
    with django_assert_num_queries(1):
        assert found.practice_id == practice.pk
