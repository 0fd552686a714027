//! A row of every table, made from the catalogue: a table that comes later is in the tests before anybody thinks of
//! them.
use std::collections::{BTreeMap, HashMap, HashSet};

use rocket_reception::kernel::{
    db::{Db, TenantTx, Tx},
    ids::SubscriberId,
};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

/// What the generator cannot know from types, CHECKs and foreign keys: table, column, value (None: null).
const OVERRIDES: [(&str, &str, Option<&str>); 10] = [
    // Its time is nobody else's only while it takes one.
    ("appointments", "status", Some("CANCELLED")),
    ("appointments", "starts_at", Some("2026-11-21T09:00:00Z")),
    ("subscriber_profiles", "booking_horizon_days", Some("60")),
    ("subscriber_profiles", "staff_ring_seconds", Some("20")),
    // Nothing is written to a conversation whose words were cleared.
    ("interactions", "words_cleared_at", None),
    ("webhook_endpoints", "timeout_s", Some("15")),
    ("subscriber_profiles", "staff_ring_seconds", Some("12")),
    ("business_hours", "closes", Some("17:00")),
    ("holidays", "closes", Some("17:00")),
    // Its cause is the usage record.
    ("ledger_entries", "fee", None),
];

/// A table with a policy, as the catalogue describes it.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub type_name: String,
    pub is_nullable: bool,
    /// The first value that its CHECK allows.
    allowed: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<String>,
    pub target: String,
    pub target_columns: Vec<String>,
}

/// Column and value, as texts that PostgreSQL reads.
pub type Row = BTreeMap<String, Option<String>>;

impl Table {
    /// Whose row it is.
    pub fn owner_column(&self) -> &'static str {
        match self.name.as_str() {
            "subscribers" => "id",
            _ => "subscriber_id",
        }
    }

    pub fn column(&self, name: &str) -> &Column {
        let found = self.columns.iter().find(|column| column.name == name);
        found.unwrap_or_else(|| panic!("{} has no column {name}", self.name))
    }

    /// `a = '…' and b = '…'`: this row by its primary key.
    pub fn is_row(&self, row: &Row) -> String {
        let equals = |column: &String| format!("{column} = {}", literal(&row[column]));
        let key: Vec<String> = self.primary_key.iter().map(equals).collect();
        key.join(" and ")
    }

    pub fn insert(&self, row: &Row) -> String {
        let columns: Vec<&str> = row.keys().map(String::as_str).collect();
        let values: Vec<String> = row.values().map(literal).collect();
        let (columns, values) = (columns.join(", "), values.join(", "));
        format!("insert into {} ({columns}) values ({values})", self.name)
    }
}

