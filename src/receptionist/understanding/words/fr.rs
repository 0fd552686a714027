//! French, as people text it in Quebec.
use super::Words;
use super::patterns::fr::{CLASSES, PATTERNS};
use crate::receptionist::intent::Intent;

/// What may stand around a yes.
#[rustfmt::skip]
const AGREED: &[&str] = &["c", "est", "ca", "ce", "serait", "sera", "moi", "correct", "bon", "beau", "bien", "sur", "parfait", "madame", "monsieur", "que", "je", "j", "pense", "crois", "imagine", "suppose", "aimerais", "merci", "s", "il", "vous", "plait", "svp", "d", "accord", "ok", "okay", "y", "allez", "vas", "me", "va", "convient", "marche", "fait", "affaire", "mon", "l", "tout", "a", "fait", "super", "excellent", "pour", "on", "plein", "le", "la", "celui", "celle", "beaucoup", "veux", "voudrais", "genial", "exact", "exactement", "avec", "plaisir", "absolument", "certain", "ideal", "faites", "go", "envoyez", "envoye", "toute", "evidence", "semble", "fera", "ferait", "bonne", "idee", "oui", "moi", "aussi", "probleme"];

#[rustfmt::skip] // Tables: one row per topic, filled like prose.
pub(super) const WORDS: Words = Words {
    intents: &[
        (Intent::OptOut, &["=stop", "=arret", "=desabonner", "=desabonnement", "=arretez", "=arret svp", "=stop svp"]),
        (Intent::Human, &[
            "humain", "robot", "un humain", "vraie personne", "une personne", "=quelqu un", "avec quelqu un", "a quelquun", "a qqun", "qqn", "parler a", "parler avec", "parler au", "representant*", "agent", "conseiller*", "le patron", "la patronne", "le proprietaire", "la proprietaire", "gerant", "gerante",
            "le responsable", "pas un robot", "transferez moi", "transferer", "passez moi", "me transferer", "etre transfere", "un etre humain", "appeler quelqu un", "vrai humain", "vrai monde",
        ]),
        (Intent::Find, &[]),
        (Intent::Reschedule, &[
            "report*", "changer pour", "changer ca", "changer", "deplacer", "deplace", "deplacez", "remettre ca", "remettre a", "on remet", "changer mon rendez vous", "changer mon rdv", "changer l heure", "changer de jour", "changer la date", "changer d heure", "autre moment", "une autre journee", "autre date", "autre heure", "autre jour", "remettre mon", "replanifi*",
            "plus tard que prevu", "repouss*", "decal*", "empechement", "?peux pas venir", "?pourrai pas venir", "?pourrai pas etre", "?peux plus venir", "en retard", "devanc*", "modifier mon", "modifier le", "changer le rendez vous", "changer ma",
        ]),
        (Intent::Cancel, &["annul*", "annulez mon", "annuler mon", "annuler le", "annuler notre", "n ai plus besoin", "ai plus besoin", "plus besoin", "viendrai pas", "ne viendrai", "je ne viens plus", "cancell*", "canceler", "cancel*", "viendrons pas"]),
        (Intent::Confirm, &["=confirm*", "=c", "je confirme", "confirme mon", "confirmer mon", "confirme le", "confirme pour", "je serai la", "j y serai", "on sera la", "nous serons la", "nous y serons", "a demain", "=oui je confirme", "=oui confirme", "serai present*", "c est confirme"]),
        (Intent::Appointment, &[
            "rendez vous", "rendezvous", "rendez vou", "rdv", "r d v", "rv", "un rv", "reserv*", "prendre un", "prendre rendez vous", "disponib*", "dispo", "dispos", "qq chose de libre", "quelque chose de libre", "libre", "semaine prochaine", "pouvez vous venir", "possible de venir", "venir demain", "faire venir", "passer a la", "venir chercher", "?j aimerais", "?je voudrais", "?j ai besoin", "?jai besoin", "?je veux", "?je cherche", "?besoin de", "?besoin d", "inspecter", "une place", "de la place", "avez vous de la place", "passer chez", "venir chez", "envoyer quelqu un", "venir voir",
            "venir faire", "quand pouvez vous", "booker", "fixer un", "planifi*", "me voir", "me prendre", "visite", "ceduler", "cedule", "passer vous voir", "passer demain", "pouvez vous venir", "pouvez vous passer", "plage horaire", "plage", "consultation",
        ]),
        (Intent::Pricing, &[
            "prix", "tarif*", "combien", "conbien", "combien ca coute", "combien coute", "cout", "couts", "coute*", "cher", "chere", "soumission*", "devis", "estim*", "frais", "taux", "facturez", "chargez", "chargez vous", "rabais", "promo*", "ca revient a", "estimation gratuite", "piasses", "dollars", "ca coute",
        ]),
        (Intent::Hours, &[
            "heures", "heures d ouverture", "heure d ouverture", "quelle heure", "kel heure", "horaire", "horaires", "ouvert", "ouverts", "ouverte", "ouvertes", "ouvre*", "ouvrez", "ouverture", "ferme", "fermes", "fermez", "fermee", "fermeture", "encore ouvert*", "etes vous ouvert*", "vous ouvrez",
            "vous fermez", "jusqu a quelle heure", "ouvert demain", "ouvert aujourd hui", "ouvert le", "c est ouvert",
        ]),
        (Intent::Location, &["adresse", "adrese", "quelle ville", "quel coin", "quel secteur", "quelle region", "ou etes vous", "vous etes ou", "ou se trouve", "sont ou", "bureau", "bureaux", "situe*", "localis*", "comment me rendre", "comment on se rend", "stationnement", "trouver votre", "c est ou", "cest ou", "ou ca", "dans quel coin", "quelle rue", "site web", "site internet", "directions", "itineraire", "ou vous trouver", "vous trouver", "emplacement"]),
        (Intent::Services, &[
            "service", "services", "?faites", "?avez vous", "?pouvez vous", "?est ce que vous", "?vous autres", "?prenez vous", "faites vous", "vous faites", "est ce que vous faites", "carte de credit", "acceptez", "offrez vous", "vous offrez", "reparez vous", "vous reparez", "installez vous", "vous installez", "nettoyez vous", "que faites vous", "qu est ce que vous faites", "qu offrez vous", "proposez", "specialis*", "vous occupez vous", "vendez vous",
            "pouvez vous reparer", "pouvez vous installer", "vous faites quoi", "quel genre de travaux",
        ]),
        (Intent::Message, &[
            "message", "mesage", "laisser un message", "prendre un message", "transmett*", "dites lui", "dites leur", "dites a", "dire a", "lui dire", "leur dire", "rappel*", "me rappeler", "rappelez moi", "appelez moi", "m appeler", "laisser une note", "faire le message", "recontact*", "contactez moi", "me contacter",
            "avisez", "informez", "un coup de fil", "donnez moi un appel", "faites lui savoir", "me rejoindre",
        ]),
        (Intent::Support, &[
            "eclate", "explose", "perce", "satisfait*", "pas satisfait*", "decu", "decue", "mal fait*", "mal installe", "brise", "brisee", "briser", "partout", "ne chauffe", "chauffe plus", "refroidi* plus", "souffle", "plus froid", "arrete de fonctionner", "lache", "gele*", "endommage*", "cogne", "cassee", "fuite", "fuites", "coule", "inond*", "inonde", "fonctionne pas", "fonctionne plus", "marche pas", "marche plus", "panne", "en panne", "urgen*", "probleme*", "pb", "souci", "bouche", "bouchee", "pas d eau", "plus d eau", "pas de chauffage", "plus de chauffage", "pas d eau chaude", "odeur de gaz", "sent le gaz",
            "plainte", "insatisfait*", "pas content*", "besoin d aide", "aidez moi", "aide", "degat", "degats", "refoul*", "refoulement", "defectueux", "bris", "mal aux dents", "tres mal", "etincelles", "bruit", "remboursement", "debord*", "personne n est venu", "toujours pas venu", "deborde",
        ]),
        (Intent::Goodbye, &["bye", "au revoir", "aurevoir", "bonne journee", "bonne soiree", "bonne fin de journee", "bonne nuit", "bonne fin de", "bonne fds", "bon weekend", "bon week end", "a bientot", "a la prochaine", "a plus", "=ciao", "c est tout", "cest tout", "=bonne fds", "salut bonne"]),
        (Intent::No, &["=pantoute", "=non non", "=ben non", "=non", "=nn", "=nan", "=n", "non merci", "non ca va", "pas pour le moment", "pas tout de suite", "pas aujourd hui", "pas necessaire", "sans facon", "pas maintenant", "laissez faire", "laisse faire", "oubliez ca", "oublie ca", "=pas besoin", "=ca va aller", "c est correct", "=non ca va", "=non c est tout", "pas vraiment", "tant pis", "=rien"]),
        (Intent::Thanks, &["merci", "mrci", "merci beaucoup", "mille mercis", "merci bcp", "=parfait", "=super", "=excellent", "=genial", "=parfait merci", "=ok merci", "c est gentil", "je vous remercie", "=cool", "apprecie"]),
        (Intent::Yes, &["=ben oui", "=mais oui", "=oui oui", "=oui oui merci", "=oui", "oui c est", "oui ca", "oui d accord", "oui certainement", "=ouais", "=ui", "=o", "=oui svp", "=oui s il vous plait", "oui merci", "=ok", "=okay", "=d accord", "=dac", "=dacc", "=daccord", "=certain", "=certainement", "=bien sur", "=absolument", "=exact", "=exactement", "=c est bon", "=cest bon", "=ca marche", "=volontiers", "=allez y", "=s il vous plait", "=svp", "=oui allo", "ca me va", "=correct", "oui parfait"]),
        (Intent::Greeting, &["bonjour", "bjr", "il y a quelqu un", "bonsoir", "salut", "allo", "hello", "=hi", "=hey", "=coucou", "=bon matin", "bon matin", "il y a quelqu un", "y a t il quelqu un", "qui est ce", "c est qui", "=rebonjour"]),
    ],
    patterns: PATTERNS,
    classes: CLASSES,
    asides: &["l|mon|notre adresse c est le|au", "mon|notre adresse", "mon|notre code postal", "l adresse est", "si vous etes|serez|ouvrez|travaillez encore|toujours la|ouvert|ouverts|ouverte|disponible*", "si vous etes|serez la|ouvert|ouverts|ouverte|disponible*", "si vous travaillez", "si vous pouvez", "si c est encore|toujours ouvert", "si ca se peut", "si c est ouvert", "si vous etes ouvert", "si vous etes ouverts", "si vous ouvrez", "si possible", "si c est possible"],
    fillers: &["euh", "heu", "hum", "hmm", "ben", "bin", "bah", "eh", "ah", "oh", "la", "genre", "donc", "alors", "coudonc", "vraiment", "juste", "finalement", "aussi", "encore", "toujours", "comme", "voyons", "tsais", "la", "bien", "svp", "quand", "meme", "peut", "tu", "en", "fait", "pis", "puis"],
    answers: &[
        (Intent::Goodbye, &["bye", "revoir", "revoyure", "aurevoir", "ciao", "tchao", "tourlou"], &["merci", "beaucoup", "ok", "bonne", "bon", "belle", "journee", "soiree", "fin", "de", "semaine", "nuit", "a", "au", "vous", "aussi", "salut", "parfait", "c", "est", "tout", "beau", "super", "oui", "non", "pour", "moi", "d", "accord", "je", "laisse", "faut", "que", "et", "alors", "matinee", "apres", "midi", "weekend", "pareillement", "egalement", "correct", "bien"]),
        (Intent::No, &["non", "nan", "nenni", "negatif", "pantoute", "pas", "jamais", "aucunement", "faux", "aucun", "aucune", "rien"], &["c", "est", "etait", "ce", "ca", "cela", "que", "qu", "j", "je", "ai", "dit", "demande", "voulais", "veux", "dire", "autre", "chose", "du", "tout", "vraiment", "exact", "exactement", "bon", "bonne", "le", "la", "moi", "pour", "merci", "absolument", "certainement", "surtout", "malheureusement", "desole", "desolee", "vous", "m", "avez", "crois", "pense", "ne", "n", "encore", "necessairement", "tout", "suite", "de", "maintenant", "moment", "aujourd", "hui", "vrai", "correct", "sur", "sure", "vie", "beaucoup", "d", "accord", "madame", "monsieur", "interesse", "interessee", "aimerais", "aime", "mieux", "prefere", "autant", "bien", "on", "est", "corrects", "ok", "celui", "celle", "un", "une", "plus", "evidemment", "question", "chance", "probablement", "oui", "mais", "ca"]),
        (Intent::Yes, &["oui", "mhm", "mmhm", "hmhm", "mjm", "ouais", "ouin", "ui", "mouais", "certain", "certainement", "absolument", "exact", "exactement", "effectivement", "volontiers", "evidemment", "assurement", "affirmatif", "entendu", "tope"], AGREED),
        (Intent::Thanks, &["merci", "remercie", "apprecie", "gentil", "gentille", "gentils", "fin", "fine", "aimable", "ange", "remerciements"], &["beaucoup", "bien", "infiniment", "mille", "fois", "un", "gros", "grand", "super", "c", "est", "tres", "ben", "trop", "vous", "etes", "je", "l", "vraiment", "pour", "tout", "votre", "aide", "ok", "parfait", "excellent", "wow", "a", "de", "du", "coeur", "d", "accord", "enormement", "sincerement", "temps", "m", "avez", "aide", "genial", "cool", "bon", "service", "patience", "encore", "ca", "et", "la", "information", "info", "une", "madame", "monsieur", "vous", "j", "apprecier", "apprecie", "beau", "correct", "gens"]),
        (Intent::Yes, &["ok", "okay", "accord", "correct", "parfait", "beau", "marche", "convient", "semble", "allez", "vas", "entendu", "super", "bon"], AGREED),
        (Intent::Greeting, &["bonjour", "bonsoir", "salut", "allo", "hello", "coucou", "rebonjour", "comment", "bjr", "hey", "hi"], &["oui", "bon", "matin", "comment", "ca", "va", "vous", "allez", "tout", "le", "monde", "madame", "monsieur", "mademoiselle", "a", "et", "est", "ce", "que", "m", "entendez", "entends", "on", "quelqu", "un", "y", "il", "c", "bien", "aujourd", "hui", "ouin", "ouais", "etes", "la", "les", "gens", "gars", "je", "cher", "chere"]),
    ],
    unsuited: &["ca marche|fonctionne|va pas|plus|pu", "@day .. marche|fonctionne pas|plus|pu", "marche|fonctionne pas pour moi|nous"],
    no_starts: &[
        "non c|ce|j|je|vous|tu|on|n|ne|ca|moi|mais|desole|desolee|pas|plus|rien|jamais", "c est|etait pas", "ce n est|etait pas", "j ai|avais pas dit|demande ca|que|de", "j ai dit non", "vous m|avez .. mal compris|entendu", "pas ca|ce que", "malheureusement non",
    ],
    small_talk: &["meteo", "trafic", "ma|sa fete", "parlez plus fort", "repeter", "repetez", "redites", "redire", "ai pas compris|entendu|saisi", "qu est ce que vous avez|dites", "ne|nee le|en", "suis ne|nee", "anniversaire", "demenage", "conduire", "au volant", "mon|ma|mes|les chien|chat|enfants|voisin|bebe", "un instant|moment", "une seconde|minute", "une petite minute|seconde|$", "la ligne", "ans", "vacances"],
    idle: &["trafic|circulation|routes|chemins|rues|ponts|meteo|pluie|neige|temperature .. terrible|epouvantable|effrayant|effrayante|affreux|affreuse|fou|folle|mal|mauvais|mauvaise|pire|bloque|bloquee|bouche|bouchee|intense|dense|lourd|lourde|glissant|glissants|glissantes|beau|belle|bizarre|plate|degueulasse|horrible|enfer", "il|va|vas|annonce|annoncent|annoncait|suppose|parait|ca|y|est|train|de .. neiger|neige|pleut|pleuvoir|mouille|mouiller|pluie|tempete|verglas|greler|orage|orages|venter|vente|bordee|averses", "il a neige|plu|mouille|vente|grele", "fait .. beau|frette|froid|chaud|humide|gris|mauvais|laid|frais|soleil|noir @day|dehors|hein|pareil", "fait|faire beau|frette|gris|soleil|mauvais|laid", "va|vas faire .. beau|frette|froid|chaud|humide|gris|frais", "@day|hui|matin .. fait|fera|ferait .. beau|frette|froid|chaud|humide|gris|frais", "belle|beau|quelle|magnifique|superbe|grosse journee|temperature|temps|tempete|bordee|pluie|neige aujourd|dehors|hein|@day", "quelle belle|magnifique|superbe|sale|mauvaise journee|temperature|tempete", "une|grosse|autre tempete|bordee|vague .. @day|dehors|arrive|neige|chaleur|froid", "la meteo", "degres dehors"],
    earnest: &["si|s|meme|parce|car|quand|quoique|mais|donc|lorsqu|lorsque|puisque|sauf", "maison|dedans|ici|appartement|chambre|interieur|bureau|logement|chalet|salon|cuisine|sous|sol|nous", "retard|degat*|coule*|inond*|infiltr*|fuite", "souffleuse|pneus|deneige*|toit*"],
    swaps: &["j|on|nous ai|a|avais|avait|avons .. @booked|@day|reserve|booke .. .. mais .. .. mieux|prefere|prefererais|prefererait|prefererions|plutot", "mon|notre|le @booked .. .. .. mais .. .. mieux|prefere|prefererais|prefererait|plutot", "suis|etais|est|sommes inscrit*|cedule*|booke*|note*|attendu*|prevu* .. .. mais .. .. mieux|prefere|prefererais|plutot", "j|on ai|a|avais|avait|mon .. @booked .. .. mais je|j|ca|on .. veux|voudrais|prendrais|peux @day"],
    openings: &["quelque chose|de .. ouvert|libre", "place|places|plage|plages|case .. ouverte|ouvertes|libre|libres", "quoi d|de ouvert|libre"],
    rooms: &["bureau", "suite", "local", "appartement", "appart", "app", "apt", "porte", "unite", "etage"],
    emergencies: &["urgen*", "tout de suite", "inond*", "degat d eau", "odeur de gaz", "sent le gaz", "fuite de gaz", "etincelles", "feu", "fumee", "plus de chauffage", "pas de chauffage", "immediatement", "au plus vite", "au plus sacrant", "monoxyde", "saigne", "on gele", "bebe"],
    message_starts: &["dites y", "dites lui", "dites leur", "dites a !quelle", "dites au", "dire a !quelle", "dire au", "lui dire", "leur dire", "avisez !moi", "informez !moi", "faites lui savoir", "message pour !le !svp !svp !svp", "message pour le !svp !svp !svp !svp", "message pour la !svp !svp !svp !svp"],
    question_starts: &["quel", "quelle", "quels", "quelles", "quand", "ou", "comment", "combien", "qui", "est ce", "qu est ce", "a quelle", "faites vous", "etes vous", "avez vous", "pouvez vous", "pourquoi", "c est combien", "cest combien"],
    name_starts: &["mon nom est", "mon nom c est", "mon nom", "je m appelle", "je mappelle", "nom", "c est", "cest", "ici", "moi c est", "je suis", "bonjour", "oui", "ok"],
    now: &["maintenant", "en ce moment", "presentement", "encore ouvert*", "la la", "actuellement", "ouvert la"],
    today: &["aujourd hui", "aujourdhui", "auj", "ajd", "ce soir", "ce matin", "cet apres midi", "cet aprem"],
    tomorrow: &["demain", "2main", "dem"],
    day_after_tomorrow: &["apres demain", "apresdemain"],
    weekdays: [
        &["lundi", "lundis"], &["mardi", "mardis"], &["mercredi", "mercredis"], &["jeudi", "jeudis"], &["vendredi", "vendredis"], &["samedi", "samedis"], &["dimanche", "dimanches"],
    ],
    everyday: &[
        "du", "une", "humain", "je", "vous", "votre", "cest", "et", "pour", "avec", "quel", "quelle", "quels", "quelles", "quand", "combien", "bonjour", "bonsoir", "salut", "allo", "merci", "oui", "svp", "demain", "aujourd", "hui", "aujourdhui",
        "ouvert", "ouverts", "ouvrez", "rendez", "rdv", "voudrais", "veux", "besoin", "pas", "qui", "heure", "heures", "prix", "faites", "etes", "avez", "pouvez", "parler", "chez", "annuler", "personne", "quelqu", "au", "aux", "ce", "cette", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
        "suis", "dites", "rappelez", "rappeler", "demandez", "moi", "elle", "ne", "mais", "adresse", "fait", "bonne", "journee", "revoir", "deplacer", "reporter",
    ],
};
