//! Beginning again when another event of the same conversation was in the way.
use super::model::Error;
use crate::kernel::db::is_in_the_way;

/// How often it is tried: whoever was in the way has written by then.
const TRIES: usize = 3;

/// Tries, and begins again while another one won the race to make the same conversation.
pub async fn while_raced<T, F>(attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    again(attempt, |error| matches!(error, Error::Raced)).await
}

/// The same for who is waited for on the telephone: a lock that was not had in time is tried again as well.
pub async fn while_in_the_way<T, F>(attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    again(attempt, |error| match error {
        Error::Raced => true,
        Error::Database(error) => is_in_the_way(error),
        Error::Cleared => false,
    })
    .await
}

async fn again<T, F>(
    mut attempt: impl FnMut() -> F,
    may_go_well: fn(&Error) -> bool,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for _ in 1..TRIES {
        match attempt().await {
            Err(error) if may_go_well(&error) => {}
            settled => return settled,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn tries_of(error: fn() -> Error) -> usize {
        let mut tries = 0;
        let tried: Result<(), Error> = while_raced(|| {
            tries += 1;
            async move { Err(error()) }
        })
        .await;
        assert!(tried.is_err());
        tries
    }

    #[tokio::test]
    async fn a_race_is_run_three_times_and_nothing_else_is() {
        assert_eq!(tries_of(|| Error::Raced).await, TRIES);
        assert_eq!(tries_of(|| Error::Cleared).await, 1);
        assert_eq!(tries_of(|| sqlx::Error::RowNotFound.into()).await, 1);
    }
}
