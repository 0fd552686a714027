//! The shield before everything that costs something: how much one network address may ask, counted in the process
//! and before any work with the database. What must hold over replicas stands in `limits`.
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::Extensions,
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter, clock::Clock as _, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DashMapStateStore,
};

use super::{
    ApiError, ProblemCode, client,
    limits::{self, Bucket, Taken},
};
use crate::{app::App, kernel::clock::Clock};

/// So many networks are remembered; with more at once, neighbours share a bucket.
const REMEMBERED: usize = 50_000;

const MINUTE: Duration = Duration::from_secs(60);

/// What one address may ask: any request but those of providers, and requests with a wrong signature.
pub struct Shield {
    proxy_hops: usize,
    is_called_by_providers: fn(&Extensions) -> bool,
    requests: Buckets,
    forged: Buckets,
}

impl Shield {
    pub fn new(app: &App, is_called_by_providers: fn(&Extensions) -> bool) -> Arc<Self> {
        let limits = &app.settings.limits;
        let at_once = limits.requests_per_second.saturating_mul(2);
        Arc::new(Self {
            proxy_hops: app.settings.network.trusted_proxy_hops,
            is_called_by_providers,
            requests: Buckets::new("address", at_once, Duration::from_secs(2), &app.clock),
            forged: Buckets::new("forged", limits.forged_per_minute, MINUTE, &app.clock),
        })
    }

    /// Who has no address shares one bucket with all others who have none: what comes around our proxy, or with a
    /// header that does not fit `TRUSTED_PROXY_HOPS`, is slowed down together and never let through uncounted.
    fn network_of(&self, request: &Request) -> IpAddr {
        client::address(request.headers(), request.extensions(), self.proxy_hops)
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), network)
    }
}

/// A provider is never refused for how much it sends: there the signature is looked at first, and only wrong ones are
/// counted. When those were too many, the next wrong one hears 429 instead of 401.
pub async fn layer(State(shield): State<Arc<Shield>>, request: Request, next: Next) -> Response {
    let network = shield.network_of(&request);
    if !(shield.is_called_by_providers)(request.extensions())
        && let Err(refusal) = shield.requests.take(network)
    {
        return refusal.into_response();
    }
    let response = next.run(request).await;
    let code = response.extensions().get::<ProblemCode>();
    if code == Some(&ProblemCode("invalid_signature"))
        && let Err(refusal) = shield.forged.take(network)
    {
        return refusal.into_response();
    }
    response
}

/// One bucket per network.
struct Buckets {
    policy: &'static str,
    bucket: Bucket,
    limiter: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, Ticks, NoOpMiddleware<Nanos>>,
    /// In seconds of the clock.
    swept_at: AtomicU64,
}

impl Buckets {
    fn new(policy: &'static str, capacity: u32, fills_in: Duration, clock: &Clock) -> Self {
        // Settings refuse a limit of nothing; a rate beyond one in a nanosecond is none.
        let capacity = NonZeroU32::new(capacity).unwrap_or(NonZeroU32::MIN);
        let one = (fills_in / capacity.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(one)
            .expect("a time that is not zero")
            .allow_burst(capacity);
        Self {
            policy,
            bucket: Bucket::new(capacity.get(), fills_in),
            limiter: RateLimiter::dashmap_with_clock(quota, Ticks(clock.clone())),
            swept_at: AtomicU64::new(0),
        }
    }

    fn take(&self, network: IpAddr) -> Result<(), ApiError> {
        let key = if self.limiter.len() < REMEMBERED || self.sweep() {
            network
        } else {
            neighbourhood(network)
        };
        let Err(refused) = self.limiter.check_key(&key) else {
            return Ok(());
        };
        let retry_after = refused.wait_time_from(self.limiter.clock().now());
        let taken = Taken::Limited { retry_after };
        limits::note_or_refuse(self.policy, self.bucket, taken)
    }

    /// Forgets networks whose bucket is full again, at most once a second; whether there is room now.
    fn sweep(&self) -> bool {
        let now_s = self.limiter.clock().0.monotonic().as_secs();
        if self.swept_at.swap(now_s, Ordering::Relaxed) == now_s {
            return false;
        }
        self.limiter.retain_recent();
        self.limiter.len() < REMEMBERED
    }
}

/// The clock of the application, as governor reads it.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}

/// An address of version 6 is one of 2^64 that its holder has: they count as one.
fn network(address: IpAddr) -> IpAddr {
    masked(address, 32, 64)
}

/// Of so many that each cannot be remembered.
fn neighbourhood(network: IpAddr) -> IpAddr {
    masked(network, 16, 32)
}

fn masked(address: IpAddr, bits_of_4: u32, bits_of_6: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << (32 - bits_of_4))).into()
        }
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << (128 - bits_of_6))).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(clock: &Clock) -> Buckets {
        Buckets::new("test", 4, Duration::from_secs(2), clock)
    }

    fn clock() -> Clock {
        Clock::fixed("2026-11-21T16:00:00Z".parse().unwrap())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_burst_and_then_its_rate() {
        let clock = clock();
        let buckets = buckets(&clock);
        for _ in 0..4 {
            buckets.take(ip("203.0.113.9")).unwrap();
        }
        buckets.take(ip("203.0.113.9")).unwrap_err();
        buckets.take(ip("203.0.113.10")).unwrap();
        clock.advance(chrono::Duration::milliseconds(500));
        buckets.take(ip("203.0.113.9")).unwrap();
        buckets.take(ip("203.0.113.9")).unwrap_err();
    }

    #[test]
    fn what_is_remembered_is_bounded_and_forgotten_in_time() {
        let clock = clock();
        let buckets = buckets(&clock);
        let count = u32::try_from(REMEMBERED).unwrap() * 2;
        for address in 0..count {
            let address = Ipv4Addr::from_bits(0x0a00_0000 + address);
            buckets.take(address.into()).ok();
        }
        assert!(buckets.limiter.len() <= REMEMBERED + 2);
        clock.advance(chrono::Duration::seconds(60));
        buckets.take(ip("203.0.113.9")).unwrap();
        assert_eq!(buckets.limiter.len(), 1);
    }

    #[test]
    fn an_address_of_version_6_counts_with_all_that_its_holder_has() {
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), ip("2001:db8:1:2::"));
        assert_eq!(network(ip("::ffff:203.0.113.9")), ip("203.0.113.9"));
        assert_eq!(neighbourhood(ip("203.0.113.9")), ip("203.0.0.0"));
    }
}
