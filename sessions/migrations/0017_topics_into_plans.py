from django.db import migrations

# A plan names the topics that stood in a list of titles.
STEPS = """
UPDATE {table} SET plan = coalesce(
    (SELECT jsonb_agg(jsonb_build_object('title', title) ORDER BY place)
     FROM unnest(topics) WITH ORDINALITY AS topic(title, place)), '[]')
"""
STEPS_BACK = """
UPDATE {table} SET topics = ARRAY(
    SELECT part ->> 'title' FROM jsonb_array_elements(plan) WITH ORDINALITY AS p(part, place)
    WHERE coalesce(part ->> 'moment', 'topic') = 'topic' ORDER BY place)
"""
SERIES = """
UPDATE {table} SET steps = coalesce(
    (SELECT jsonb_agg((step - 'topics') || jsonb_build_object('plan', coalesce(
        (SELECT jsonb_agg(jsonb_build_object('title', title) ORDER BY t)
         FROM jsonb_array_elements_text(step -> 'topics') WITH ORDINALITY AS topic(title, t)), '[]')) ORDER BY s)
     FROM jsonb_array_elements(steps) WITH ORDINALITY AS one(step, s)), '[]')
"""
SERIES_BACK = """
UPDATE {table} SET steps = coalesce(
    (SELECT jsonb_agg((step - 'plan') || jsonb_build_object('topics', coalesce(
        (SELECT jsonb_agg(part ->> 'title' ORDER BY t)
         FROM jsonb_array_elements(step -> 'plan') WITH ORDINALITY AS p(part, t)
         WHERE coalesce(part ->> 'moment', 'topic') = 'topic'), '[]')) ORDER BY s)
     FROM jsonb_array_elements(steps) WITH ORDINALITY AS one(step, s)), '[]')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('group_sessions', '0016_library_and_plans'),
    ]

    operations = [
        migrations.RunSQL(forwards.format(table=f"group_sessions_{name}"), back.format(table=f"group_sessions_{name}"))
        for names, forwards, back in (
            (("templatestep", "templatestepevent"), STEPS, STEPS_BACK),
            (("series", "seriesevent"), SERIES, SERIES_BACK),
        )
        for name in names
    ]
