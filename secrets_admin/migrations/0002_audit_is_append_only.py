"""The database itself refuses to change or delete audit records; only a deleted person's reference is emptied."""

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION secrets_admin_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL
       AND (to_jsonb(NEW) - 'actor_id') = (to_jsonb(OLD) - 'actor_id') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'audit records are append only';
END $$
"""
_TRIGGER = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON secrets_admin_auditrecord
FOR EACH ROW EXECUTE FUNCTION secrets_admin_audit_append_only()
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_FUNCTION)
        schema_editor.execute(_TRIGGER)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_append_only ON secrets_admin_auditrecord")
        schema_editor.execute("DROP FUNCTION secrets_admin_audit_append_only()")


class Migration(migrations.Migration):
    dependencies = [("secrets_admin", "0001_initial")]
    operations = [migrations.RunPython(guard, unguard)]
