//! Many small questions to the database, asked together: what queued while the last statement ran goes into the next,
//! and everybody waits for its commit. One commit for each of a thousand deliveries a second would be all that the
//! disk can do.
use std::{future::Future, sync::Arc};

use tokio::sync::{mpsc, oneshot};

use crate::{app::AppState, kernel::db::is_unavailable};

/// A statement over more rows holds its locks for too long.
const MOST: usize = 256;

type Asked<Q, A> = (Q, oneshot::Sender<Result<A, BatchError>>);

/// Where questions are put.
#[derive(Debug)]
pub struct Batcher<Q, A>(mpsc::UnboundedSender<Asked<Q, A>>);

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BatchError {
    #[error("{0}")]
    Database(Arc<sqlx::Error>),
    #[error("the batch was not answered")]
    Unanswered,
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Batcher<Q, A> {
    /// Starts the task that asks. It ends when nobody can put a question any more. `answer` gives as many answers as it
    /// got questions, in their order, after its commit.
    pub fn start<F, Fut>(app: &AppState, answer: F) -> Self
    where
        F: Fn(AppState, Vec<Q>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = sqlx::Result<Vec<A>>> + Send,
    {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let asked_of = app.clone();
        app.tasks.spawn(async move {
            let mut batch = Vec::with_capacity(MOST);
            while receiver.recv_many(&mut batch, MOST).await > 0 {
                settle(&asked_of, &answer, std::mem::take(&mut batch)).await;
            }
        });
        Self(sender)
    }

    /// Puts a question and waits for the answer.
    pub async fn ask(&self, question: Q) -> Result<A, BatchError> {
        let (sender, receiver) = oneshot::channel();
        let put = self.0.send((question, sender));
        put.map_err(|_| BatchError::Unanswered)?;
        receiver.await.map_err(|_| BatchError::Unanswered)?
    }
}

async fn settle<Q: Clone, A, F, Fut>(app: &AppState, answer: &F, batch: Vec<Asked<Q, A>>)
where
    F: Fn(AppState, Vec<Q>) -> Fut,
    Fut: Future<Output = sqlx::Result<Vec<A>>>,
{
    let (questions, senders): (Vec<Q>, Vec<_>) = batch.into_iter().unzip();
    match answer(app.clone(), questions.clone()).await {
        Ok(answers) => {
            for (sender, answer) in senders.into_iter().zip(answers) {
                // Nobody waits any more: the run was cut off, and what was written stands.
                let _ = sender.send(Ok(answer));
            }
        }
        // One that cannot be written must not take the others with it.
        Err(error) if senders.len() > 1 && !is_unavailable(&error) => {
            for (question, sender) in questions.into_iter().zip(senders) {
                let answered = answer(app.clone(), vec![question]).await;
                let first = answered.map_err(|error| BatchError::Database(Arc::new(error)));
                let first = first
                    .and_then(|answers| answers.into_iter().next().ok_or(BatchError::Unanswered));
                let _ = sender.send(first);
            }
        }
        Err(error) => {
            let error = BatchError::Database(Arc::new(error));
            for sender in senders {
                let _ = sender.send(Err(error.clone()));
            }
        }
    }
}
