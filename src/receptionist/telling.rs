//! The words of a sentence that tell what it is about, and which of them are the same in another form or language.
use super::plain::plain;

/// Letters by which two forms of a word are the same ("parking", "park"; "assurance", "assurances").
const STEM: usize = 5;

/// The words that a sentence does not have whatever it is about, in plain form.
pub(super) fn telling_words(text: &str) -> Vec<String> {
    let said = plain(text);
    let words = said.split(' ').filter(|word| word.chars().count() > 1);
    words
        .filter(|word| !WITHOUT_MEANING.contains(word))
        .map(str::to_owned)
        .collect()
}

/// Two forms of one word.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    one == other || (one.chars().count() >= STEM && stem(one) == stem(other))
}

/// Two forms of one word, or what the other languages call it: callers name in theirs what the business named in its own.
pub(super) fn means_same(one: &str, other: &str) -> bool {
    let is_in = |row: &[&str], word: &str| row.iter().any(|known| is_same(known, word));
    is_same(one, other)
        || SAME_WORK
            .iter()
            .chain(SAME_THING)
            .any(|row| is_in(row, one) && is_in(row, other))
}

/// What is done, whatever it is done to.
pub(super) fn is_work(word: &str) -> bool {
    let mut known = SAME_WORK.iter().flat_map(|row| row.iter());
    known.any(|known| is_same(known, word))
}

fn stem(word: &str) -> String {
    word.chars().take(STEM).collect()
}

/// Words that a question has whatever it is about.
const WITHOUT_MEANING: &[&str] = &[
    // English
    "the", "an", "is", "are", "am", "do", "does", "did", "you", "your", "we", "our", "us", "me",
    "my", "it", "its", "there", "this", "that", "what", "whats", "which", "who", "how", "when",
    "where", "why", "can", "could", "would", "will", "have", "has", "any", "some", "of", "in",
    "on", "at", "to", "for", "and", "or", "with", "be", "if", "please", "guys", "need", "want",
    "know", "tell", "about", "get", "offer", "hi", "hello", "as", // French
    "le", "la", "les", "un", "une", "des", "de", "du", "et", "ou", "est", "ce", "cest", "que",
    "qui", "quoi", "quel", "quelle", "quels", "quelles", "comment", "quand", "pourquoi", "avez",
    "vous", "votre", "vos", "je", "tu", "il", "elle", "on", "nous", "faites", "fait", "faire",
    "peut", "peux", "puis", "pouvez", "ai", "aux", "au", "en", "dans", "pour", "avec", "sur", "si",
    "qu", "des", "mon", "ma", "mes", "bonjour", "svp", "offrez", // Spanish
    "el", "los", "las", "uno", "una", "unos", "unas", "del", "es", "son", "que", "cual", "cuales",
    "como", "cuando", "donde", "por", "para", "con", "se", "su", "sus", "hay", "tiene", "tienen",
    "usted", "ustedes", "yo", "mi", "mis", "puede", "pueden", "puedo", "hacen", "hace", "al", "lo",
    "si", "hola", "ofrecen",
];

/// What is done for customers, one kind of work a row.
const SAME_WORK: &[&[&str]] = &[
    &[
        "repair",
        "fix",
        "fixed",
        "fixing",
        "reparation",
        "reparer",
        "reparez",
        "reparacion",
        "reparan",
        "arreglar",
        "arreglo",
        "arreglan",
    ],
    &["tune", "maintenance", "entretien", "mantenimiento"],
    &[
        "cleaning",
        "clean",
        "cleaned",
        "nettoyage",
        "nettoyer",
        "nettoyez",
        "limpieza",
        "limpiar",
        "limpian",
    ],
    &["inspection", "inspeccion", "inspecter"],
    &[
        "install",
        "installation",
        "instalacion",
        "instalar",
        "instalan",
    ],
    &[
        "replace",
        "remplacement",
        "remplacer",
        "reemplazo",
        "reemplazar",
    ],
    &["visit", "visite", "visita"],
    &["consultation", "consulta"],
    &[
        "quote",
        "estimate",
        "soumission",
        "devis",
        "presupuesto",
        "cotizacion",
    ],
    &["handle", "work"],
];

/// What the trades of our businesses are about, one thing a row.
const SAME_THING: &[&[&str]] = &[
    &[
        "furnace",
        "heating",
        "heater",
        "boiler",
        "fournaise",
        "chauffage",
        "calefaccion",
        "caldera",
        "calentador",
    ],
    &[
        "air",
        "climatisation",
        "climatiseur",
        "clim",
        "ac",
        "aircon",
        "aire",
        "acondicionado",
        "conditioner",
    ],
    &[
        "drain",
        "unclog",
        "clogged",
        "debouchage",
        "deboucher",
        "desague",
        "destapar",
        "destapan",
    ],
    &["duct", "ducts", "conduit", "conduits", "ducto", "ductos"],
    &["toilet", "toilette", "inodoro", "sanitario"],
    &["leak", "leaking", "fuite", "fuites", "fuga", "fugas"],
    &["faucet", "tap", "robinet", "robinetterie", "grifo"],
    &["water", "eau", "agua"],
    &["emergency", "urgence", "urgent", "emergencia", "urgencia"],
    &["filling", "plombage", "obturation", "empaste"],
    &["whitening", "blanchiment", "blanqueamiento"],
    &["extraction", "extraccion", "extraire"],
    &["checkup", "exam", "examen", "revision", "chequeo"],
    &["haircut", "coupe", "corte"],
];
