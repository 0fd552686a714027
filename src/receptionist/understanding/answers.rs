//! Short answers to a question of ours: yes or no, and which of the times that were offered.
use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::patterns::matches_at;
use super::when::{Context, Kind, Part, When, read};
use super::{names_weekday, without_pronoun};
use crate::kernel::language::Language;
use crate::receptionist::plain::plain;

/// Longer answers are judged by their beginning.
const LONGEST_READ: usize = 300;

/// Which of several offered times somebody takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The offer with this index.
    Offer(usize),
    /// Every one of them suits.
    Any,
    /// They want none of them; what else they said may tell when.
    None,
}

/// Yes or no in an answer, whatever comes with it ("that works for me", "ça me va", "sí claro", "no that's fine").
/// The first word that decides counts, and longer phrases before shorter ones.
pub fn yes_or_no(text: &str, language: Language) -> Option<bool> {
    let start: String = text.chars().take(LONGEST_READ).collect();
    if start.contains('👍') || start.contains('👌') {
        return Some(true);
    }
    let said = plain(&start);
    let said: Vec<&str> = said.split(' ').collect();
    let mut at = 0;
    while at < said.len() {
        let (answer, length) = answer_at(&said[at..], language);
        if answer.is_some() {
            return answer;
        }
        at += length.max(1);
    }
    None
}

/// Whether there is nothing in it but words that agree, refuse or leave it open.
pub(super) fn is_only_yes_or_no(text: &str, language: Language) -> bool {
    let said = plain(text);
    let said: Vec<&str> = said.split(' ').collect();
    let mut at = 0;
    while at < said.len() {
        match answer_at(&said[at..], language) {
            (_, 0) => return false,
            (_, length) => at += length,
        }
    }
    true
}

/// What the longest phrase at the beginning answers, if it decides anything, and how many words it has.
fn answer_at(said: &[&str], language: Language) -> (Option<bool>, usize) {
    let (yes, no, neither) = match language {
        Language::En => (YES_EN, NO_EN, NEITHER_EN),
        Language::Fr => (YES_FR, NO_FR, NEITHER_FR),
        Language::Es => (YES_ES, NO_ES, NEITHER_ES),
    };
    let longest = |phrases: &[&str]| {
        let lengths = phrases
            .iter()
            .filter(|phrase| matches_at(phrase, said))
            .map(|phrase| phrase.split(' ').count());
        lengths.max().unwrap_or(0)
    };
    let (yes, no, neither) = (longest(yes), longest(no), longest(neither));
    let most = yes.max(no).max(neither);
    let answer = (most > 0 && neither < most).then_some(yes > no);
    (answer, most)
}

/// Whether they leave it to us ("no preference", "n'importe quand", "me da igual").
pub fn suits_any(text: &str, language: Language) -> bool {
    let start: String = text.chars().take(LONGEST_READ).collect();
    let said = plain(&start);
    let said: Vec<&str> = said.split(' ').collect();
    let words = choice_words(language);
    let mut phrases = words.any.iter();
    phrases.any(|phrase| (0..said.len()).any(|at| matches_at(phrase, &said[at..])))
}

fn choice_words(language: Language) -> &'static ChoiceWords {
    match language {
        Language::En => &CHOICE_EN,
        Language::Fr => &CHOICE_FR,
        Language::Es => &CHOICE_ES,
    }
}

