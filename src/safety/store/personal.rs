//! Statements made of the registry of personal data: every table and column in them is a name of ours.
//!
//! `people/personal_data.rs` says what becomes of a column, the catalogue how it is made empty, and [`rows_of_contact`]
//! which rows are a person's. Nothing of a request is ever in the text of a statement, so `AssertSqlSafe` is true here.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use crate::{
    kernel::{
        db::{TenantTx, Tx},
        ids::ContactId,
    },
    people::personal_data::{OnErasure, OnExport, PersonalColumn, Subject, personal_data},
};

/// Tables that an export of a whole business gives beside those of the registry: no personal data, but its own.
const ALSO_GIVEN: [&str; 10] = [
    "audit_log",
    "business_hours",
    "credit_accounts",
    "ledger_entries",
    "reminders",
    "retention_settings",
    "subscriptions",
    "usage_periods",
    "usage_records",
    "usage_rollups",
];
/// The people of a business are read by identity.
const OF_IDENTITY: [&str; 2] = ["users", "refresh_sessions"];

/// A person and everything that leads to them, as it was when their erasure or export began.
#[derive(Clone, Debug)]
pub struct Person {
    pub contact: ContactId,
    pub interactions: Vec<Uuid>,
    pub phones: Vec<String>,
    /// Ids of ours and of providers, and numbers: what a webhook or event about them holds.
    pub traces: Vec<String>,
}

/// A column, as the catalogue describes it.
#[derive(Clone, Debug)]
struct Column {
    type_name: String,
    is_nullable: bool,
    /// As PostgreSQL writes what the migration says.
    default: Option<String>,
    is_unique: bool,
}

/// The tables of a subscriber and their columns.
pub struct Catalogue(BTreeMap<String, BTreeMap<String, Column>>);

impl Catalogue {
    /// Every table with a policy.
    pub async fn read(tx: &mut TenantTx) -> sqlx::Result<Self> {
        let rows = sqlx::query!(
            r#"select c.relname::text as "table!", a.attname::text as "column!",
                      format_type(a.atttypid, null) as "type_name!", not a.attnotnull as "is_nullable!",
                      pg_get_expr(d.adbin, d.adrelid) as "default?",
                      exists (select from pg_index i where i.indrelid = c.oid and i.indisunique
                                 and a.attnum = any (i.indkey::int2[])) as "is_unique!"
                 from pg_class c join pg_attribute a on a.attrelid = c.oid
                 left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
                where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
                  and a.attnum > 0 and not a.attisdropped"#,
        )
        .fetch_all(tx.conn())
        .await?;
        let mut tables: BTreeMap<String, BTreeMap<String, Column>> = BTreeMap::new();
        for row in rows {
            let column = Column {
                type_name: row.type_name,
                is_nullable: row.is_nullable,
                default: row.default,
                is_unique: row.is_unique,
            };
            tables
                .entry(row.table)
                .or_default()
                .insert(row.column, column);
        }
        Ok(Self(tables))
    }

    fn has(&self, table: &str, column: &str) -> bool {
        self.column(table, column).is_some()
    }

    fn column(&self, table: &str, column: &str) -> Option<&Column> {
        self.0.get(table)?.get(column)
    }

    fn owner_column(&self, table: &str) -> &'static str {
        match table {
            "subscribers" => "id",
            _ => "subscriber_id",
        }
    }

    /// Null, or the emptiest value that is allowed.
    fn empty(&self, table: &str, column: &str) -> &str {
        let Some(column) = self.column(table, column) else {
            return "null";
        };
        if let (false, Some(default)) = (column.is_nullable, &column.default) {
            return default;
        }
        match (column.is_nullable, column.type_name.as_str()) {
            (true, _) => "null",
            (false, "jsonb") => "'{}'::jsonb",
            (false, "bytea") => "''::bytea",
            (false, "text[]") => "'{}'::text[]",
            // Two empty ones would be the same.
            (false, _) if column.is_unique => "t.id::text",
            (false, _) => "''",
        }
    }
}