/// A value in a statement.
pub fn literal(value: &Option<String>) -> String {
    match value {
        None => "null".to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

/// Two subscribers with a row in every table that has a policy.
pub struct World {
    /// In an order in which rows can be inserted.
    pub tables: Vec<Table>,
    pub a: SubscriberId,
    pub b: SubscriberId,
    rows: HashMap<(String, SubscriberId), Row>,
}

impl World {
    pub fn empty() -> Self {
        Self {
            tables: Vec::new(),
            a: SubscriberId::new(),
            b: SubscriberId::new(),
            rows: HashMap::new(),
        }
    }

    pub async fn planted(db: &Db) -> Self {
        let mut world = Self::empty();
        world.plant(db).await;
        world
    }

    /// Reads the catalogue and gives both subscribers a row in every table where they have none; each row is inserted
    /// by its subscriber's own transaction.
    pub async fn plant(&mut self, db: &Db) {
        self.tables = read_tables(db.pool()).await;
        plant_a_person(db.pool()).await;
        for subscriber in [self.a, self.b] {
            let mut tx = TenantTx::begin(db, subscriber).await.unwrap();
            for table in &self.tables {
                let key = (table.name.clone(), subscriber);
                if self.rows.contains_key(&key) {
                    continue;
                }
                let row = self.fresh(tx.conn(), table, subscriber).await;
                execute(tx.conn(), &table.insert(&row)).await;
                self.rows.insert(key, row);
            }
            tx.commit().await.unwrap();
        }
    }

    /// The row that was planted.
    pub fn row(&self, table: &str, subscriber: SubscriberId) -> &Row {
        &self.rows[&(table.to_owned(), subscriber)]
    }

    pub fn has_planted(&self, table: &str) -> bool {
        self.rows.contains_key(&(table.to_owned(), self.a))
    }

    /// A value of the planted row.
    pub fn value(&self, table: &str, column: &str, subscriber: SubscriberId) -> &str {
        let value = &self.row(table, subscriber)[column];
        value.as_deref().expect("the column is filled")
    }

    /// The id of the planted row.
    pub fn id(&self, table: &str, subscriber: SubscriberId) -> Uuid {
        self.value(table, "id", subscriber).parse().unwrap()
    }

    /// Another row of the subscriber: references lead to its planted rows, every text is unlike all others.
    pub async fn fresh(
        &self,
        conn: &mut PgConnection,
        table: &Table,
        subscriber: SubscriberId,
    ) -> Row {
        let tag = Uuid::new_v4().simple().to_string();
        let mut row: Row = table
            .columns
            .iter()
            .map(|column| (column.name.clone(), Some(value(table, column, &tag))))
            .collect();
        for key in &table.foreign_keys {
            for (column, target) in key.columns.iter().zip(&key.target_columns) {
                let value = match self.rows.get(&(key.target.clone(), subscriber)) {
                    Some(target_row) => target_row[target].clone(),
                    // The table itself: its first row refers to none.
                    None if key.target == table.name => None,
                    None => any_value(conn, &key.target, target).await,
                };
                row.insert(column.clone(), value);
            }
        }
        for (_, column, value) in OVERRIDES.iter().filter(|(name, ..)| *name == table.name) {
            // A later migration adds some of them.
            if !row.contains_key(*column) {
                continue;
            }
            row.insert((*column).to_owned(), value.map(str::to_owned));
        }
        let owner = Some(subscriber.to_string());
        row.insert(table.owner_column().to_owned(), owner);
        row
    }
}

/// People are nobody's, and tables of subscribers refer to them.
async fn plant_a_person(pool: &PgPool) {
    let has_people: bool = sqlx::query_scalar("select to_regclass('users') is not null")
        .fetch_one(pool)
        .await
        .unwrap();
    if has_people {
        let planted = "insert into users (id, email, created_at, updated_at)
                       values (gen_random_uuid(), 'planted@people.example', now(), now())
                       on conflict (email) do nothing";
        sqlx::query(planted).execute(pool).await.unwrap();
    }
}

fn value(table: &Table, column: &Column, tag: &str) -> String {
    // Of every number, too: a revision may be part of a key.
    let number = 1 + u16::from_str_radix(&tag[..3], 16).expect("hex digits");
    if let Some(allowed) = &column.allowed {
        return allowed.clone();
    }
    let canary = format!("canary {}.{} {tag}", table.name, column.name);
    match column.type_name.as_str() {
        "uuid" => Uuid::now_v7().to_string(),
        "text" => canary,
        "jsonb" => format!(r#"{{"canary": "{canary}"}}"#),
        "bytea" => format!(r"\xca4a{tag}"),
        "boolean" => "false".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" | "double precision" => number.to_string(),
        "timestamp with time zone" => "2026-11-21T10:00:00Z".to_owned(),
        "date" => "2026-11-21".to_owned(),
        "time without time zone" => "09:00".to_owned(),
        "interval" => "1 hour".to_owned(),
        "text[]" | "uuid[]" | "integer[]" | "timestamp with time zone[]" => "{}".to_owned(),
        "inet" => "192.0.2.1".to_owned(),
        other => panic!(
            "the generator knows no {other} ({}.{}): teach it one in tests/it/support/world.rs",
            table.name, column.name
        ),
    }
}

/// A value that a table of the platform (plans) holds.
async fn any_value(conn: &mut PgConnection, table: &str, column: &str) -> Option<String> {
    let statement = format!("select min({column}::text) from {table}");
    let value: Option<String> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(conn)
        .await
        .unwrap();
    Some(value.unwrap_or_else(|| panic!("{table} is empty: nothing can refer to it")))
}

pub async fn execute(conn: &mut PgConnection, statement: &str) -> u64 {
    let result = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .execute(conn)
        .await;
    let done = result.unwrap_or_else(|error| panic!("{statement}\n{error}"));
    done.rows_affected()
}

/// Every table with a policy, those first to which others refer.
pub async fn read_tables(pool: &PgPool) -> Vec<Table> {
    let names: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relrowsecurity
          order by relname",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut waiting = Vec::new();
    for name in names {
        waiting.push(read_table(pool, name).await);
    }
    let guarded: HashSet<String> = waiting.iter().map(|table| table.name.clone()).collect();
    let mut ordered: Vec<Table> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |table: &Table| {
            table.foreign_keys.iter().all(|key| {
                key.target == table.name
                    || !guarded.contains(&key.target)
                    || ordered.iter().any(|done| done.name == key.target)
            })
        };
        let next = waiting.iter().position(is_ready);
        ordered.push(waiting.remove(next.expect("foreign keys do not go in circles")));
    }
    ordered
}

async fn read_table(pool: &PgPool, name: String) -> Table {
    let columns: Vec<(String, String, bool, Option<String>)> = sqlx::query_as(
        "select attname::text, format_type(atttypid, null), not attnotnull,
                (select substring(pg_get_constraintdef(c.oid) from '= (?:ANY \\(ARRAY\\[)?''([^'']*)''')
                   from pg_constraint c
                  where c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]
                  order by c.conname limit 1)
           from pg_attribute a
          where attrelid = $1::regclass and attnum > 0 and not attisdropped
            and attgenerated = '' and attidentity = ''
          order by attnum",
    )
    .bind(&name)
    .fetch_all(pool)
    .await
    .unwrap();
    let columns = columns
        .into_iter()
        .map(|(name, type_name, is_nullable, allowed)| Column {
            name,
            type_name,
            is_nullable,
            allowed,
        })
        .collect();
    type Key = (String, String, Vec<String>, String, Vec<String>);
    let keys: Vec<Key> = sqlx::query_as(
        "select conname::text, contype::text,
                array(select attname::text from unnest(conkey) with ordinality k (num, place)
                        join pg_attribute on attrelid = conrelid and attnum = num order by place),
                coalesce((select relname::text from pg_class where oid = confrelid), ''),
                array(select attname::text from unnest(confkey) with ordinality k (num, place)
                        join pg_attribute on attrelid = confrelid and attnum = num order by place)
           from pg_constraint where conrelid = $1::regclass and contype in ('p', 'f') order by conname",
    )
    .bind(&name)
    .fetch_all(pool)
    .await
    .unwrap();
    let mut table = Table {
        name,
        columns,
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
    };
    for (name, kind, columns, target, target_columns) in keys {
        if kind == "p" {
            table.primary_key = columns;
        } else {
            table.foreign_keys.push(ForeignKey {
                name,
                columns,
                target,
                target_columns,
            });
        }
    }
    table
}
