from django.db import migrations

# Series of before knew their template by name only.
FIND = """
UPDATE group_sessions_series s SET template_id = t.id
FROM group_sessions_scheduletemplate t
WHERE t.practice_id = s.practice_id AND t.name = s.template_name AND s.template_id IS NULL
"""
FORGET = "UPDATE group_sessions_series SET template_id = NULL WHERE template_id IS NOT NULL"


class Migration(migrations.Migration):

    dependencies = [
        ('group_sessions', '0008_a_series_names_its_template'),
    ]

    operations = [migrations.RunSQL(FIND, FORGET)]
