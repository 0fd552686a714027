//! What a database error means to us.

/// Constraints are rules: names the one that was broken, so that it can be answered as a rule.
pub trait OnConstraint<T, E> {
    /// The given error instead of the database's, when this constraint was the reason.
    fn on_constraint(self, name: &str, error: E) -> Result<T, E>;
}

impl<T, E: From<sqlx::Error>> OnConstraint<T, E> for sqlx::Result<T> {
    fn on_constraint(self, name: &str, error: E) -> Result<T, E> {
        self.map_err(|source| {
            let broken = source
                .as_database_error()
                .and_then(|error| error.constraint());
            if broken == Some(name) {
                error
            } else {
                source.into()
            }
        })
    }
}

/// Whether a value cannot be stored as what it should be: a null character in a text, a day before all calendars.
pub fn is_unstorable(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["22021", "22P05", "22008"].contains(&code.as_ref()))
}

/// Whether somebody else's work was in the way for a moment: the same may go well when it is tried again at once.
pub fn is_in_the_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // 40 rolled back for another, 55P03 waited too long for a lock.
    code.is_some_and(|code| code.starts_with("40") || code == "55P03")
}

/// Whether the database was not there, or too busy: the caller may send the same again later.
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // 08 connection, 40 rolled back for another, 53 out of resources, 57 stopped or cancelled by an
            // operator or a time-out, 55P03 waited too long for a lock, 25P03 idle for too long.
            ["08", "40", "53", "57", "55P03", "25P03"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}
