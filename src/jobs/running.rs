//! The runs of one lane in this process.
use std::{collections::HashMap, sync::Arc};

use tokio::task::{Id, JoinSet};

use crate::kernel::ids::SubscriberId;

use super::{Lane, attempt::Executor, run::Fence, store::Claimed};

/// One noisy subscriber must leave room for the others.
pub(super) const PER_SUBSCRIBER: usize = 5;

/// What is running now, and whose it is.
pub(super) struct Running {
    pub(super) lane: Lane,
    runs: JoinSet<()>,
    held: HashMap<Id, Held>,
}

struct Held {
    fence: Fence,
    subscriber: Option<SubscriberId>,
}

impl Running {
    pub(super) fn new(lane: Lane) -> Self {
        Self {
            lane,
            runs: JoinSet::new(),
            held: HashMap::new(),
        }
    }

    pub(super) fn start(&mut self, executor: &Arc<Executor>, claimed: Claimed) {
        let held = Held {
            fence: claimed.fence,
            subscriber: claimed.subscriber,
        };
        let (executor, lane) = (executor.clone(), self.lane);
        let task = self.runs.spawn(async move {
            executor.execute(lane, claimed).await;
        });
        self.held.insert(task.id(), held);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// How many more may start.
    pub(super) fn room(&self) -> usize {
        self.lane.workers().saturating_sub(self.held.len())
    }

    /// The subscribers of all runs, one entry per run.
    pub(super) fn subscribers(&self) -> Vec<SubscriberId> {
        self.held
            .values()
            .filter_map(|held| held.subscriber)
            .collect()
    }

    /// Whether jobs may be waiting for the end of one of these runs.
    pub(super) fn is_saturated(&self) -> bool {
        let mut counts = HashMap::new();
        for subscriber in self.subscribers() {
            *counts.entry(subscriber).or_insert(0) += 1;
        }
        self.room() == 0 || counts.values().any(|count| *count >= PER_SUBSCRIBER)
    }

    /// Waits until one has ended.
    pub(super) async fn next_end(&mut self) {
        let ended = match self.runs.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => return,
        };
        self.held.remove(&ended);
    }

    /// Waits until all have ended.
    pub(super) async fn all_ends(&mut self) {
        while !self.is_empty() {
            self.next_end().await;
        }
    }

    /// Cuts off what is left and says what that was.
    pub(super) async fn cut_off(&mut self) -> Vec<Fence> {
        self.runs.shutdown().await;
        self.held.drain().map(|(_, held)| held.fence).collect()
    }
}
