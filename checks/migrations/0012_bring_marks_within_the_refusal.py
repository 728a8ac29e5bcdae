from django.db import migrations

ALL_PRACTICES = "SELECT set_config('app.practice', '*', true);"
NONE = "SELECT set_config('app.practice', '', true);"
# Every value that is not refused is marked afterwards as it was before: a limit that none of them reached is left out,
# and one that all of them passed begins where refusal ends. The numbers that were typed stay in the history.
WITHIN = [
    "UPDATE checks_limit SET urgent_from = NULL WHERE urgent_from > refuse_above;",
    "UPDATE checks_limit SET urgent_from = refuse_below WHERE urgent_from < refuse_below;",
    "UPDATE checks_limit SET mark_below = NULL, mark_from = coalesce(refuse_below, 0)"
    " WHERE mark_below >= mark_from OR mark_below > refuse_above OR mark_from < refuse_below;",
    "UPDATE checks_limit SET mark_below = NULL WHERE mark_below < refuse_below;",
    "UPDATE checks_limit SET mark_from = NULL WHERE mark_from > refuse_above;",
]


class Migration(migrations.Migration):
    dependencies = [("checks", "0011_readings_of_a_pressure_are_held_apart")]

    operations = [migrations.RunSQL([ALL_PRACTICES, *WITHIN, NONE], migrations.RunSQL.noop)]
