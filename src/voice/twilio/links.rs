//! The URLs that our documents name. Only letters, digits, `-`, `.`, `_` and `~` stand in their queries: Twilio signs
//! anything else in more than one way.
use crate::{
    app::App,
    kernel::{
        ids::{InteractionId, SubscriberId},
        phone::E164,
    },
};

/// What of a callback Twilio shall send again when we do not answer.
const INSISTENTLY: &str = "#rc=3&rp=ct,rt,5xx";

/// URLs of calls of one subscriber.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    subscriber: Option<SubscriberId>,
    /// Who called whom, where nobody could look up whose call it is: the callback of a recording does not say.
    parties: Option<(Option<E164>, Option<E164>)>,
}

/// What a request's query says; it is signed with the rest.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub subscriber: Option<SubscriberId>,
    pub turn: Option<i32>,
    pub interaction: Option<InteractionId>,
    pub from: Option<E164>,
    pub to: Option<E164>,
}

impl Links {
    pub fn of(app: &App, subscriber: Option<SubscriberId>) -> Self {
        Self::on(&app.settings.public_url, subscriber)
    }

    pub fn on(base: &str, subscriber: Option<SubscriberId>) -> Self {
        Self {
            base: base.to_owned(),
            subscriber,
            parties: None,
        }
    }

    /// The same, for a call of which only the request itself tells.
    pub fn between(self, from: Option<E164>, to: Option<E164>) -> Self {
        Self {
            parties: Some((from, to)),
            ..self
        }
    }

    pub fn gather(&self, turn: i32) -> String {
        self.url("/voice/gather", &[("turn", turn.to_string())])
    }

    pub fn dial_done(&self) -> String {
        self.url("/voice/dial-done", &[])
    }

    pub fn voicemail_done(&self) -> String {
        self.url("/voice/voicemail-done", &[])
    }

    pub fn whisper(&self, interaction: InteractionId) -> String {
        self.url("/voice/whisper", &[("call", interaction.to_string())])
    }

    pub fn recording(&self) -> String {
        let url = self.url("/webhooks/twilio/recording", &[]);
        format!("{url}{INSISTENTLY}")
    }

    fn url(&self, path: &str, members: &[(&str, String)]) -> String {
        let subscriber = self.subscriber.map(|id| ("s", id.to_string()));
        let digits = |number: &Option<E164>| Some(number.as_ref()?.as_str()[1..].to_owned());
        let parties = self.parties.as_ref();
        let from = parties.and_then(|(from, _)| Some(("from", digits(from)?)));
        let to = parties.and_then(|(_, to)| Some(("to", digits(to)?)));
        let members = members.iter().cloned().chain(subscriber);
        let members = members.chain(from).chain(to);
        let query: Vec<String> = members
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{}", self.base, query.join("&"))
    }
}

impl Query {
    pub fn read(query: Option<&str>) -> Self {
        let value = |name: &str| {
            let mut pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Self {
            subscriber: value("s").and_then(|id| id.parse().ok()),
            turn: value("turn").and_then(|turn| turn.parse().ok()),
            interaction: value("call").and_then(|id| id.parse().ok()),
            from: value("from").and_then(|digits| format!("+{digits}").parse().ok()),
            to: value("to").and_then(|digits| format!("+{digits}").parse().ok()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_of_ours_comes_back_as_it_went_out() {
        let (subscriber, interaction) = (SubscriberId::new(), InteractionId::new());
        let links = Links::on("https://reception.example", Some(subscriber));
        let url = links.gather(7);
        assert!(url.starts_with("https://reception.example/voice/gather?turn=7&s="));
        let query = Query::read(url.split_once('?').map(|(_, query)| query));
        assert_eq!((query.turn, query.subscriber), (Some(7), Some(subscriber)));
        let url = links.whisper(interaction);
        let query = Query::read(url.split_once('?').map(|(_, query)| query));
        assert_eq!(query.interaction, Some(interaction));
        let parties = (Some("+15145550123".parse().unwrap()), None);
        let url = Links::on("", None)
            .between(parties.0.clone(), parties.1)
            .recording();
        let (url, _) = url.split_once('#').unwrap();
        let query = Query::read(url.split_once('?').map(|(_, query)| query));
        assert_eq!((query.from, query.to), (parties.0, None));
        let bare = Links::on("", None);
        assert_eq!(bare.voicemail_done(), "/voice/voicemail-done");
        assert_eq!(Query::read(Some("turn=x&s=&call")).turn, None);
        assert_eq!(Query::read(None).subscriber, None);
    }
}
