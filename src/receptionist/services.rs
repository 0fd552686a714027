//! Which of a business's services somebody means: they say "a cleaning" where the list has "Limpieza dental".
use super::business::{Business, Service};
use super::plain::plain;
use super::telling::{is_work, means_same, telling_words};

/// How much of a name was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    /// Every telling word of it.
    is_all: bool,
    words: usize,
}

impl Business {
    /// The service that the text names, if it can be no other one: by its whole name, the longest first ("drain
    /// cleaning" over "cleaning"), else by the words that tell it from the rest.
    pub fn service_in(&self, text: &str) -> Option<&Service> {
        self.service_named_in(text).or_else(|| {
            let near = self.services_near(text);
            match near.as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        })
    }

    /// The service whose name stands in the text, word for word or with its words in another order or language.
    pub fn service_named_in(&self, text: &str) -> Option<&Service> {
        let said = format!(" {} ", plain(text));
        let is_said = |service: &&Service| {
            let name = plain(&service.name);
            !name.is_empty() && said.contains(&format!(" {name} "))
        };
        let literal = self.services.iter().filter(is_said);
        let literal = literal.max_by_key(|service| service.name.len());
        literal.or_else(|| {
            let best = self.shares(text).into_iter();
            let mut best: Vec<_> = best.filter(|(share, _)| share.is_all).collect();
            best.sort_by_key(|(share, _)| std::cmp::Reverse(*share));
            match best.as_slice() {
                [(first, _), (second, _), ..] if first == second => None,
                [(_, service), ..] => Some(*service),
                [] => None,
            }
        })
    }

    /// The services that share the most words with the text, in their order.
    pub fn services_near(&self, text: &str) -> Vec<&Service> {
        let shares = self.shares(text);
        let most = shares.iter().map(|(share, _)| share.words).max();
        shares
            .into_iter()
            .filter(|(share, _)| Some(share.words) == most)
            .map(|(_, service)| service)
            .collect()
    }

    /// The services for the thing that the text is about, whatever is to be done to it: "do you fix refrigerators" is
    /// about no furnace.
    pub fn services_about(&self, text: &str) -> Vec<&Service> {
        let things: Vec<String> = telling_words(text)
            .into_iter()
            .filter(|word| !is_work(word) && !GENERAL.contains(&word.as_str()))
            .collect();
        match things.as_slice() {
            [] => self.services_near(text),
            things => self.services_near(&things.join(" ")),
        }
    }

    fn shares(&self, text: &str) -> Vec<(Share, &Service)> {
        let said = telling_words(text);
        let share = |service: &Service| {
            let name = telling_words(&service.name);
            let is_said = |word: &&String| said.iter().any(|other| means_same(word, other));
            let words = name.iter().filter(is_said).count();
            let is_all = words == name.len();
            (words > 0).then_some(Share { is_all, words })
        };
        self.services
            .iter()
            .filter_map(|service| Some((share(service)?, service)))
            .collect()
    }
}

/// The whole list is wanted, and not one thing that the list may not have.
pub fn asks_for_all_services(text: &str) -> bool {
    telling_words(text)
        .iter()
        .all(|word| GENERAL.contains(&word.as_str()))
}

/// What is said of services in general.
const GENERAL: &[&str] = &[
    "service",
    "services",
    "list",
    "menu",
    "kind",
    "kinds",
    "type",
    "types",
    "sort",
    "things",
    "stuff",
    "work",
    "all",
    "exactly",
    "provide",
    "specialize",
    "else",
    "other",
    "also",
    "offering",
    "services",
    "liste",
    "genre",
    "genres",
    "travaux",
    "sorte",
    "sortes",
    "autres",
    "tous",
    "toutes",
    "exactement",
    "occupez",
    "servicio",
    "servicios",
    "lista",
    "tipo",
    "tipos",
    "trabajo",
    "trabajos",
    "otros",
    "todos",
    "dedican",
    "ofrece",
    "offre",
    "rendez",
    "avez",
    "est",
    "so",
    "okay",
    "ok",
    "can",
];

#[cfg(test)]
mod tests {
    use crate::receptionist::Business;
    use crate::receptionist::sample::plumber;

    fn business(names: &[&str]) -> Business {
        let mut business = plumber();
        let pattern = business.services[0].clone();
        business.services = names
            .iter()
            .map(|name| crate::receptionist::business::Service {
                name: (*name).to_owned(),
                ..pattern.clone()
            })
            .collect();
        business
    }

    #[test]
    fn a_service_is_known_by_the_words_that_tell_it_from_the_others() {
        let dentist = business(&[
            "Primera consulta",
            "Limpieza dental",
            "Empaste",
            "Consulta de urgencia",
        ]);
        let heating = business(&[
            "Furnace tune-up",
            "Furnace repair",
            "Air conditioner repair",
            "Emergency visit",
        ]);
        let plumber = business(&["Débouchage de drain", "Réparation de toilette"]);
        for (business, text, named) in [
            (
                &dentist,
                "quiero una cita para una limpieza",
                Some("Limpieza dental"),
            ),
            (
                &dentist,
                "a dental cleaning please",
                Some("Limpieza dental"),
            ),
            (&dentist, "una consulta", None),
            (
                &heating,
                "reparación de calefacción",
                Some("Furnace repair"),
            ),
            (
                &heating,
                "réparation de la fournaise",
                Some("Furnace repair"),
            ),
            (&heating, "my furnace is making a noise", None),
            (
                &heating,
                "book emergency visit now",
                Some("Emergency visit"),
            ),
            (&heating, "do you fix refrigerators", None),
            (&plumber, "deboucher mon drain", Some("Débouchage de drain")),
            (&plumber, "my toilet runs", Some("Réparation de toilette")),
            (&plumber, "mardi à 10 h", None),
        ] {
            let found = business
                .service_in(text)
                .map(|service| service.name.as_str());
            assert_eq!(found, named, "{text}");
        }
        let near = heating.services_near("my furnace is making a noise");
        let near: Vec<_> = near.iter().map(|service| service.name.as_str()).collect();
        assert_eq!(near, ["Furnace tune-up", "Furnace repair"]);
    }
}
