"""Entries are never changed, and the legs of a posting sum to zero, whoever writes them."""

from django.db import migrations

TABLES = ("billing_posting", "billing_ledgerentry")
REFUSAL = "The ledger is never changed: post a correction"

SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{refusal}'); END
"""
POSTGRES_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'restrict_violation'; END $$
"""
POSTGRES_TRIGGER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
FOR EACH {scope} EXECUTE FUNCTION refuse_ledger_change()
"""
POSTGRES_BALANCE = """
CREATE OR REPLACE FUNCTION posting_balances() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE found bigint;
BEGIN
  SELECT COALESCE(SUM(amount), 0) INTO found FROM billing_ledgerentry WHERE posting_id = NEW.posting_id;
  IF found <> 0 THEN
    RAISE EXCEPTION 'posting % does not balance: %', NEW.posting_id, found
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
POSTGRES_BALANCE_TRIGGER = """
CREATE CONSTRAINT TRIGGER posting_balances AFTER INSERT ON billing_ledgerentry
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posting_balances()
"""
# Live billed days of a service never overlap, and neither do its supply periods.
POSTGRES_EXCLUSIONS = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    """
    ALTER TABLE billing_billedperiod ADD CONSTRAINT billed_days_once EXCLUDE USING gist (
      service_id WITH =,
      daterange(starts_on, COALESCE(credited_from, ends_on + 1), '[)') WITH &&
    ) DEFERRABLE INITIALLY DEFERRED
    """,
    """
    ALTER TABLE contracts_supplyperiod ADD CONSTRAINT supply_days_once EXCLUDE USING gist (
      service_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&
    ) DEFERRABLE INITIALLY DEFERRED
    """,
)
SQLITE_OVERLAP = """
CREATE TRIGGER billing_billedperiod_once BEFORE INSERT ON billing_billedperiod
WHEN EXISTS (
  SELECT 1 FROM billing_billedperiod AS other
  WHERE other.service_id = NEW.service_id
    AND other.starts_on <= NEW.ends_on
    AND COALESCE(DATE(other.credited_from, '-1 day'), other.ends_on) >= NEW.starts_on
)
BEGIN SELECT RAISE(ABORT, 'these days of the service are billed already'); END
"""


def protect(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_REFUSE.format(refusal=REFUSAL))
            cursor.execute(POSTGRES_BALANCE)
            cursor.execute(POSTGRES_BALANCE_TRIGGER)
        for table in TABLES:
            for verb, scope in _verbs(connection):
                template = POSTGRES_TRIGGER if connection.vendor == "postgresql" else SQLITE
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
        if connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER posting_balances ON billing_ledgerentry")


def exclude_overlaps(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in POSTGRES_EXCLUSIONS:
                cursor.execute(statement)
        else:
            cursor.execute(SQLITE_OVERLAP)


def allow_overlaps(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE billing_billedperiod DROP CONSTRAINT billed_days_once")
            cursor.execute("ALTER TABLE contracts_supplyperiod DROP CONSTRAINT supply_days_once")
        else:
            cursor.execute("DROP TRIGGER billing_billedperiod_once")


def _verbs(connection):
    verbs = [("UPDATE", "ROW"), ("DELETE", "ROW")]
    if connection.vendor == "postgresql":
        verbs.append(("TRUNCATE", "STATEMENT"))
    return verbs


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_from_now_on")]
    operations = [
        migrations.RunPython(protect, unprotect),
        migrations.RunPython(exclude_overlaps, allow_overlaps),
    ]
