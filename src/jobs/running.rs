//! The runs of one lane in this process.
use std::{collections::HashMap, sync::Arc};

use tokio::task::{Id, JoinSet};

use crate::kernel::ids::SubscriberId;

use super::{Lane, attempt::Executor, run::Fence, store::Claimed};

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
        self.room() == 0
            || counts
                .values()
                .any(|count| *count >= self.lane.per_subscriber())
    }

    /// Waits until one has ended, and takes those along that have ended by then: so that one claim fills all their
    /// places.
    pub(super) async fn next_end(&mut self) {
        let mut ended = self.runs.join_next_with_id().await;
        while let Some(one) = ended {
            let id = one.map_or_else(|error| error.id(), |(id, ())| id);
            self.held.remove(&id);
            ended = self.runs.try_join_next_with_id();
        }
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
