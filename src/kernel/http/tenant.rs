//! The client for addresses that a subscriber typed: it reaches nothing but what [`Reach`] covers, follows nobody, and
//! ends at one deadline.
//!
//! A name is looked up once for a connection, every address it has is judged, and the connection uses these very
//! addresses: what the name means a moment later does not matter. Addresses that stand in the URL never come by the
//! resolver, so they are judged before.
use std::{
    error::Error,
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Method,
    dns::{Addrs, Name, Resolve, Resolving},
    header::HeaderMap,
};
use tokio::time::{Instant, timeout};
use url::{Host, Url};

use super::{
    Target,
    address::{Reach, Scheme},
};

/// What is kept of an answer. The rest is not even read: an endless body must cost nothing.
const MOST_KEPT: usize = 20 * 1024;
/// How long a connection may rest before it is closed.
const REST: Duration = Duration::from_secs(30);
/// Resting connections to one host. Endpoints that many subscribers share (an automation service) have many at once.
const RESTING_PER_HOST: usize = 64;

/// How names become addresses: the system's way, or a test's.
pub type Lookup = Arc<dyn Fn(String) -> Looked + Send + Sync>;
/// The addresses of a name, to be awaited.
pub type Looked = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Sends to subscribers' addresses.
#[derive(Clone)]
pub struct TenantClient {
    reach: Arc<Reach>,
    lookup: Lookup,
    https: Client,
    http: Client,
}

/// One request and what came of it.
#[derive(Debug)]
pub struct Exchange {
    pub took: Duration,
    pub result: Result<Answer, Failure>,
}

/// What the other side said.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The first 20 kB of it, or less when the rest did not come.
    pub body: Vec<u8>,
}

/// Why there is no answer: a class, without addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The URL leads to where nothing of ours may go.
    BlockedAddress,
    /// The name has no address.
    UnknownHost,
    /// Not connected, answered and read within the deadline.
    Timeout,
    Tls,
    /// Refused, or closed before the answer was there.
    Connection,
}

impl Failure {
    /// As it is recorded and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlockedAddress => "blocked_address",
            Self::UnknownHost => "unknown_host",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Connection => "connection",
        }
    }
}

impl TenantClient {
    /// Names are looked up as the system does.
    pub fn new(reach: Reach) -> reqwest::Result<Self> {
        let lookup: Lookup = Arc::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        });
        Self::with_lookup(reach, lookup)
    }

    /// Names are looked up as the caller says.
    pub fn with_lookup(reach: Reach, lookup: Lookup) -> reqwest::Result<Self> {
        let reach = Arc::new(reach);
        let client = |scheme| {
            let resolver = Guarded {
                reach: reach.clone(),
                lookup: lookup.clone(),
                scheme,
            };
            Client::builder()
                .dns_resolver(resolver)
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .http1_only()
                .tcp_nodelay(true)
                .pool_idle_timeout(REST)
                .pool_max_idle_per_host(RESTING_PER_HOST)
                .build()
        };
        Ok(Self {
            https: client(Scheme::Https)?,
            http: client(Scheme::Http)?,
            lookup,
            reach,
        })
    }

    /// Whether requests may go there now. A name without an address may have one later, and passes.
    pub async fn check(&self, target: &Target) -> Result<(), Failure> {
        match target.host() {
            Host::Ipv4(address) => self.check_address(target, address.into())?,
            Host::Ipv6(address) => self.check_address(target, address.into())?,
            Host::Domain(name) => {
                let looked = judged(&self.reach, &self.lookup, name, target.scheme()).await;
                if matches!(looked, Err(Refused::Blocked)) {
                    return Err(Failure::BlockedAddress);
                }
            }
        }
        if self.is_our_own(target).await {
            return Err(Failure::BlockedAddress);
        }
        Ok(())
    }

    /// Posts the body. The deadline covers everything: looking up, connecting, sending, waiting and reading.
    pub async fn post(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Vec<u8>,
        deadline: Duration,
    ) -> Exchange {
        let begun = Instant::now();
        let mut answer = None;
        let sent = timeout(deadline, self.send(target, headers, body, &mut answer)).await;
        let result = match (sent, answer) {
            // What was answered was answered, however the rest of the body went.
            (_, Some(answer)) => Ok(answer),
            (Ok(Err(failure)), None) => Err(failure),
            (Ok(Ok(())) | Err(_), None) => Err(Failure::Timeout),
        };
        Exchange {
            took: begun.elapsed(),
            result,
        }
    }

    async fn send(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Vec<u8>,
        answer: &mut Option<Answer>,
    ) -> Result<(), Failure> {
        match target.host() {
            Host::Ipv4(address) => self.check_address(target, address.into())?,
            Host::Ipv6(address) => self.check_address(target, address.into())?,
            Host::Domain(_) => {}
        }
        if self.is_our_own(target).await {
            return Err(Failure::BlockedAddress);
        }
        let url: Url = target.url().clone();
        let client = match target.scheme() {
            Scheme::Https => &self.https,
            Scheme::Http => &self.http,
        };
        let request = client
            .request(Method::POST, url)
            .headers(headers)
            .body(body);
        let mut response = request.send().await.map_err(|error| class_of(&error))?;
        let answer = answer.insert(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
        });
        // A body that breaks off, or lies about its length, is only for the log.
        while let Ok(Some(piece)) = response.chunk().await {
            let room = MOST_KEPT - answer.body.len();
            answer.body.extend(piece.iter().take(room));
            if piece.len() >= room {
                break;
            }
        }
        Ok(())
    }

    fn check_address(&self, target: &Target, address: IpAddr) -> Result<(), Failure> {
        if self.reach.covers(address, target.scheme()) {
            return Ok(());
        }
        Err(Failure::BlockedAddress)
    }

    /// Whether it is one of our own hosts, by its port and any of its addresses.
    async fn is_our_own(&self, target: &Target) -> bool {
        for (host, port) in &self.reach.own {
            if *port != target.port() {
                continue;
            }
            let ours = addresses(&self.lookup, host).await.unwrap_or_default();
            let theirs = match target.host() {
                Host::Ipv4(address) => vec![address.into()],
                Host::Ipv6(address) => vec![address.into()],
                Host::Domain(name) => addresses(&self.lookup, name).await.unwrap_or_default(),
            };
            let is_shared = |address: &IpAddr| {
                let address = address.to_canonical();
                !self.reach.allows(address) && ours.iter().any(|our| our.to_canonical() == address)
            };
            if theirs.iter().any(is_shared) {
                return true;
            }
        }
        false
    }
}

