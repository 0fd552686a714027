//! HTTP clients: one for the providers' APIs, one for addresses that a subscriber typed.
mod address;
mod target;
mod tenant;

use std::time::Duration;

pub use address::Reach;
pub use target::{BadTarget, Target};
pub use tenant::{Answer, Exchange, Failure, Looked, Lookup, TenantClient};

/// The one client for providers: no redirects (none of them needs one), a bound on connecting.
/// Every call sets its own deadline.
pub fn provider_client() -> reqwest::Result<reqwest::Client> {
    client(Duration::from_secs(5))
}

/// The same for who is called while somebody holds the line: a connection is there soon, or another way is gone.
pub fn live_client() -> reqwest::Result<reqwest::Client> {
    client(Duration::from_secs(1))
}

fn client(connect_timeout: Duration) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("RocketReception/", env!("CARGO_PKG_VERSION")))
        .build()
}
