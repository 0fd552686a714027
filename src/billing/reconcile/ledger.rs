//! Ledger and account: every usage record has its entry, and the balance is the sum of all entries.
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::model::Difference;
use crate::{
    billing::model::{Leg, UsageType},
    kernel::{
        db::{TenantTx, Tx},
        ids::UsageId,
    },
};

/// A usage record whose entries do not come to what it changed: the price of the revision before it, less its own.
struct Unposted {
    usage: UsageId,
    usage_type: UsageType,
    source: String,
    revision: i32,
    currency: String,
    expected: Decimal,
    found: Option<Decimal>,
}

impl Unposted {
    fn amount(&self) -> Decimal {
        self.expected - self.found.unwrap_or_default()
    }

    /// The leg that such usage is charged to, for an entry of which nothing is left.
    fn leg(&self) -> Leg {
        match self.usage_type {
            UsageType::VoiceCall => Leg::Ai,
            UsageType::Sms => Leg::Segments,
        }
    }

    fn difference(&self) -> Difference {
        let found = self.found.map(|found| found.normalize().to_string());
        Difference {
            subject: format!("ledger of usage {} ({})", self.usage, self.source),
            expected: self.expected.normalize().to_string(),
            found: found.unwrap_or_else(|| "none".to_owned()),
            is_corrected: true,
        }
    }
}

/// The account beside the sum of its entries.
struct Balance {
    entries: Decimal,
    kept: Decimal,
    currency: Option<String>,
}

/// Posts what is missing and sets the balance to the sum, in one statement.
pub(super) async fn correct(
    tx: &mut TenantTx,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Difference>> {
    let unposted = list_unposted(tx).await?;
    let balance = find_balance(tx).await?;
    let expected = balance.entries + unposted.iter().map(Unposted::amount).sum::<Decimal>();
    let mut differences: Vec<Difference> = unposted.iter().map(Unposted::difference).collect();
    if expected != balance.kept {
        let subject = "balance".to_owned();
        differences.push(Difference::corrected(subject, expected, balance.kept));
    }
    if differences.is_empty() {
        return Ok(differences);
    }
    let currency = balance
        .currency
        .or_else(|| Some(unposted.first()?.currency.clone()));
    lock_account(tx, &currency.unwrap_or_default()).await?;
    post(tx, &unposted, now).await?;
    Ok(differences)
}

/// Joined row by row and summed up afterwards: every plan of this is linear, also one that was made for a subscriber
/// with little usage and runs for one with a hundred thousand calls.
async fn list_unposted(tx: &mut TenantTx) -> sqlx::Result<Vec<Unposted>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Unposted,
        r#"
        select u.id as "usage: UsageId", u.usage_type as "usage_type: UsageType", u.source, u.revision, u.currency,
               coalesce(before.price, 0) - u.price as "expected!", sum(e.amount) as found
          from usage_records u
          left join usage_records before on before.subscriber_id = $1 and before.id = u.corrects_id
          left join ledger_entries e on e.subscriber_id = $1 and e.usage_record_id = u.id
         where u.subscriber_id = $1
         -- by the primary key: the rest depends on it
         group by u.subscriber_id, u.id, before.price
        having sum(e.amount) is distinct from coalesce(before.price, 0) - u.price
         order by u.id
        "#,
        subscriber as _,
    )
    .fetch_all(tx.conn())
    .await
}

async fn find_balance(tx: &mut TenantTx) -> sqlx::Result<Balance> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Balance,
        r#"
        select coalesce(entries.amount, 0) as "entries!", coalesce(account.balance, 0) as "kept!",
               coalesce(account.currency, entries.currency) as currency
          from (select sum(amount) as amount, max(currency) as currency
                  from ledger_entries where subscriber_id = $1) as entries
          left join credit_accounts as account on account.subscriber_id = $1
        "#,
        subscriber as _,
    )
    .fetch_one(tx.conn())
    .await
}

/// From here on no charge is under way: its entry and its share of the balance are both there or both not.
async fn lock_account(tx: &mut TenantTx, currency: &str) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into credit_accounts as a (subscriber_id, id, balance, currency) values ($1, $2, 0, $3)
         on conflict (subscriber_id) do update set updated_at = a.updated_at",
        subscriber as _,
        Uuid::now_v7(),
        currency,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

async fn post(tx: &mut TenantTx, unposted: &[Unposted], now: DateTime<Utc>) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    let ids: Vec<Uuid> = unposted.iter().map(|_| Uuid::now_v7()).collect();
    let usages: Vec<Uuid> = unposted.iter().map(|one| one.usage.0).collect();
    let legs: Vec<Leg> = unposted.iter().map(Unposted::leg).collect();
    let revisions: Vec<i32> = unposted.iter().map(|one| one.revision).collect();
    let amounts: Vec<Decimal> = unposted.iter().map(Unposted::amount).collect();
    let currencies: Vec<String> = unposted.iter().map(|one| one.currency.clone()).collect();
    sqlx::query!(
        "with missing as (
             select m.*, sum(amount) over (order by id) as so_far
               from unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[], $6::numeric[], $7::text[])
                    as m (id, usage_record_id, leg, revision, amount, currency)
         ),
         before as (
             select coalesce(sum(amount), 0) as balance from ledger_entries where subscriber_id = $1
         ),
         account as (
             update credit_accounts
                set balance = before.balance + (select coalesce(sum(amount), 0) from missing), updated_at = $8
               from before
              where subscriber_id = $1
         )
         insert into ledger_entries
             (subscriber_id, id, usage_record_id, leg, kind, revision, amount, currency, reason, source_event,
              balance_after, created_at)
         select $1, id, usage_record_id, leg, 'CORRECTION',
                -- a revision that has an entry of this kind, though a wrong one, gets the next free number
                greatest(revision, (select max(e.revision) + 1 from ledger_entries e
                                     where e.subscriber_id = $1 and e.usage_record_id = missing.usage_record_id)),
                amount, currency, 'the entries of this usage did not come to its price', 'reconciliation',
                before.balance + so_far, $8
           from missing, before",
        subscriber as _,
        &ids,
        &usages,
        &legs as _,
        &revisions,
        &amounts,
        &currencies,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