/// Which offered time was chosen: by its place ("the second one"), its time ("ten thirty", "el de las tres"), its day
/// or its part of the day. Nothing if it is not clear, or if it is a time that was not offered.
pub fn choose(
    text: &str,
    language: Language,
    offered: &[NaiveDateTime],
    context: &Context<'_>,
) -> Option<Choice> {
    let start: String = text.chars().take(LONGEST_READ).collect();
    let start = without_pronoun(&start);
    let said = plain(&start);
    let said: Vec<&str> = said.split(' ').filter(|word| !word.is_empty()).collect();
    let has = |phrases: &[&str]| {
        phrases
            .iter()
            .any(|phrase| (0..said.len()).any(|at| matches_at(phrase, &said[at..])))
    };
    let words = choice_words(language);
    if has(words.none) {
        return Some(Choice::None);
    }
    let by_time = |context: &Context<'_>| {
        read(&start, language, context).and_then(|when| by_when(&when, offered))
    };
    // A bare time is of the first offered day that has it, and a weekday is that of an offer, however far ahead.
    let days = offered.iter().map(|offer| Some(offer.date()));
    let on_offered_days = || {
        days.into_iter()
            .find_map(|day| by_time(&Context { day, ..*context }))
    };
    let names_weekday = names_weekday(&start, language);
    let midnights = offered
        .iter()
        .map(|offer| offer.date().and_time(NaiveTime::MIN));
    let by_weekday = || {
        midnights
            .into_iter()
            .filter(|_| names_weekday)
            .find_map(|now| by_time(&Context { now, ..*context }))
    };
    let named = by_time(context)
        .or_else(on_offered_days)
        .or_else(by_weekday);
    if let Some(index) = named {
        return Some(Choice::Offer(index));
    }
    let last = offered.len().checked_sub(1)?;
    if let Some(place) = place_alone(&said, words) {
        return (place <= last).then_some(Choice::Offer(place));
    }
    // "Two p.m." is not the second one, nor is "January 3rd" the third.
    let day = offered.first().map(NaiveDateTime::date);
    let meant = read(&start, language, &Context { day, ..*context });
    let is_elsewhere = meant.is_some_and(|when| {
        matches!(when.kind, Kind::Time | Kind::Day)
            && !offered.iter().any(|offer| fits(&when, *offer))
    });
    if is_elsewhere || has(words.waits) {
        return None;
    }
    let place = words.places.iter().position(|phrases| has(phrases));
    if let Some(place) = place {
        return (place <= last).then_some(Choice::Offer(place));
    }
    if has(words.last) {
        return Some(Choice::Offer(last));
    }
    if has(words.other) && offered.len() == 2 {
        return Some(Choice::Offer(1));
    }
    if has(words.middle) && offered.len() == 3 {
        return Some(Choice::Offer(1));
    }
    has(words.any).then_some(Choice::Any)
}

/// The place that is all they say: "two", "um, the 3rd please", "la deux".
fn place_alone(said: &[&str], words: &ChoiceWords) -> Option<usize> {
    let telling: Vec<&str> = said
        .iter()
        .filter(|word| !words.around.contains(word))
        .copied()
        .collect();
    let is_all = |phrases: &[&str]| {
        phrases.iter().any(|phrase| {
            matches_at(phrase, &telling) && phrase.split(' ').count() == telling.len()
        })
    };
    let numbers = words.numbers.iter().position(|phrases| is_all(phrases));
    numbers.or_else(|| words.places.iter().position(|phrases| is_all(phrases)))
}

