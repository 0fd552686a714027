//! What Twilio's own lists know of calls and recordings, whoever was told of them.
use chrono::{DateTime, Utc};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Client, Error, FoundCall, loose};

/// Fifty thousand things: more than an account has in the days that are asked about.
const MOST_PAGES: usize = 50;

/// A recording as Twilio keeps it.
#[derive(Clone, Debug, Deserialize)]
pub struct FoundRecording {
    pub sid: String,
    pub call_sid: Option<String>,
    pub status: String,
    /// Which verb or request made it.
    pub source: Option<String>,
    #[serde(default, deserialize_with = "loose::integer")]
    pub duration: Option<u32>,
    #[serde(default, deserialize_with = "loose::moment")]
    pub date_created: Option<DateTime<Utc>>,
}

impl Client {
    /// The recordings that were made since, and maybe some of earlier that day.
    pub async fn list_recordings(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<FoundRecording>, Error> {
        #[derive(Deserialize)]
        struct Page {
            recordings: Vec<FoundRecording>,
            next_page_uri: Option<String>,
        }
        self.pages("/Recordings.json", "DateCreated>", since, |page: Page| {
            (page.recordings, page.next_page_uri)
        })
        .await
    }

    /// The calls that ended since, and maybe some of earlier that day.
    pub async fn list_ended_calls(&self, since: DateTime<Utc>) -> Result<Vec<FoundCall>, Error> {
        #[derive(Deserialize)]
        struct Page {
            calls: Vec<FoundCall>,
            next_page_uri: Option<String>,
        }
        self.pages("/Calls.json", "EndTime>", since, |page: Page| {
            (page.calls, page.next_page_uri)
        })
        .await
    }

    /// Where a recording is, as Twilio's callbacks name the place.
    pub fn recording_url(&self, sid: &str) -> String {
        self.account_url(&format!("/Recordings/{sid}"))
    }

    /// Lists are cut by whole days.
    async fn pages<P: DeserializeOwned, T>(
        &self,
        resource: &str,
        filter: &str,
        since: DateTime<Utc>,
        read: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Error> {
        let day = since.date_naive().to_string();
        let query = [(filter, day.as_str()), ("PageSize", "1000")];
        let first = self.http().get(self.account_url(resource)).query(&query);
        let (mut all, mut next) = read(self.call(first).await?);
        for _ in 1..MOST_PAGES {
            let Some(path) = next else { break };
            let page = self.http().get(self.url_of(&path));
            let (more, after) = read(self.call(page).await?);
            all.extend(more);
            next = after;
        }
        Ok(all)
    }
}
