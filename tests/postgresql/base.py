"""Django's PostgreSQL, which empties the tables of a test without TRUNCATE.

TRUNCATE makes some six hundred new files, however few rows there are: half a second for each test with a transaction
of its own. A test leaves few rows.
"""

from django.db.backends.postgresql import base, operations

# Filled by migrating, and the same for every test.
KEPT = {"auth_permission", "django_content_type"}


class DatabaseOperations(operations.DatabaseOperations):
    def sql_flush(self, style, tables, *, reset_sequences=False, allow_cascade=False):
        # What is deleted leaves an event behind: those tables come last.
        emptied = sorted(set(tables) - KEPT, key=lambda table: table.endswith("event"))
        everywhere = "SELECT set_config('app.practice', '*', true)"
        return [everywhere, *(f"DELETE FROM {self.quote_name(table)}" for table in emptied)]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