/// The one offer that fits what was said of a day or time.
fn by_when(when: &When, offered: &[NaiveDateTime]) -> Option<usize> {
    let mut fitting = offered
        .iter()
        .enumerate()
        .filter(|(_, offer)| fits(when, **offer))
        .map(|(index, _)| index);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// Whether an offer is what was said of a day or time.
fn fits(when: &When, offer: NaiveDateTime) -> bool {
    let says_day = !when.is_day_assumed;
    let same_day = when.date == Some(offer.date()) || when.alternatives.contains(&offer.date());
    let start = when.start.unwrap_or(offer);
    match when.kind {
        Kind::Time => {
            let same_clock = start.time() == offer.time()
                || !says_half(when)
                    && start.minute() == offer.minute()
                    && start.hour() % 12 == offer.hour() % 12;
            same_clock && (same_day || !says_day)
        }
        Kind::Day => same_day,
        Kind::Part => {
            let is_part = match when.part {
                Some(Part::Morning) => offer.hour() < 12,
                Some(Part::Noon) => (12..14).contains(&offer.hour()),
                Some(Part::Afternoon) => (12..18).contains(&offer.hour()),
                Some(Part::Evening | Part::Night) => offer.hour() >= 17,
                None => false,
            };
            is_part && (same_day || !says_day)
        }
        _ => false,
    }
}

/// Whether the reading rests on a half of the day that was said; a guessed one may be the other.
fn says_half(when: &When) -> bool {
    when.start
        .is_some_and(|start| start.hour() == 0 || start.hour() > 19)
}

struct ChoiceWords {
    /// From the first on.
    places: [&'static [&'static str]; 4],
    numbers: [&'static [&'static str]; 4],
    last: &'static [&'static str],
    middle: &'static [&'static str],
    /// Of two: the one that was offered second.
    other: &'static [&'static str],
    any: &'static [&'static str],
    none: &'static [&'static str],
    /// What has the word of a place and means a moment's patience.
    waits: &'static [&'static str],
    /// What may stand around a bare number or place.
    around: &'static [&'static str],
}

#[rustfmt::skip] // Tables: one row per topic.
const CHOICE_EN: ChoiceWords = ChoiceWords {
    places: [
        &["first", "1st", "earliest", "the earlier", "the sooner", "soonest", "option one", "option 1", "number one", "number 1", "option a"],
        &["second", "2nd", "option two", "option 2", "number two", "number 2", "option b", "second last"],
        &["third", "3rd", "option three", "option 3", "number three", "number 3", "option c"],
        &["fourth", "4th", "option four", "option 4", "number four", "number 4"],
    ],
    numbers: [&["one", "1"], &["two", "2"], &["three", "3"], &["four", "4"]],
    last: &["last", "latest", "the later", "latter"],
    middle: &["middle"],
    other: &["the other", "other one"],
    any: &["either", "any of them", "any of those", "any one", "whichever", "both work", "both are", "all work", "doesnt matter", "dont care", "dont mind", "no preference", "you pick", "you choose", "all good", "any works", "anything works", "works either way"],
    none: &["neither", "none of", "none work", "none", "not any of", "anything else", "something else", "other times", "another time", "different time", "another day", "different day", "dont work", "doesnt work", "wont work", "cant do any", "cant do those", "cant make any"],
    waits: &["a second", "one second", "a sec", "just a second", "two seconds", "a minute", "one minute"],
    around: &["um", "uh", "uhh", "er", "the", "a", "well", "so", "ok", "okay", "yes", "yeah", "ill", "i", "id", "like", "take", "want", "prefer", "please", "pls", "thanks", "thank", "you", "then", "choice", "option", "slot", "maybe", "guess", "number", "lets", "do", "go", "with", "hmm", "works", "great"],
};

#[rustfmt::skip]
const CHOICE_FR: ChoiceWords = ChoiceWords {
    places: [
        &["premier", "premiere", "1er", "1ere", "le plus tot", "la plus tot", "option un", "option 1", "numero un", "numero 1", "option a"],
        &["deuxieme", "second", "seconde", "2e", "2eme", "option deux", "option 2", "numero deux", "numero 2", "option b"],
        &["troisieme", "3e", "3eme", "option trois", "option 3", "numero trois", "numero 3", "option c"],
        &["quatrieme", "4e", "4eme", "option quatre", "option 4", "numero quatre", "numero 4"],
    ],
    numbers: [&["un", "une", "1"], &["deux", "2"], &["trois", "3"], &["quatre", "4"]],
    last: &["dernier", "derniere", "le plus tard", "la plus tard"],
    middle: &["milieu"],
    other: &["l autre", "autre"],
    any: &["n importe laquelle", "n importe lequel", "n importe", "peu importe", "l une ou l autre", "l un ou l autre", "les deux", "ca me derange pas", "ca m est egal", "pas de preference", "comme vous voulez", "toutes", "tous", "choisissez"],
    none: &["aucun", "aucune", "ni l un", "ni l une", "autre chose", "autre moment", "autre heure", "autre jour", "autre journee", "une autre date", "d autres", "ca marche pas", "ca ne marche pas", "ca va pas", "ca me va pas", "pas possible", "je peux pas", "fonctionne pas", "ca ne me va pas"],
    waits: &["une seconde", "deux secondes", "une minute", "deux minutes", "un instant", "un moment"],
    around: &["euh", "ben", "alors", "la", "le", "les", "ok", "oui", "je", "prends", "prendrais", "vais", "prendre", "veux", "prefere", "svp", "s", "il", "vous", "plait", "merci", "donc", "choix", "option", "numero", "celle", "celui", "bon", "hum", "parfait"],
};

