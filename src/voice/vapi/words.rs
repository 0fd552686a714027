//! What a caller hears from us before or instead of an assistant.
use crate::kernel::language::Language;

/// To somebody who called a number that is nobody's.
pub fn not_in_service(language: Language) -> &'static str {
    match language {
        Language::En => "Sorry, this number is not in service.",
        Language::Fr => "Désolé, ce numéro n'est pas en service.",
        Language::Es => "Lo sentimos, este número no está en servicio.",
    }
}

/// To somebody whose calls the business does not take.
pub fn not_taken(language: Language) -> &'static str {
    match language {
        Language::En => "Sorry, we cannot take your call.",
        Language::Fr => "Désolé, nous ne pouvons pas prendre votre appel.",
        Language::Es => "Lo sentimos, no podemos atender su llamada.",
    }
}

/// While something here is broken.
pub fn trouble(language: Language) -> &'static str {
    match language {
        Language::En => {
            "We are sorry, we cannot take your call right now. Please call again in a few minutes."
        }
        Language::Fr => {
            "Désolé, nous ne pouvons pas prendre votre appel en ce moment. Veuillez rappeler dans quelques minutes."
        }
        Language::Es => {
            "Lo sentimos, no podemos atender su llamada en este momento. Por favor, llame de nuevo en unos minutos."
        }
    }
}

/// That the call is recorded, where the business has no words of its own for it.
pub fn recorded(language: Language) -> &'static str {
    match language {
        Language::En => "This call is recorded.",
        Language::Fr => "Cet appel est enregistré.",
        Language::Es => "Esta llamada se graba.",
    }
}