/// Which rows of a table are a person's: `$1` subscriber, `$2` contact, `$3` interactions, `$4` phones, `$5` traces. None:
/// nobody has said, and an erasure must not guess.
fn rows_of_contact(catalogue: &Catalogue, table: &str) -> Option<&'static str> {
    let known = match table {
        // Also those that were merged into it: they keep their numbers.
        "contacts" => "(t.id = $2 or t.merged_into = $2)",
        "interactions" => "t.id = any ($3)",
        // Also one that was booked for them in somebody else's call, and no other of that call.
        "appointments" => "(t.contact_id = $2 or t.customer_phone = any ($4))",
        "opt_outs" | "blocked_callers" => "t.phone = any ($4)",
        "consent_logs" => {
            "t.subject_kind = 'CONTACT' and t.subject_id in (select c.id from contacts c where c.subscriber_id = $1
                and (c.id = $2 or c.merged_into = $2))"
        }
        // Whatever the event is: one of its values is the person, or a conversation of theirs.
        "events" => {
            "exists (select from jsonb_path_query(t.data, 'lax $.**') v where v #>> '{}' = any ($5))"
        }
        // Read in batches by a job, because they are many and have no index for it.
        "inbound_events" => "false",
        // Answers to the business's own programs.
        "idempotency_keys" => "false",
        // What a receiver answered to an event about them. Those events went a moment ago (tables go in the order of
        // the alphabet), so these are the answers whose event is gone; of one that retention took they may go as well.
        "webhook_attempts" => {
            "exists (select from webhook_deliveries d where d.subscriber_id = $1 and d.id = t.delivery_id
                and not exists (select from events e where e.subscriber_id = $1 and e.id = d.event_id))"
        }
        // What was just said to somebody, with no name at it: any of them may be this person's.
        "audio_cache" => "t.is_personal",
        // Any of them may hold the person.
        "export_parts" => "true",
        _ => {
            let by_contact = catalogue.has(table, "contact_id");
            let by_interaction = catalogue.has(table, "interaction_id");
            return match (by_contact, by_interaction) {
                (true, true) => Some("(t.contact_id = $2 or t.interaction_id = any ($3))"),
                (true, false) => Some("t.contact_id = $2"),
                (false, true) => Some("t.interaction_id = any ($3)"),
                (false, false) => None,
            };
        }
    };
    Some(known)
}

/// The columns of the registry by table, for a subject.
fn tables_of(
    is_meant: impl Fn(&PersonalColumn) -> bool,
) -> BTreeMap<&'static str, Vec<PersonalColumn>> {
    let mut tables: BTreeMap<&str, Vec<PersonalColumn>> = BTreeMap::new();
    for column in personal_data().iter().filter(|column| is_meant(column)) {
        tables.entry(column.table).or_default().push(*column);
    }
    tables
}

/// What an erasure does with the rows of a table: the statement's head and the condition that something is left to do.
fn change(
    catalogue: &Catalogue,
    table: &str,
    columns: &[PersonalColumn],
    with_business: bool,
) -> Option<(String, String)> {
    let goes = columns.iter().any(|column| match column.on_erasure {
        OnErasure::DeleteRow => true,
        OnErasure::KeepWhileServed(_) => with_business,
        OnErasure::Blank | OnErasure::Keep(_) => false,
    });
    if goes {
        return Some((format!("delete from {table} t"), "true".to_owned()));
    }
    let blanked: Vec<&str> = columns
        .iter()
        .filter(|column| column.on_erasure == OnErasure::Blank)
        .map(|column| column.column)
        .collect();
    if blanked.is_empty() {
        return None;
    }
    let set: Vec<String> = blanked
        .iter()
        .map(|column| format!("{column} = {}", catalogue.empty(table, column)))
        .collect();
    let left: Vec<String> = blanked
        .iter()
        .map(|column| {
            format!(
                "t.{column} is distinct from {}",
                catalogue.empty(table, column)
            )
        })
        .collect();
    let left = format!("({})", left.join(" or "));
    Some((format!("update {table} t set {}", set.join(", ")), left))
}

/// Erases a person from every table of the registry; says how many rows of each were changed or deleted.
pub async fn erase_person(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    person: &Person,
) -> anyhow::Result<BTreeMap<String, u64>> {
    let subscriber = tx.subscriber();
    let mut counts = BTreeMap::new();
    for (table, columns) in tables_of(|column| column.subject == Subject::Contact) {
        let Some((head, left)) = change(catalogue, table, &columns, false) else {
            continue;
        };
        let Some(rows) = rows_of_contact(catalogue, table) else {
            anyhow::bail!("nobody has said which rows of {table} are a person's");
        };
        if rows == "false" {
            continue;
        }
        let statement =
            format!("{head} where t.subscriber_id = $1 and {left} and {rows} {ALL_USED}");
        let changed = sqlx::query(AssertSqlSafe(statement))
            .bind(subscriber)
            .bind(person.contact)
            .bind(&person.interactions)
            .bind(&person.phones)
            .bind(&person.traces)
            .execute(tx.conn())
            .await?;
        counts.insert(table.to_owned(), changed.rows_affected());
    }
    Ok(counts)
}