/// Our resolver: hands out addresses that were judged, or none.
struct Guarded {
    reach: Arc<Reach>,
    lookup: Lookup,
    scheme: Scheme,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookup, scheme) = (self.reach.clone(), self.lookup.clone(), self.scheme);
        Box::pin(async move {
            let addresses = judged(&reach, &lookup, name.as_str(), scheme).await?;
            // Port 0: the one of the URL.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// Why a name gives no addresses.
#[derive(Debug)]
enum Refused {
    Blocked,
    Unknown,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blocked => "the name leads where nothing of ours may go",
            Self::Unknown => "the name has no address",
        })
    }
}

impl Error for Refused {}

/// The addresses of a name; none of them when one may not be reached.
async fn judged(
    reach: &Reach,
    lookup: &Lookup,
    name: &str,
    scheme: Scheme,
) -> Result<Vec<IpAddr>, Refused> {
    let found = addresses(lookup, name)
        .await
        .map_err(|_| Refused::Unknown)?;
    if found.is_empty() {
        return Err(Refused::Unknown);
    }
    if found.iter().any(|address| !reach.covers(*address, scheme)) {
        return Err(Refused::Blocked);
    }
    Ok(found)
}

async fn addresses(lookup: &Lookup, name: &str) -> io::Result<Vec<IpAddr>> {
    // Hosts of settings may be addresses, which need no looking up.
    if let Ok(address) = name.trim_matches(['[', ']']).parse() {
        return Ok(vec![address]);
    }
    // These names mean this machine (RFC 6761), whatever somebody's resolver makes of them.
    let plain = name.trim_end_matches('.').to_ascii_lowercase();
    if plain == "localhost" || plain.ends_with(".localhost") {
        return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    }
    lookup(name.to_owned()).await
}