#[rustfmt::skip]
const CHOICE_ES: ChoiceWords = ChoiceWords {
    places: [
        &["primero", "primera", "primer", "1ra", "1ro", "el mas temprano", "la mas temprano", "la mas temprana", "opcion uno", "opcion 1", "numero uno", "numero 1", "opcion a", "la uno", "el uno"],
        &["segundo", "segunda", "2da", "2do", "opcion dos", "opcion 2", "numero dos", "numero 2", "opcion b"],
        &["tercero", "tercera", "tercer", "3ra", "3ro", "opcion tres", "opcion 3", "numero tres", "numero 3", "opcion c"],
        &["cuarta", "cuarto", "4ta", "opcion cuatro", "opcion 4", "numero cuatro", "numero 4"],
    ],
    numbers: [&["uno", "una", "1"], &["dos", "2"], &["tres", "3"], &["cuatro", "4"]],
    last: &["ultimo", "ultima", "la mas tarde", "el mas tarde"],
    middle: &["en medio", "de en medio", "la del medio", "el del medio"],
    other: &["la otra", "el otro", "otra"],
    any: &["cualquiera", "cualquier", "la que sea", "el que sea", "las dos", "los dos", "ambas", "ambos", "me da igual", "da lo mismo", "no tengo preferencia", "sin preferencia", "no importa", "la que quiera", "las dos me quedan", "usted escoja", "usted elija"],
    none: &["ninguno", "ninguna", "ni una ni otra", "otra hora", "otro dia", "otro horario", "otra fecha", "algo mas", "no me sirve", "no me queda", "no me funciona", "no puedo", "otras horas", "otra cosa"],
    waits: &["un segundo", "un momento", "un minuto", "dos segundos", "un segundito", "un momentito"],
    around: &["eh", "este", "pues", "la", "el", "ok", "si", "quiero", "tomo", "prefiero", "por", "favor", "porfa", "gracias", "entonces", "opcion", "numero", "bueno", "mmm", "perfecto"],
};

#[rustfmt::skip]
const YES_EN: &[&str] = &[
    "yes", "yeah", "yea", "ya", "yep", "yup", "yah", "yess", "uh huh", "mhm", "mm hmm", "sure", "ok", "okay", "alright", "all right", "absolutely", "definitely", "certainly", "of course", "correct", "right", "thats right", "thats correct", "that is correct", "exactly", "perfect", "great", "awesome", "excellent", "wonderful", "works", "that works", "that will work", "thatll work", "that would work", "works for me", "sounds good", "sounds great", "sounds perfect", "sounds fine", "good", "fine", "thats good", "thats fine", "thats great", "thats perfect", "thatll do", "that will do", "go ahead", "please do", "please", "do it", "lets do", "book it", "ill take it", "i will take it", "ill take that", "no problem", "no worries", "not bad", "why not", "no thats fine", "no thats good", "no thats perfect", "for sure", "you bet", "i do", "i would", "i am", "it is", "confirmed", "confirm", "i guess so", "i think so", "lock it in", "y", "k", "kk", "affirmative", "indeed", "cool", "i can", "can do", "thats it", "by all means",
];
#[rustfmt::skip]
const NO_EN: &[&str] = &[
    "no", "nope", "nah", "naw", "uh uh", "not really", "not quite", "not exactly", "not at all", "not now", "not today", "no thanks", "no thank you", "im good", "no im good", "im fine thanks", "doesnt work", "does not work", "that doesnt work", "that does not work", "wont work", "that wont work", "will not work", "not good", "thats not good", "no good", "cant", "i cant", "cannot", "i cannot", "cant do", "i dont", "i do not", "dont", "do not", "i wont", "never mind", "nevermind", "cancel", "incorrect", "wrong", "thats wrong", "thats not right", "not right", "thats not correct", "not correct", "thats not it", "negative", "i dont think so", "id rather not", "rather not", "unfortunately", "im afraid", "that isnt", "isnt right", "n", "its not", "it is not", "thats it thanks", "hold on", "not sure",
];
#[rustfmt::skip]
const NEITHER_EN: &[&str] = &["right now", "ok so what", "okay so what", "ok and", "please hold", "please wait", "ok but", "okay but", "good morning", "good afternoon", "good evening", "good question", "maybe", "i guess", "im not sure", "not sure"];

