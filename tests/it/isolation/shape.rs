//! How a table must look, by its kind.
use std::collections::BTreeMap;

use rocket_reception::kernel::db::Db;
use sqlx::FromRow;

use super::{assert_none, database};

/// `subscriber_id` first, keys, unique constraints and foreign keys begin with it, one policy, forced.
const TENANT: &[&str] = &[
    "appointments",
    "audio_cache",
    "audit_heads",
    "audit_log",
    "black_box_events",
    "blocked_callers",
    "business_hours",
    "calendar_bookings",
    "calendar_connections",
    "calendar_consents",
    "calendar_event_types",
    "calendar_slots",
    "churn_alerts",
    "consent_logs",
    "contacts",
    "credit_accounts",
    "dialogue_states",
    "erasures",
    "events",
    "forwarding_tests",
    "export_parts",
    "exports",
    "health_scores",
    "holidays",
    "idempotency_keys",
    "interaction_messages",
    "interactions",
    "knowledge_gaps",
    "leads",
    "ledger_entries",
    "opt_outs",
    "outgoing_messages",
    "provider_accounts",
    "provider_deletions",
    "questions",
    "reconciliation_differences",
    "recordings",
    "registrations",
    "reminders",
    "resources",
    "retention_settings",
    "services",
    "speech_usage",
    "subscriber_channels",
    "subscriber_profiles",
    "subscriptions",
    "text_backs",
    "tool_calls",
    "twilio_calls",
    "usage_periods",
    "usage_records",
    "usage_rollups",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoint_states",
    "webhook_endpoints",
    "webhook_secrets",
];
/// The same policy, and a key of their own: one or a few rows per subscriber, found by other keys too.
const SCOPED: &[&str] = &[
    "agents",
    "api_keys",
    "error_logs",
    "inbound_events",
    "memberships",
    "ops_alerts",
    "phone_numbers",
    "subscribers",
];
/// Read before a subscriber is known. Ids and hashes.
const DIRECTORY: &[&str] = &["directory"];
/// Of identity alone, by a role of its own.
const PEOPLE: &[&str] = &[
    "credentials",
    "login_attempts",
    "outgoing_mails",
    "refresh_sessions",
    "reset_tokens",
    "spent_refresh_tokens",
    "users",
];
/// Ids, no content.
const MACHINERY: &[&str] = &[
    "jobs",
    "key_checks",
    "leases",
    "plans",
    "rate_buckets",
    // Of everybody at once; what was found stands in reconciliation_differences, by subscriber.
    "reconciliation_runs",
    // Counts of a night over everybody.
    "retention_runs",
    "schedule_runs",
];
/// sqlx's own.
const MIGRATIONS: &str = "_sqlx_migrations";

/// Inserted into and never changed.
pub const APPEND_ONLY: &[&str] = &["audit_log", "ledger_entries", "usage_records"];

/// What the application may do where it is not all four.
const FEWER_GRANTS: &[(&str, &str)] = &[
    ("audit_heads", "INSERT SELECT UPDATE"),
    ("audit_log", "INSERT SELECT"),
    ("black_box_events", "DELETE INSERT SELECT"),
    ("consent_logs", "DELETE INSERT SELECT"),
    ("key_checks", "INSERT SELECT UPDATE"),
    ("ledger_entries", "INSERT SELECT"),
    ("plans", "SELECT"),
    ("reconciliation_runs", "INSERT SELECT UPDATE"),
    ("usage_records", "INSERT SELECT"),
];

/// What the application sees of people: ids, flags and the times of an end, to check a session with each request.
const SEEN_OF_PEOPLE: &[&str] = &[
    "refresh_sessions.can_write",
    "refresh_sessions.ended_at",
    "refresh_sessions.expires_at",
    "refresh_sessions.id",
    "refresh_sessions.impersonator_id",
    "refresh_sessions.signed_in_at",
    "refresh_sessions.subscriber_id",
    "refresh_sessions.user_id",
    "users.disabled_at",
    "users.id",
    "users.is_operator",
];

/// Tables of the platform to which a tenant table may refer: the same small content everywhere (a reference table,
/// should the schema ever be distributed).
const REFERENCE: [&str; 1] = ["plans"];

