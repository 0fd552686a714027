//! Limits across replicas: a token bucket per key, one statement per request; and the headers that tell of them.
//!
//! A limit may forget (its table is emptied by a crash); lockouts, quotas and credit may not, and are not limits.
use std::{cell::RefCell, time::Duration};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::{ApiError, store};
use crate::kernel::{db::Tx, metrics::METRICS};

/// A full bucket means as much as none, so a row that nobody has touched for longer than any bucket takes to fill
/// may go.
pub(super) const LONGEST_FILL_S: f64 = 24.0 * 60.0 * 60.0;

/// How many tokens a bucket holds, and how fast it fills.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    pub(super) capacity: f64,
    pub(super) per_second: f64,
}

impl Bucket {
    /// This many in this time, all at once if need be.
    ///
    /// # Panics
    /// The time is between a moment and a day.
    pub fn new(capacity: u32, fills_in: Duration) -> Self {
        let fill_s = fills_in.as_secs_f64();
        assert!(
            fill_s > 0.0 && fill_s <= LONGEST_FILL_S,
            "a bucket fills within a day"
        );
        let capacity = f64::from(capacity);
        Self {
            capacity,
            per_second: capacity / fill_s,
        }
    }
}

/// Whether there was enough in the bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Taken {
    Allowed {
        /// What is left, for the `RateLimit` header.
        left: f64,
    },
    Limited {
        /// When there will be enough, for `Retry-After`.
        retry_after: Duration,
    },
}

/// Takes tokens out of the bucket with this key, if there are enough; else takes nothing.
pub async fn take(tx: &mut impl Tx, key: &str, bucket: Bucket, cost: u32) -> sqlx::Result<Taken> {
    let cost = f64::from(cost);
    if let Some(left) = store::take_tokens(tx, key, bucket, cost).await? {
        return Ok(Taken::Allowed { left });
    }
    let left = store::find_tokens(tx, key, bucket).await?.unwrap_or(0.0);
    let wait_s = ((cost - left) / bucket.per_second).clamp(0.0, LONGEST_FILL_S);
    Ok(Taken::Limited {
        retry_after: Duration::from_secs_f64(wait_s),
    })
}

/// Deletes the rows of buckets that have long been full again.
pub async fn clear(tx: &mut impl Tx, limit: i64) -> sqlx::Result<u64> {
    store::clear_buckets(tx, limit).await
}

/// What is left of each limit that the request drew on, in the form of the IETF's draft-ietf-httpapi-ratelimit-headers
/// (revision 10): `RateLimit: "user";r=99;t=1`, with `r` what remains and `t` the seconds until it is full again, or
/// until there is enough when it is empty.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The limits themselves, in the form of the same draft: `RateLimit-Policy: "user";q=100;w=60`, with `q` how many in
/// `w` seconds.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

tokio::task_local! {
    static NOTED: RefCell<Vec<Noted>>;
}

/// What somebody took during this request.
struct Noted {
    policy: &'static str,
    bucket: Bucket,
    taken: Taken,
}

/// Tells the layer what was taken from a bucket, so that the answer carries it. `policy` names the limit to callers:
/// a short word such as `user`. Of several takings under one name the last one counts; outside of a request nothing
/// happens.
pub fn note(policy: &'static str, bucket: Bucket, taken: Taken) {
    let noted = Noted {
        policy,
        bucket,
        taken,
    };
    // No request, such as in a job: nobody to tell.
    let _ = NOTED.try_with(|all| {
        let mut all = all.borrow_mut();
        all.retain(|other| other.policy != policy);
        all.push(noted);
    });
}

/// The same, and the refusal when there was not enough: 429 `rate_limited`.
pub fn note_or_refuse(policy: &'static str, bucket: Bucket, taken: Taken) -> Result<(), ApiError> {
    note(policy, bucket, taken);
    match taken {
        Taken::Allowed { .. } => Ok(()),
        Taken::Limited { retry_after } => {
            METRICS.rate_limited.with_label_values(&[policy]).inc();
            Err(ApiError::rate_limited(retry_after))
        }
    }
}

/// Writes what was noted on the answer.
pub async fn layer(request: Request, next: Next) -> Response {
    NOTED
        .scope(RefCell::default(), async {
            let mut response = next.run(request).await;
            NOTED.with(|noted| write_headers(response.headers_mut(), &noted.borrow()));
            response
        })
        .await
}

fn write_headers(headers: &mut HeaderMap, noted: &[Noted]) {
    for noted in noted {
        let policy = noted.policy;
        let (left, reset_s) = match noted.taken {
            Taken::Allowed { left } => {
                let until_full_s = (noted.bucket.capacity - left) / noted.bucket.per_second;
                (left.max(0.0).floor(), until_full_s)
            }
            Taken::Limited { retry_after } => (0.0, retry_after.as_secs_f64()),
        };
        let quota = noted.bucket.capacity;
        let window_s = (quota / noted.bucket.per_second).round().max(1.0);
        let reset_s = reset_s.max(0.0).ceil();
        append(
            headers,
            RATE_LIMIT,
            &format!("\"{policy}\";r={left};t={reset_s}"),
        );
        append(
            headers,
            RATE_LIMIT_POLICY,
            &format!("\"{policy}\";q={quota};w={window_s}"),
        );
    }
}

fn append(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(noted: &[Noted]) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        write_headers(&mut headers, noted);
        let text = |name: &HeaderName, value: &HeaderValue| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        headers
            .iter()
            .map(|(name, value)| text(name, value))
            .collect()
    }

    fn of(taken: Taken) -> Vec<(String, String)> {
        let bucket = Bucket::new(100, Duration::from_secs(60));
        written(&[Noted {
            policy: "user",
            bucket,
            taken,
        }])
    }

    #[test]
    fn what_is_left_is_told_with_the_limit_and_the_time_until_it_is_full() {
        assert_eq!(
            of(Taken::Allowed { left: 98.7 }),
            [
                ("ratelimit".to_owned(), r#""user";r=98;t=1"#.to_owned()),
                (
                    "ratelimit-policy".to_owned(),
                    r#""user";q=100;w=60"#.to_owned()
                ),
            ]
        );
    }

    #[test]
    fn an_empty_bucket_tells_when_there_will_be_enough() {
        let retry_after = Duration::from_millis(7_200);
        assert_eq!(of(Taken::Limited { retry_after })[0].1, r#""user";r=0;t=8"#);
    }

    #[test]
    fn nothing_taken_is_nothing_told() {
        assert!(written(&[]).is_empty());
    }

    #[tokio::test]
    async fn noting_outside_of_a_request_does_nothing() {
        note(
            "user",
            Bucket::new(1, Duration::from_secs(1)),
            Taken::Allowed { left: 0.0 },
        );
    }
}