#[rustfmt::skip]
const YES_FR: &[&str] = &[
    "oui", "ouais", "ouin", "ouep", "ui", "mais oui", "ben oui", "oui oui", "ok", "okay", "okey", "d accord", "daccord", "dac", "certain", "certainement", "absolument", "bien sur", "tout a fait", "exact", "exactement", "c est exact", "c est ca", "c est bien ca", "en plein ca", "parfait", "c est parfait", "super", "excellent", "genial", "correct", "c est correct", "c est bon", "cest bon", "c est beau", "cest beau", "c est bien", "ca marche", "ca me va", "ca va", "ca va bien", "ca me convient", "ca convient", "ca fait", "ca fait mon affaire", "ca fait l affaire", "ca serait bon", "ce serait bon", "ce serait parfait", "volontiers", "avec plaisir", "pas de probleme", "pas de trouble", "aucun probleme", "s il vous plait", "svp", "allez y", "vas y", "go", "je le prends", "je la prends", "je prends", "on y va", "je confirme", "confirme", "pourquoi pas", "bonne idee", "bon", "certes", "je veux bien", "ca m irait", "ca irait", "envoyez", "envoye donc", "o", "effectivement", "en effet", "entendu", "j y serai", "si",
];
#[rustfmt::skip]
const NO_FR: &[&str] = &[
    "non", "nan", "nenni", "non merci", "pas vraiment", "pas tout a fait", "pas exactement", "pas du tout", "pantoute", "pas maintenant", "pas aujourd hui", "pas pour l instant", "pas pour le moment", "ca marche pas", "ca ne marche pas", "ca me va pas", "ca ne me va pas", "ca va pas", "ca ne va pas", "ca convient pas", "ca me convient pas", "ca ne me convient pas", "ca fait pas", "ca fonctionne pas", "ca ne fonctionne pas", "je peux pas", "je ne peux pas", "peux pas", "pas possible", "impossible", "malheureusement", "c est pas bon", "ce n est pas bon", "pas bon", "c est pas ca", "ce n est pas ca", "c est pas correct", "pas correct", "c est pas exact", "pas exact", "incorrect", "je veux pas", "je ne veux pas", "je prefere pas", "laissez faire", "laisse faire", "oubliez ca", "jamais", "annulez", "je ne crois pas", "je pense pas", "je ne pense pas", "j aime mieux pas", "ca va aller", "plutot pas", "attendez",
];
#[rustfmt::skip]
const NEITHER_FR: &[&str] = &["peut etre", "je sais pas", "je ne sais pas", "oui mais", "ok mais", "bon matin", "bon apres midi", "si possible", "si c est possible", "si vous"];

