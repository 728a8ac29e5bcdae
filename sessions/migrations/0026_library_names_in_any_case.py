from django.db import migrations, models
from django.db.models.functions import Lower

# Names that differ in their case alone: the later ones are told apart by a number, for somebody to look at.
NUMBERED = """
UPDATE {table} later SET {name} = left({name}, {longest} - 20) || ' (' || id || ')'
WHERE EXISTS (
    SELECT FROM {table} first
    WHERE first.practice_id = later.practice_id AND lower(first.{name}) = lower(later.{name}) AND first.id < later.id
)
"""
FORMATS = NUMBERED.format(table="group_sessions_activityformat", name="name", longest=80)
TOPICS = NUMBERED.format(table="group_sessions_librarytopic", name="title", longest=120)


class Migration(migrations.Migration):
    dependencies = [
        ("group_sessions", "0025_history_with_fewer_indexes"),
        ("practices", "0007_history_with_fewer_indexes"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="activityformat", name="format_name_is_unique_in_a_library"),
        migrations.RemoveConstraint(model_name="librarytopic", name="topic_title_is_unique_in_a_library"),
        migrations.RunSQL([FORMATS, TOPICS], migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="activityformat",
            constraint=models.UniqueConstraint(
                models.F("practice"),
                Lower("name"),
                name="format_name_is_unique_in_a_library",
                violation_error_message="The library has an activity format with this name already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="librarytopic",
            constraint=models.UniqueConstraint(
                models.F("practice"),
                Lower("title"),
                name="topic_title_is_unique_in_a_library",
                violation_error_message="The library has a topic with this title already.",
            ),
        ),
    ]
