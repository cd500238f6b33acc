"""The database itself refuses to change or delete what the audit trail holds."""

from django.db import migrations

TABLES = ["audit_entry", "audit_anchor", "audit_anchoredhead"]
REFUSAL = "The audit trail is never changed"

SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""
POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END $$
"""
POSTGRES = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH {scope} EXECUTE FUNCTION refuse_audit_change()
"""


def protect(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION.format(refusal=REFUSAL))
        for table in TABLES:
            for verb, scope in _verbs(connection):
                template = POSTGRES if connection.vendor == "postgresql" else SQLITE
                cursor.execute(
                    template.format(table=table, verb=verb, scope=scope, refusal=REFUSAL)
                )


def unprotect(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for table in TABLES:
            for verb, _ in _verbs(connection):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER {table}_no_{verb}{on}")


def _verbs(connection):
    verbs = [("UPDATE", "ROW"), ("DELETE", "ROW")]
    if connection.vendor == "postgresql":
        verbs.append(("TRUNCATE", "STATEMENT"))
    return verbs


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_anchors")]
    operations = [migrations.RunPython(protect, unprotect)]
