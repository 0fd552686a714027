//! Walks the chains and says where they are broken.
use super::{
    chain::{BEGINNING, Broken, Report},
    store::{self, Stored},
};
use crate::kernel::{db::Tx, ids::SubscriberId};

/// One chain that was torn to pieces need not fill the report.
const MOST_PER_CHAIN: usize = 100;

/// Walks every chain, or one, and lists what is broken: rows that were changed, are missing, or were cut off at the
/// end. Chains that grow meanwhile are walked up to where they ended when this began.
pub async fn verify(tx: &mut impl Tx, only: Option<SubscriberId>) -> sqlx::Result<Report> {
    let mut report = Report::default();
    for (subscriber, end, end_hash) in store::list_heads(tx, only).await? {
        report.chains += 1;
        let mut walk = Walk::new(subscriber);
        loop {
            let rows = store::list_after(tx, subscriber, walk.seq, end).await?;
            if rows.is_empty() {
                break;
            }
            report.rows += rows.len() as u64;
            rows.into_iter().for_each(|row| walk.step(row));
        }
        if walk.seq < end {
            walk.note(walk.seq + 1, "the end was cut off");
        } else if end_hash.is_some_and(|hash| hash != walk.hash) {
            walk.note(end, "the end is not that of its last row");
        }
        if store::has_rows_behind_the_end(tx, subscriber).await? {
            walk.note(end + 1, "there are rows behind the end");
        }
        report.broken.append(&mut walk.broken);
    }
    Ok(report)
}

struct Walk {
    subscriber: SubscriberId,
    seq: i64,
    hash: Vec<u8>,
    broken: Vec<Broken>,
}

impl Walk {
    fn new(subscriber: SubscriberId) -> Self {
        Self {
            subscriber,
            seq: 0,
            hash: BEGINNING.to_vec(),
            broken: Vec::new(),
        }
    }

    fn step(&mut self, row: Stored) {
        let is_next = row.link.seq == self.seq + 1;
        if !is_next {
            self.note(self.seq + 1, "a row is missing");
        }
        let follows = !is_next || row.prev_hash == self.hash;
        if !follows || row.link.hash(&row.prev_hash).as_slice() != row.hash {
            self.note(row.link.seq, "the row was changed");
        }
        (self.seq, self.hash) = (row.link.seq, row.hash);
    }

    fn note(&mut self, seq: i64, what: &'static str) {
        if self.broken.len() < MOST_PER_CHAIN {
            self.broken.push(Broken {
                subscriber_id: self.subscriber,
                seq,
                what,
            });
        }
    }
}