/// Types that cannot hold anybody's words.
const WORDLESS: [&str; 8] = [
    "uuid",
    "timestamp with time zone",
    "boolean",
    "integer",
    "bigint",
    "double precision",
    "numeric",
    "date",
];
/// The columns of directory and machinery that could, and why they do not. A column whose CHECK lists its values
/// need not stand here.
const TEXTS: &[(&str, &str)] = &[
    ("directory.key", "an id, a number of ours, or a hash"),
    ("key_checks.check_sealed", "sealed, and always the same"),
    ("jobs.kind", "a name in the code"),
    ("jobs.payload", "ids only"),
    ("jobs.dedupe_key", "a name and ids"),
    ("jobs.last_error", "redacted"),
    ("schedule_runs.name", "a name in the code"),
    ("retention_runs.data_class", "a name in the code"),
    ("leases.key", "a name and ids"),
    ("rate_buckets.key", "a name and ids or hashes"),
    ("plans.currency", "a code"),
    ("plans.code", "a code"),
];

const POLICY: &str = "((OWNER = (NULLIF(current_setting('app.subscriber_id'::text, true), ''::text))::uuid) \
     OR (current_setting('app.scope'::text, true) = 'operator'::text))";

#[tokio::test]
async fn every_table_is_of_one_kind() {
    let database = database().await;
    let mut findings = Vec::new();
    let tables = tables(&database.db).await;
    for table in &tables {
        let kinds = [TENANT, SCOPED, DIRECTORY, PEOPLE, MACHINERY];
        let count = kinds
            .iter()
            .filter(|kind| kind.contains(&table.as_str()))
            .count();
        if count != 1 && table != MIGRATIONS {
            findings.push(format!(
                "{table} is of {count} kinds: put it into one list of tests/it/isolation/shape.rs. Rows of a subscriber \
                 belong into TENANT (subscriber_id first, key (subscriber_id, id), `call protect('{table}')` in the \
                 migration); a row per subscriber with a key of its own into SCOPED (`protect` as well); ids without \
                 content into MACHINERY (`call grant_to_app('{table}', …)`); see design.md, section 3"
            ));
        }
    }
    for listed in [TENANT, SCOPED, DIRECTORY, PEOPLE, MACHINERY].concat() {
        if !tables.iter().any(|table| table == listed) {
            findings.push(format!("{listed} is in a list and not in the database"));
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn a_tenant_table_begins_with_its_subscriber_in_every_key() {
    let database = database().await;
    let mut findings = Vec::new();
    let columns = columns(&database.db).await;
    let keys = keys(&database.db).await;
    for &table in TENANT {
        let mine: Vec<&Column> = columns.iter().filter(|c| c.table == table).collect();
        let is_first = mine
            .first()
            .is_some_and(|c| c.name == "subscriber_id" && c.type_name == "uuid" && c.is_required);
        if !is_first {
            findings.push(format!(
                "{table}: the first column is not `subscriber_id uuid not null`"
            ));
        }
        let primary: Vec<&Key> = keys
            .iter()
            .filter(|key| key.table == table && key.kind == "PRIMARY KEY")
            .collect();
        match primary.as_slice() {
            [key] if key.columns == ["subscriber_id", "id"] => {}
            _ => findings.push(format!(
                "{table}: the primary key is not (subscriber_id, id)"
            )),
        }
        for key in keys.iter().filter(|key| key.table == table) {
            let begins = key.columns.first().map(String::as_str) == Some("subscriber_id");
            let is_reference = REFERENCE.contains(&key.target.as_str());
            if !begins && !is_reference {
                findings.push(format!(
                    "{table}: {} {} does not begin with subscriber_id",
                    key.kind, key.name
                ));
            }
            // A second column that is not part of the target's key would let a reference lead elsewhere.
            let leads_to_own = match key.target.as_str() {
                "" => true,
                "subscribers" => key.columns == ["subscriber_id"],
                target if TENANT.contains(&target) => {
                    key.target_columns.first().map(String::as_str) == Some("subscriber_id")
                }
                _ => is_reference,
            };
            if !leads_to_own {
                findings.push(format!(
                    "{table}: {} leads to {}, where rows of other subscribers are",
                    key.name, key.target
                ));
            }
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn nothing_outside_points_to_a_tenants_rows() {
    let database = database().await;
    let keys = keys(&database.db).await;
    let findings: Vec<String> = keys
        .iter()
        .filter(|key| !TENANT.contains(&key.table.as_str()))
        .filter(|key| {
            let is_unguarded = !SCOPED.contains(&key.table.as_str());
            TENANT.contains(&key.target.as_str())
                || (is_unguarded && SCOPED.contains(&key.target.as_str()))
        })
        .map(|key| format!("{}: {} leads to {}", key.table, key.name, key.target))
        .collect();
    assert_none(&findings);
}

#[tokio::test]
async fn every_tenant_and_scoped_table_has_the_policy_and_no_other() {
    let database = database().await;
    let mut findings = Vec::new();
    let flags: Vec<(String, bool, bool)> = sqlx::query_as(
        "select relname::text, relrowsecurity, relforcerowsecurity from pg_class
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    let policies: Vec<(String, String, String)> = sqlx::query_as(
        "select tablename::text,
                concat_ws(' ', policyname, permissive, cmd, roles::text),
                concat_ws(' / ', qual, with_check)
           from pg_policies where schemaname = current_schema()",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    for (table, is_enabled, is_forced) in flags {
        let mine: Vec<_> = policies.iter().filter(|(of, ..)| *of == table).collect();
        let is_guarded = TENANT.contains(&table.as_str()) || SCOPED.contains(&table.as_str());
        if !is_guarded {
            if is_enabled || !mine.is_empty() {
                findings.push(format!(
                    "{table} has a policy and is in no list that asks for one"
                ));
            }
            continue;
        }
        if !is_enabled || !is_forced {
            findings.push(format!(
                "{table}: row security is not forced; write `call protect('{table}')`"
            ));
        }
        let owner = if table == "subscribers" {
            "id"
        } else {
            "subscriber_id"
        };
        let expression = POLICY.replace("OWNER", owner);
        let expected = format!("{expression} / {expression}");
        match mine.as_slice() {
            [(_, kind, found)]
                if kind == "tenant PERMISSIVE ALL {public}" && *found == expected => {}
            _ => findings.push(format!("{table}: its policies are {mine:?}")),
        }
    }
    assert_none(&findings);
}

#[tokio::test]
async fn the_application_is_granted_what_it_needs_and_nobody_else_anything() {
    let database = database().await;
    let mut findings = Vec::new();
    let grants: Vec<(String, String, String)> = sqlx::query_as(
        "select relname::text, case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end,
                string_agg(acl.privilege_type, ' ' order by acl.privilege_type)
           from pg_class, aclexplode(relacl) acl
          where relnamespace = current_schema()::regnamespace and acl.grantee <> relowner
          group by 1, 2
         union all
         select relname || '.' || attname, acl.grantee::regrole::text, acl.privilege_type
           from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl) acl
          where relnamespace = current_schema()::regnamespace",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    let mut found: BTreeMap<(String, String), String> = grants
        .into_iter()
        .map(|(table, grantee, privileges)| ((table, grantee), privileges))
        .collect();
    for table in [TENANT, SCOPED, DIRECTORY, MACHINERY].concat() {
        let fewer = FEWER_GRANTS.iter().find(|(name, _)| *name == table);
        let expected = fewer.map_or("DELETE INSERT SELECT UPDATE", |(_, grants)| *grants);
        let granted = found.remove(&(table.to_owned(), "reception_app".to_owned()));
        if granted.as_deref() != Some(expected) {
            findings.push(format!(
                "{table}: the application may {granted:?}, not {expected}"
            ));
        }
    }
    for &table in PEOPLE {
        found.remove(&(table.to_owned(), "reception_identity".to_owned()));
    }
    for &column in SEEN_OF_PEOPLE {
        let granted = found.remove(&(column.to_owned(), "reception_app".to_owned()));
        if granted.as_deref() != Some("SELECT") {
            findings.push(format!(
                "{column}: the application may {granted:?}, not SELECT"
            ));
        }
    }
    for ((table, grantee), privileges) in found {
        findings.push(format!("{table}: {grantee} may {privileges}"));
    }
    assert_none(&findings);
}

#[tokio::test]
async fn directory_and_machinery_hold_no_words() {
    let database = database().await;
    let findings: Vec<String> = columns(&database.db)
        .await
        .iter()
        .filter(|column| {
            let table = column.table.as_str();
            DIRECTORY.contains(&table) || MACHINERY.contains(&table)
        })
        .filter(|column| !column.is_listed && !WORDLESS.contains(&column.type_name.as_str()))
        .map(|column| format!("{}.{}", column.table, column.name))
        .filter(|name| !TEXTS.iter().any(|(text, _)| text == name))
        .map(|name| {
            format!("{name} can hold words, and its table has no policy: see TEXTS in tests/it/isolation/shape.rs")
        })
        .collect();
    assert_none(&findings);
}

#[tokio::test]
async fn append_only_tables_have_their_trigger_and_no_other_table_has_any() {
    let database = database().await;
    let triggers: Vec<(String, String)> = sqlx::query_as(
        "select tgrelid::regclass::text, tgname::text || ' ' || tgtype || ' ' || tgenabled::text from pg_trigger
          where not tgisinternal order by 1",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    // 58: before (2) delete (8), update (16), truncate (32), for each statement.
    let expected: Vec<(String, String)> = APPEND_ONLY
        .iter()
        .map(|table| ((*table).to_owned(), "append_only 58 O".to_owned()))
        .collect();
    assert_eq!(triggers, expected);
}

#[tokio::test]
async fn no_view_no_function_and_no_narrow_sequence_leads_around_a_policy() {
    let database = database().await;
    let findings: Vec<String> = sqlx::query_scalar(
        "select 'a view that does not ask as its reader: ' || relname from pg_class
          where relnamespace = current_schema()::regnamespace and relkind = 'v'
            and not coalesce(reloptions::text[] @> array['security_invoker=true'], false)
         union all
         select 'a materialized view keeps rows of everybody: ' || relname from pg_class
          where relnamespace = current_schema()::regnamespace and relkind = 'm'
         union all
         select 'a function that runs as its owner: ' || proname from pg_proc
          where pronamespace = current_schema()::regnamespace and prosecdef
         union all
         select 'a sequence narrower than bigint: ' || seqrelid::regclass from pg_sequence
          where seqtypid <> 'bigint'::regtype",
    )
    .fetch_all(database.db.pool())
    .await
    .unwrap();
    assert_none(&findings);
}

async fn tables(db: &Db) -> Vec<String> {
    sqlx::query_scalar(
        "select relname::text from pg_class
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'f') order by 1",
    )
    .fetch_all(db.pool())
    .await
    .unwrap()
}

#[derive(FromRow)]
struct Column {
    table: String,
    name: String,
    type_name: String,
    is_required: bool,
    /// Its CHECK lists the values.
    is_listed: bool,
}

async fn columns(db: &Db) -> Vec<Column> {
    sqlx::query_as(
        r#"select relname::text as "table", attname::text as name, format_type(atttypid, null) as type_name,
                  attnotnull as is_required,
                  exists (select from pg_constraint where conrelid = c.oid and contype = 'c'
                             and conkey = array[attnum] and pg_get_constraintdef(oid) like '%= ANY (ARRAY[%') as is_listed
             from pg_attribute join pg_class c on attrelid = c.oid
            where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
              and attnum > 0 and not attisdropped
            order by relname, attnum"#,
    )
    .fetch_all(db.pool())
    .await
    .unwrap()
}

/// A primary key, a unique constraint or index, an exclusion, a foreign key.
#[derive(FromRow)]
struct Key {
    table: String,
    name: String,
    kind: String,
    columns: Vec<String>,
    target: String,
    target_columns: Vec<String>,
}

async fn keys(db: &Db) -> Vec<Key> {
    sqlx::query_as(
        r#"select c.relname::text as "table", i.relname::text as name,
                  case when indisprimary then 'PRIMARY KEY' when indisexclusion then 'EXCLUDE' else 'UNIQUE' end as kind,
                  array(select coalesce(attname::text, '(an expression)')
                          from unnest(indkey) with ordinality k (num, place)
                          left join pg_attribute on attrelid = indrelid and attnum = num and num > 0
                         where place <= indnkeyatts order by place) as columns,
                  '' as target, '{}'::text[] as target_columns
             from pg_index join pg_class c on c.oid = indrelid join pg_class i on i.oid = indexrelid
            where c.relnamespace = current_schema()::regnamespace and (indisunique or indisexclusion)
           union all
           select conrelid::regclass::text, conname::text, 'FOREIGN KEY',
                  array(select attname::text from unnest(conkey) with ordinality k (num, place)
                          join pg_attribute on attrelid = conrelid and attnum = num order by place),
                  confrelid::regclass::text,
                  array(select attname::text from unnest(confkey) with ordinality k (num, place)
                          join pg_attribute on attrelid = confrelid and attnum = num order by place)
             from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace"#,
    )
    .fetch_all(db.pool())
    .await
    .unwrap()
}
