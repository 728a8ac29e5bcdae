from django.db import migrations

# As checks.defaults had it on this day; a row with an owner is the practice's own and stays as it is.
SCORES = {"baby_weight": (-6, 5), "baby_length": (-6, 6), "baby_head": (-5, 5)}
OF_THE_FIRST = "WHERE owner_id IS NULL AND valid_from = '2000-01-01' AND quantity"
ALL_PRACTICES = "SELECT set_config('app.practice', '*', true);"
NONE = "SELECT set_config('app.practice', '', true);"


class Migration(migrations.Migration):
    dependencies = [("checks", "0006_ask_again_by_score")]

    operations = [
        migrations.RunSQL(
            [
                ALL_PRACTICES,
                *(
                    f"UPDATE checks_limit SET ask_z_below = {below}, ask_z_above = {above} {OF_THE_FIRST} = '{quantity}';"
                    for quantity, (below, above) in SCORES.items()
                ),
                NONE,
            ],
            [
                ALL_PRACTICES,
                f"UPDATE checks_limit SET ask_z_below = NULL, ask_z_above = NULL {OF_THE_FIRST} LIKE 'baby_%';",
                NONE,
            ],
        )
    ]
