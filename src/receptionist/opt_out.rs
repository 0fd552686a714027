//! Clear wording that asks for no more texts, in whichever language it comes.
//!
//! Bare keywords (STOP and its kin) belong to `sms::keywords`; these are sentences. The list is conservative in one
//! direction only: a wish to hear nothing more must never be missed because it came with other words.
use crate::receptionist::plain::plain;

const WISHES: &[&str] = &[
    // English
    "stop texting",
    "stop messaging",
    "stop sending",
    "stop contacting",
    "stop all texts",
    "stop all messages",
    "stop these texts",
    "stop these messages",
    "do not text me",
    "dont text me",
    "do not message me",
    "dont message me",
    "do not contact me",
    "dont contact me",
    "no more texts",
    "no more messages",
    "unsubscribe",
    "opt me out",
    "want to opt out",
    "like to opt out",
    "opt out of texts",
    "opt out of all",
    "opt out of these",
    "opt out of your",
    "take me off your",
    "take me off this",
    "take me off the list",
    "remove me from your",
    "remove me from this",
    "remove me from the list",
    "remove my number",
    "delete my number",
    "lose my number",
    "lose this number",
    "any more of these texts",
    "any more of these messages",
    "any more of your texts",
    "any more of your messages",
    "never text me",
    "never message me",
    "dont ever text me",
    "dont want your texts",
    "dont want these texts",
    "dont want these messages",
    // French
    "ne plus me texter",
    "ne plus me contacter",
    "ne me textez plus",
    "ne me texte plus",
    "ne m envoyez plus",
    "ne m envoie plus",
    "ne me contactez plus",
    "ne me contacte plus",
    "ne m ecrivez plus",
    "ne m ecris plus",
    "textez moi plus",
    "ecrivez moi plus",
    "veux plus de vos textos",
    "veux plus de vos messages",
    "veux pas de vos textos",
    "veux pas de vos messages",
    "lachez moi les textos",
    "arretez de me texter",
    "arrete de me texter",
    "arretez de m envoyer",
    "arrete de m envoyer",
    "arretez de m ecrire",
    "arrete de m ecrire",
    "arretez les textos",
    "arretez les messages",
    "arreter les textos",
    "arreter les messages",
    "plus de textos",
    "plus recevoir",
    "plus de messages de votre part",
    "me desabonner",
    "desabonnez moi",
    "me desinscrire",
    "retirez moi de votre",
    "retirez moi de la liste",
    "retirez moi de vos",
    "retirez mon numero",
    "enlevez moi de votre",
    "enlevez moi de la liste",
    "enlevez moi de vos",
    "enlevez mon numero",
    // Spanish
    "no me envie mas",
    "no me envien mas",
    "no me mande mas",
    "no me manden mas",
    "no mas mensajes",
    "ya no manden mensajes",
    "no me vuelvan a escribir",
    "no me vuelvan a contactar",
    "no me vuelvan a mandar",
    "no quiero sus mensajes",
    "dejen de contactarme",
    "dejen de escribirme",
    "no mas textos",
    "no quiero mas mensajes",
    "no quiero mas textos",
    "no quiero recibir mas",
    "no quiero recibir mensajes",
    "no quiero recibir textos",
    "no quiero recibir sus",
    "deje de enviar",
    "dejen de enviar",
    "deje de mandar",
    "dejen de mandar",
    "deje de escribir",
    "dejen de escribir",
    "dejen de contactar",
    "no me escriba mas",
    "no me escriban mas",
    "no me contacten",
    "no me contacte mas",
    "darme de baja",
    "deme de baja",
    "denme de baja",
    "cancelar suscripcion",
    "cancelar mi suscripcion",
    "quiteme de su",
    "quiteme de la lista",
    "quitenme de su",
    "quitenme de la lista",
    "borre mi numero",
    "borren mi numero",
];

/// "Please don't stop texting me" contains a wish and means its opposite.
const REVERSED: &[&str] = &["dont ", "do not ", "never ", "didnt ", "did not "];

/// Whether the text asks, in a sentence, for no more texts.
pub fn asks_to_opt_out(text: &str) -> bool {
    let words = format!(" {} ", plain(text));
    WISHES.iter().any(|wish| {
        words.match_indices(&format!(" {wish} ")).any(|(at, _)| {
            !REVERSED
                .iter()
                .any(|reversed| words[..=at].ends_with(&format!(" {reversed}")))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::asks_to_opt_out;

    #[test]
    fn a_sentence_that_asks_for_no_more_texts_is_heard() {
        for text in [
            "Please stop texting me.",
            "I said DO NOT TEXT ME",
            "don’t text me again",
            "Take me off your list",
            "Veuillez ne plus me texter svp",
            "arrêtez de m'envoyer des textos",
            "Je veux plus recevoir de textos",
            "no me manden más mensajes",
            "Quiero darme de baja",
        ] {
            assert!(asks_to_opt_out(text), "{text:?}");
        }
    }

    #[test]
    fn words_that_only_look_like_it_change_nothing() {
        for text in [
            "please stop by tomorrow",
            "Don't stop texting me!",
            "can you text me?",
            "arrêt d'eau chez nous",
            "quiero cancelar mi cita",
            "take me off the schedule for friday",
            "no quiero recibir la visita mañana",
            "",
        ] {
            assert!(!asks_to_opt_out(text), "{text:?}");
        }
    }
}
