from django.db import migrations

# As checks.defaults had it on this day; a row with an owner is the practice's own and stays as it is.
DROPS = {"baby_weight": 500, "baby_length": 10, "baby_head": 5}
OF_THE_FIRST = "WHERE owner_id IS NULL AND valid_from = '2000-01-01' AND quantity"
ALL_PRACTICES = "SELECT set_config('app.practice', '*', true);"
NONE = "SELECT set_config('app.practice', '', true);"


class Migration(migrations.Migration):
    dependencies = [("checks", "0014_ask_again_about_less_than_before")]

    operations = [
        migrations.RunSQL(
            [
                ALL_PRACTICES,
                *(
                    f"UPDATE checks_limit SET ask_drop = {drop} {OF_THE_FIRST} = '{quantity}';"
                    for quantity, drop in DROPS.items()
                ),
                NONE,
            ],
            [ALL_PRACTICES, f"UPDATE checks_limit SET ask_drop = NULL {OF_THE_FIRST} LIKE 'baby_%';", NONE],
        )
    ]