fn class_of(error: &reqwest::Error) -> Failure {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref() {
            Some(Refused::Blocked) => return Failure::BlockedAddress,
            Some(Refused::Unknown) => return Failure::UnknownHost,
            None => {}
        }
        // What rustls cannot make sense of comes out as one of these.
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::InvalidData) {
            return Failure::Tls;
        }
        cause = error.source();
    }
    if error.is_timeout() {
        return Failure::Timeout;
    }
    Failure::Connection
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn reach(allowed: &[&str]) -> Reach {
        Reach {
            allowed: allowed.iter().map(|net| net.parse().unwrap()).collect(),
            has_plain_http: true,
            own: Vec::new(),
        }
    }

    /// Answers each lookup with the next of these, and with the last one from then on.
    fn client(reach: Reach, answers: &[&[&str]]) -> (TenantClient, Arc<Mutex<usize>>) {
        let answers: Vec<Vec<IpAddr>> = answers
            .iter()
            .map(|answer| {
                answer
                    .iter()
                    .map(|address| address.parse().unwrap())
                    .collect()
            })
            .collect();
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let lookup: Lookup = Arc::new(move |_| {
            let mut count = count.lock().unwrap();
            let answer = answers
                .get(*count)
                .or(answers.last())
                .cloned()
                .unwrap_or_default();
            *count += 1;
            Box::pin(std::future::ready(Ok(answer)))
        });
        (TenantClient::with_lookup(reach, lookup).unwrap(), asked)
    }

    async fn post(client: &TenantClient, url: &str) -> Result<u16, Failure> {
        let target = Target::parse(url).unwrap();
        let deadline = Duration::from_secs(5);
        let exchange = client
            .post(&target, HeaderMap::new(), Vec::new(), deadline)
            .await;
        exchange.result.map(|answer| answer.status)
    }

    /// Somebody who answers 204 to whoever connects, on this port.
    async fn somebody() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = [0; 1024];
                let _ = stream.read(&mut bytes).await;
                let answer = b"HTTP/1.1 204 No\r\nconnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
            }
        };
        crate::kernel::tasks::Tasks::default().spawn(serving);
        port
    }

    #[tokio::test]
    async fn a_name_is_refused_when_one_of_its_addresses_is() {
        for addresses in [
            &["127.0.0.1"][..],
            &["93.184.216.34", "127.0.0.1"],
            &["10.0.0.1", "93.184.216.34"],
            &["93.184.216.34", "::1"],
            &["::ffff:169.254.169.254"],
        ] {
            let (client, _) = client(reach(&[]), &[addresses]);
            let refused = post(&client, "http://name.example/").await;
            assert_eq!(refused, Err(Failure::BlockedAddress), "{addresses:?}");
            let target = Target::parse("http://name.example/").unwrap();
            assert_eq!(client.check(&target).await, Err(Failure::BlockedAddress));
        }
        let (client, _) = client(reach(&[]), &[&[]]);
        assert_eq!(
            post(&client, "http://name.example/").await,
            Err(Failure::UnknownHost)
        );
    }

    #[tokio::test]
    async fn the_connection_goes_to_the_addresses_that_were_judged() {
        let port = somebody().await;
        let url = format!("http://name.example:{port}/");
        // Judged once, and asked no second time: what the name means then does not matter.
        let (first, asked) = client(reach(&["127.0.0.1/32"]), &[&["127.0.0.1"], &["10.0.0.1"]]);
        assert_eq!(post(&first, &url).await, Ok(204));
        assert_eq!(*asked.lock().unwrap(), 1);
        // Each new connection is judged anew.
        assert_eq!(post(&first, &url).await, Err(Failure::BlockedAddress));
    }

    #[tokio::test]
    async fn an_address_in_the_url_is_judged_without_any_lookup() {
        let port = somebody().await;
        let (client, asked) = client(reach(&[]), &[&["93.184.216.34"]]);
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
        ] {
            let refused = post(&client, &format!("http://{host}:{port}/")).await;
            assert_eq!(refused, Err(Failure::BlockedAddress), "{host}");
        }
        assert_eq!(*asked.lock().unwrap(), 0);
    }

    #[tokio::test]
    async fn without_encryption_only_networks_that_a_setting_allows_are_reached() {
        let port = somebody().await;
        let strict = Reach {
            has_plain_http: false,
            ..reach(&["127.0.0.0/8"])
        };
        let (strict, _) = client(strict, &[&["93.184.216.34"], &["127.0.0.1"]]);
        assert_eq!(
            post(&strict, "http://93.184.216.34/").await,
            Err(Failure::BlockedAddress)
        );
        assert_eq!(
            post(&strict, "http://name.example/").await,
            Err(Failure::BlockedAddress)
        );
        assert_eq!(
            post(&strict, &format!("http://name.example:{port}/")).await,
            Ok(204)
        );
    }

    #[tokio::test]
    async fn our_own_database_is_not_reached_by_its_public_address_either() {
        let own = Reach {
            own: vec![
                ("db.example".to_owned(), 6432),
                ("93.184.216.40".to_owned(), 7000),
            ],
            ..reach(&[])
        };
        let (client, _) = client(own, &[&["93.184.216.34"]]);
        for url in [
            "http://93.184.216.34:6432/",
            "http://other.example:6432/",
            "http://93.184.216.40:7000/",
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(
                client.check(&target).await,
                Err(Failure::BlockedAddress),
                "{url}"
            );
            assert_eq!(
                post(&client, url).await,
                Err(Failure::BlockedAddress),
                "{url}"
            );
        }
        let target = Target::parse("http://93.184.216.34:6433/").unwrap();
        assert_eq!(client.check(&target).await, Ok(()));
    }

    #[tokio::test]
    async fn what_nobody_answers_ends_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (client, _) = client(reach(&["127.0.0.0/8"]), &[]);
        let target = Target::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
        let deadline = Duration::from_millis(100);
        let exchange = client
            .post(&target, HeaderMap::new(), Vec::new(), deadline)
            .await;
        assert_eq!(exchange.result.unwrap_err(), Failure::Timeout);
        let taken = format!("http://127.0.0.1:{port}/");
        drop(listener);
        assert_eq!(post(&client, &taken).await, Err(Failure::Connection));
        assert_eq!(
            post(&client, &taken.replace("http", "https")).await,
            Err(Failure::Connection)
        );
    }
}