/// PostgreSQL wants to see each parameter that is given, with its type.
const ALL_USED: &str = "and ($2::uuid is null or $3::uuid[] is null or $4::text[] is null or $5::text[] is null or true)";

/// The tables of the registry that hold something of a business, in an order in which their rows can go.
pub fn tables_of_business() -> Vec<&'static str> {
    let all = tables_of(|column| !OF_IDENTITY.contains(&column.table));
    all.into_keys().collect()
}

/// Takes away, of one table, what the registry says of a business that leaves; so many rows at most.
pub async fn erase_of_business(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    table: &str,
    limit: i64,
) -> sqlx::Result<u64> {
    let columns: Vec<PersonalColumn> = personal_data()
        .iter()
        .filter(|column| column.table == table)
        .copied()
        .collect();
    let Some((head, left)) = change(catalogue, table, &columns, true) else {
        return Ok(0);
    };
    let owner = catalogue.owner_column(table);
    // By place and not by key: one statement for every table, and the place is used at once. What moved meanwhile is found
    // by the next batch. Not locked, because that needs a right to update, which append-only tables do not give.
    let statement = format!(
        "{head} where t.{owner} = $1 and t.ctid = any (array(
            select t.ctid from {table} t where t.{owner} = $1 and {left} limit $2))"
    );
    let subscriber = tx.subscriber();
    let changed = sqlx::query(AssertSqlSafe(statement))
        .bind(subscriber)
        .bind(limit)
        .execute(tx.conn())
        .await?;
    Ok(changed.rows_affected())
}

/// A table that an export gives, without what is withheld of it.
#[derive(Clone, Debug)]
pub struct Given {
    pub table: &'static str,
    withheld: Vec<&'static str>,
}

/// What an export of a person, or of a whole business, gives.
pub fn given(catalogue: &Catalogue, of_contact: bool) -> Vec<Given> {
    let is_meant = |column: &PersonalColumn| {
        !OF_IDENTITY.contains(&column.table) && (!of_contact || column.subject == Subject::Contact)
    };
    let mut given: Vec<Given> = tables_of(is_meant)
        .into_iter()
        .filter(|(_, columns)| {
            columns
                .iter()
                .any(|column| column.on_export == OnExport::Give)
        })
        .filter(|(table, _)| catalogue.0.contains_key(*table))
        .map(|(table, columns)| Given {
            table,
            withheld: columns
                .iter()
                .filter(|column| column.on_export != OnExport::Give)
                .map(|column| column.column)
                .collect(),
        })
        .collect();
    if !of_contact {
        let also: BTreeSet<&str> = given.iter().map(|given| given.table).collect();
        let also: Vec<Given> = ALSO_GIVEN
            .into_iter()
            .filter(|table| !also.contains(table))
            .map(|table| Given {
                table,
                withheld: vec!["prev_hash", "hash"],
            })
            .collect();
        given.extend(also);
    }
    given
}

/// The next rows of a table, by their ids.
pub async fn export_rows(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    given: &Given,
    person: Option<&Person>,
    after: Option<Uuid>,
    limit: i64,
) -> anyhow::Result<Vec<(Uuid, Value)>> {
    let rows = match person {
        Some(_) => rows_of_contact(catalogue, given.table),
        None => Some("true"),
    };
    let Some(rows) = rows else {
        anyhow::bail!(
            "nobody has said which rows of {} are a person's",
            given.table
        );
    };
    let owner = catalogue.owner_column(given.table);
    let withheld: Vec<String> = given
        .withheld
        .iter()
        .map(|name| format!("'{name}'"))
        .collect();
    let statement = format!(
        "select t.id, to_jsonb(t) - array[{}]::text[] as row from {} t
          where t.{owner} = $1 and t.id > $6 and {rows} {ALL_USED} order by t.id limit $7",
        withheld.join(", "),
        given.table,
    );
    let nobody = Person {
        contact: ContactId(Uuid::nil()),
        interactions: Vec::new(),
        phones: Vec::new(),
        traces: Vec::new(),
    };
    let person = person.unwrap_or(&nobody);
    let subscriber = tx.subscriber();
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(subscriber)
        .bind(person.contact)
        .bind(&person.interactions)
        .bind(&person.phones)
        .bind(&person.traces)
        .bind(after.unwrap_or_else(Uuid::nil))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}