#[rustfmt::skip]
const YES_ES: &[&str] = &[
    "si", "sii", "sip", "simon", "sip claro", "claro", "claro que si", "por supuesto", "desde luego", "como no", "ok", "okay", "okey", "vale", "dale", "sale", "va", "orale", "arre", "de acuerdo", "correcto", "exacto", "asi es", "eso es", "efectivamente", "perfecto", "excelente", "genial", "muy bien", "esta bien", "ta bien", "esta perfecto", "esta bueno", "bueno", "bien", "listo", "me parece", "me parece bien", "me parece perfecto", "me queda bien", "me queda perfecto", "me queda", "me sirve", "me funciona", "me viene bien", "me conviene", "esa esta bien", "ese esta bien", "adelante", "por favor", "porfa", "porfavor", "hagalo", "agendela", "agendeme", "confirmo", "confirmado", "la tomo", "lo tomo", "me la quedo", "no hay problema", "sin problema", "ningun problema", "no hay de que", "por que no", "ahi estare", "ya esta", "seguro", "con gusto", "quiero", "si quiero", "sin duda", "yes", "simon que si", "andale", "a huevo", "ahi esta", "s",
];
#[rustfmt::skip]
const NO_ES: &[&str] = &[
    "no", "nop", "nel", "no gracias", "no realmente", "la verdad no", "para nada", "no exactamente", "todavia no", "ahora no", "ahorita no", "hoy no", "no puedo", "no podria", "no me queda", "no me queda bien", "no me sirve", "no me funciona", "no me viene bien", "no me parece", "no esta bien", "no es correcto", "incorrecto", "no es asi", "asi no", "no quiero", "mejor no", "tampoco", "nunca", "negativo", "de ninguna manera", "desafortunadamente", "lamentablemente", "imposible", "olvidelo", "dejelo", "no creo", "equivocado", "esta mal", "mal",
];
#[rustfmt::skip]
const NEITHER_ES: &[&str] = &["si se puede", "si es posible", "si pueden", "si puede", "si hay", "si tienen", "no se", "tal vez", "quizas", "bueno pero", "si pero", "por favor espere", "buenas tardes", "buenos dias", "buenas noches"];

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::receptionist::understanding::measure::office_hours;

    #[test]
    fn yes_and_no_are_heard_in_what_comes_with_them() {
        use Language::{En, Es, Fr};
        for (text, language, answer) in [
            ("yeah that works for me", En, Some(true)),
            ("um that works", En, Some(true)),
            ("no that doesn't work", En, Some(false)),
            ("that doesn't work for me", En, Some(false)),
            ("no problem", En, Some(true)),
            ("not really", En, Some(false)),
            ("that's not right", En, Some(false)),
            ("uh huh", En, Some(true)),
            ("sounds good thanks", En, Some(true)),
            ("i'm not sure", En, None),
            ("tuesday", En, None),
            ("👍", En, Some(true)),
            ("sure why not", En, Some(true)),
            ("i can't", En, Some(false)),
            ("no i can't make it then", En, Some(false)),
            ("ça me va", Fr, Some(true)),
            ("c'est beau", Fr, Some(true)),
            ("ça me va pas", Fr, Some(false)),
            ("euh oui parfait", Fr, Some(true)),
            ("pas de problème", Fr, Some(true)),
            ("ben non", Fr, Some(false)),
            ("je sais pas", Fr, None),
            ("c'est pas bon", Fr, Some(false)),
            ("oui c'est ça", Fr, Some(true)),
            ("ça fait mon affaire", Fr, Some(true)),
            ("pas vraiment non", Fr, Some(false)),
            ("sí claro", Es, Some(true)),
            ("perfecto", Es, Some(true)),
            ("no me queda", Es, Some(false)),
            ("sí me parece bien", Es, Some(true)),
            ("no hay problema", Es, Some(true)),
            ("no no puedo a esa hora", Es, Some(false)),
            ("ándele pues sí", Es, Some(true)),
            ("no sé", Es, None),
            ("", Es, None),
        ] {
            assert_eq!(yes_or_no(text, language), answer, "{text:?}");
        }
    }

    #[test]
    fn an_offered_time_is_chosen_by_place_time_day_or_part() {
        use Language::{En, Es, Fr};
        let at = |day, hour, minute| {
            NaiveDate::from_ymd_opt(2026, 11, day)
                .unwrap()
                .and_hms_opt(hour, minute, 0)
                .unwrap()
        };
        let context = Context {
            now: at(18, 10, 15),
            is_open: &office_hours,
            day: None,
        };
        let offered = [at(24, 10, 30), at(24, 15, 0), at(25, 9, 0)];
        for (text, language, choice) in [
            ("the first one", En, Some(Choice::Offer(0))),
            ("um the second please", En, Some(Choice::Offer(1))),
            ("the last one", En, Some(Choice::Offer(2))),
            ("ten thirty", En, Some(Choice::Offer(0))),
            ("i'll take the three o'clock", En, Some(Choice::Offer(1))),
            ("three", En, Some(Choice::Offer(1))),
            ("two", En, Some(Choice::Offer(1))),
            ("wednesday", En, Some(Choice::Offer(2))),
            ("the afternoon one", En, Some(Choice::Offer(1))),
            ("tuesday morning", En, Some(Choice::Offer(0))),
            ("wednesday at nine works", En, Some(Choice::Offer(2))),
            ("tuesday", En, None),
            ("four o'clock", En, None),
            ("none of those work", En, Some(Choice::None)),
            ("any of them", En, Some(Choice::Any)),
            ("whichever", En, Some(Choice::Any)),
            ("option four", En, None),
            ("two pm", En, None),
            ("2 pm", En, None),
            ("monday 3", En, None),
            ("the wednesday one", En, Some(Choice::Offer(2))),
            ("what about january 3rd", En, None),
            ("hang on a second", En, None),
            ("the 3rd please", En, Some(Choice::Offer(2))),
            ("anything earlier", En, None),
            ("deux heures", Fr, None),
            ("une seconde", Fr, None),
            ("le 3 janvier", Fr, None),
            ("euh la deux svp", Fr, Some(Choice::Offer(1))),
            ("plus tôt", Fr, None),
            ("las dos", Es, None),
            ("a las dos", Es, None),
            ("un segundo", Es, None),
            ("el 3 de enero", Es, None),
            ("la dos por favor", Es, Some(Choice::Offer(1))),
            ("la deuxième", Fr, Some(Choice::Offer(1))),
            ("le premier choix", Fr, Some(Choice::Offer(0))),
            ("quinze heures", Fr, Some(Choice::Offer(1))),
            ("celle de dix heures et demie", Fr, Some(Choice::Offer(0))),
            ("plutôt mercredi", Fr, Some(Choice::Offer(2))),
            ("aucune des trois", Fr, Some(Choice::None)),
            ("peu importe", Fr, Some(Choice::Any)),
            ("en après-midi", Fr, Some(Choice::Offer(1))),
            ("la segunda", Es, Some(Choice::Offer(1))),
            ("el de las tres", Es, Some(Choice::Offer(1))),
            ("la de las diez y media", Es, Some(Choice::Offer(0))),
            ("el miércoles está bien", Es, Some(Choice::Offer(2))),
            ("ninguna", Es, Some(Choice::None)),
            ("cualquiera", Es, Some(Choice::Any)),
            ("la última", Es, Some(Choice::Offer(2))),
            ("", Es, None),
        ] {
            assert_eq!(
                choose(text, language, &offered, &context),
                choice,
                "{text:?}"
            );
        }
        let two = &offered[..2];
        assert_eq!(
            choose("plutôt l'autre", Fr, two, &context),
            Some(Choice::Offer(1))
        );
        assert_eq!(
            choose("the other one", En, two, &context),
            Some(Choice::Offer(1))
        );
        assert_eq!(choose("la otra", Es, two, &context), Some(Choice::Offer(1)));
    }
}
