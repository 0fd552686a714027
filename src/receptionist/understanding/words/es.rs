//! Spanish, as people text it in the Americas.
use super::Words;
use super::patterns::es::{CLASSES, PATTERNS};
use crate::receptionist::intent::Intent;

/// What may stand around a yes.
#[rustfmt::skip]
const AGREED: &[&str] = &["si", "que", "claro", "creo", "supongo", "pienso", "me", "parece", "parecio", "muy", "bien", "esta", "estaria", "seria", "perfecto", "senor", "senora", "senorita", "joven", "por", "favor", "supuesto", "no", "soy", "yo", "es", "eso", "asi", "mero", "merito", "gracias", "pues", "desde", "luego", "de", "acuerdo", "ok", "okay", "hagamos", "hagamoslo", "late", "gusta", "gustaria", "encanta", "encantaria", "adelante", "todo", "correcto", "exacto", "digame", "diga", "vas", "ya", "ta", "lo", "el", "la", "con", "gusto", "mucho", "bueno", "excelente", "genial", "ese", "esa", "va", "dale", "sale", "orale", "andele", "listo", "este", "y", "queda", "sirve", "funciona", "a", "mi", "exactamente", "justo", "cierto", "quiero"];

#[rustfmt::skip] // Tables: one row per topic, filled like prose.
pub(super) const WORDS: Words = Words {
    intents: &[
        (Intent::OptOut, &["=stop", "=alto", "=parar", "=baja", "=basta", "=alto por favor"]),
        (Intent::Human, &[
            "humano", "humana", "robot", "una persona", "persona real", "persona de verdad", "con alguien", "con una persona", "representante", "agente", "operador*", "asesor*", "hablar con", "comunicarme con", "comuniqueme", "paseme con", "paseme a", "me pase con", "me comunica", "me comunique", "el dueno", "la duena", "gerente", "gerenta",
            "el encargado", "la encargada", "no un robot", "no con un robot", "transfierame", "transferir", "alguien me atienda", "que me atienda",
        ]),
        (Intent::Find, &[]),
        (Intent::Reschedule, &[
            "?cambiar", "cambiarla", "puedo cambiar", "reprogram*", "reagend*", "cambiar mi cita", "cambiar la cita", "cambiar la hora", "cambiar la fecha", "cambiar el dia", "cambiar de hora", "cambiar de dia", "mover mi", "mover la", "otra hora", "otro dia", "otra fecha", "otro horario", "posponer", "pospongo", "aplazar", "recorrer", "?no puedo ir", "?no podre ir", "?no voy a poder", "?no puedo llegar", "se me hizo tarde",
            "?no alcanzo", "llego tarde", "voy tarde", "adelantar", "atrasar", "pasar mi cita", "modificar mi", "cambio de hora", "mas tarde mi",
        ]),
        (Intent::Cancel, &["cancel*", "canselar", "cancelo", "cancelar mi", "cancelar la", "anular", "anulo", "ya no necesito", "no necesito la cita", "no voy a ir", "ya no voy", "no ire", "ya no quiero la cita", "no vamos a ir"]),
        (Intent::Confirm, &["=confirm*", "=c", "confirmo", "confirmar mi", "confirmo mi", "confirmado", "confirmo la", "alla estaremos", "alli estaremos", "ahi nos vemos", "si ahi nos vemos", "alla nos vemos", "ahi estare", "alli estare", "alla estare", "ahi estaremos", "nos vemos manana", "nos vemos el", "nos vemos ahi", "si confirmo", "asistire", "si asisto", "si voy a ir"]),
        (Intent::Appointment, &[
            "cita", "citas", "sita", "una cita", "agend*", "reserv*", "turno", "programar", "sacar cita", "hacer una cita", "disponib*", "espacio", "lugar para", "hueco", "pueden venir", "puede venir", "mandar a alguien", "enviar a alguien", "cuando pueden", "cuando puede", "visita", "quisiera ir", "me pueden atender", "me puede atender", "me atienden",
            "?necesito", "?quiero", "?quisiera", "?me gustaria", "?busco", "que vengan", "vengan a", "venir a", "llevar mi", "algo disponible", "tienen lugar", "me pueden ver", "me puede ver", "puedo pasar", "puedo ir", "puedo llevar", "pueden pasar", "la proxima semana", "pasar manana", "atenderme", "consulta",
        ]),
        (Intent::Pricing, &[
            "precio*", "presio*", "cuanto", "cuanto cuesta", "cuanto cobran", "cuanto sale", "cuanto vale", "cuanto es", "cuesta*", "costo", "costos", "cobran", "cobra", "tarifa*", "presupuesto*", "cotizacion*", "cotizar", "caro", "cara", "barato", "estimado", "descuento*", "promocion*", "por hora", "dolares", "kuanto", "valor",
        ]),
        (Intent::Hours, &[
            "horario", "horarios", "orario", "hora abren", "hora cierran", "que hora", "a que hora", "cerraron", "abrieron", "ya abrieron", "abriran", "abren", "abre", "abierto", "abiertos", "abierta", "abiertas", "cierran", "cierra", "cerrado", "cerrados", "estan abiertos", "esta abierto", "hasta que hora", "abren hoy", "abren manana", "horas de", "cuando abren", "siguen abiertos", "atienden", "atienden los", "trabajan los", "trabajan el", "trabajan hoy", "dias trabajan", "hora trabajan",
        ]),
        (Intent::Location, &["que ciudad", "que zona", "que parte", "se ubican", "se ubica", "oficina", "oficinas", "local", "direccion", "direcion", "ubicacion", "ubicad*", "donde estan", "donde esta", "donde queda", "donde quedan", "donde se encuentra*", "como llego", "como llegar", "estacionamiento", "en que calle", "sitio web", "pagina web", "mapa", "donde los encuentro", "por donde", "su pagina", "parqueo"]),
        (Intent::Services, &[
            "servicio", "servicios", "trabajan con", "que hacen", "que ofrecen", "?tienen", "?pueden", "?puede", "?aceptan", "ofrecen", "hacen", "ustedes hacen", "aceptan tarjeta*", "tarjeta*", "reparan", "instalan", "limpian", "arreglan", "que servicios", "a que se dedican", "tienen servicio", "manejan", "venden", "pueden arreglar", "puede arreglar", "pueden reparar", "pueden instalar", "que tipo de trabajo*", "destapan", "dan servicio",
        ]),
        (Intent::Message, &[
            "mensaje", "mensage", "recado", "dejar un mensaje", "dejar un recado", "tomar un mensaje", "digale", "diganle", "dile", "avisele", "avisenle", "avisale", "llameme", "llamenme", "llamarme", "puede llamarme", "me llamen", "me llame", "me llaman", "llamarme", "me pueden llamar", "me puede llamar", "devuelvan la llamada", "devolver la llamada", "devuelvame", "me marque", "me marquen", "pueden marcar", "me marcan", "contacten", "comuniquese conmigo",
            "pasar un mensaje", "decirle", "decirles", "me regresen la llamada",
        ]),
        (Intent::Support, &[
            "no enfria", "ya no", "no calienta", "enfria", "no arranca", "reventado", "se revento", "revento", "exploto", "no estoy content*", "no estoy satisfech*", "insatisfech*", "inconforme", "mal hecho", "quedo mal", "roto", "rota", "se rompio", "fuga", "fugas", "gotea", "goteando", "inund*", "no funciona", "no sirve", "no prende", "no enciende", "dejo de funcionar", "emergencia", "urgen*", "urge", "me urge", "problema*", "se dano", "danado", "danada", "falla", "fallando", "sin agua", "sin luz", "sin calefaccion", "no hay agua", "no hay luz", "no tengo agua", "no tengo calefaccion", "tapado", "tapada", "se tapo", "huele a gas", "olor a gas", "queja", "reclamo", "molesto", "ayuda",
            "necesito ayuda", "averia", "descompuest*", "se descompuso", "chispas", "me duele", "dolor", "reembolso", "ruido", "nunca llego", "nadie vino", "no llegaron", "se esta saliendo", "tirando agua", "desborda*",
        ]),
        (Intent::Goodbye, &["adios", "hasta luego", "hasta pronto", "bye", "chao", "chau", "nos vemos", "que tenga buen*", "que tengan buen*", "que este bien", "eso es todo", "es todo", "seria todo", "hasta manana", "buen dia gracias", "cuidese", "buenas noches gracias"]),
        (Intent::No, &["=no", "=nop", "=nel", "=n", "no asi", "asi esta bien", "ahorita no", "hoy no", "todavia no", "no gracias", "ahora no", "por ahora no", "no es necesario", "no hace falta", "olvidelo", "olvidalo", "=dejelo", "=nada", "nada mas", "=no asi esta bien", "no por ahora", "ya no importa"]),
        (Intent::Thanks, &["gracias", "grasias", "muchas gracias", "mil gracias", "grax", "=perfecto", "=excelente", "=genial", "=ok gracias", "muy amable", "se lo agradezco", "le agradezco", "=que bien", "agradecid*", "=super"]),
        (Intent::Yes, &["si esta bien", "=va perfecto", "si perfecto", "=si va", "si de acuerdo", "=si", "=sii", "=sip", "=simon", "=s", "=claro", "=claro que si", "=por supuesto", "=ok", "=okay", "=vale", "=dale", "=de acuerdo", "=esta bien", "=por favor", "=si por favor", "si por favor", "=si gracias", "si gracias", "=correcto", "=exacto", "=asi es", "=bueno", "=va", "=listo", "=sale", "=ok esta bien", "me parece bien", "=porfa", "=si claro", "=si porfa"]),
        (Intent::Greeting, &["hola", "ola", "buenos dias", "buenas tardes", "buenas noches", "buen dia", "=buenas", "buenas", "saludos", "que tal", "=hello", "=hi", "hay alguien", "quien es", "=holi", "=alo", "alguien ahi"]),
    ],
    patterns: PATTERNS,
    classes: CLASSES,
    asides: &["la|mi|nuestra direccion es", "mi|nuestra direccion", "mi|nuestro codigo postal", "si todavia|aun|siguen estan|abiertos|abren|atienden|hay", "si siguen|estan ahi|abiertos|atendiendo|trabajando", "si trabajan|atienden|estan", "si tiene|tienen algo|espacio|lugar|chance|tiempo", "si es que se|hay puede|algo|lugar", "si abren", "si estan abiertos", "si esta abierto", "si se puede", "si es posible", "si pueden"],
    fillers: &["este", "eh", "em", "m", "mm", "ah", "ay", "oh", "oiga", "oye", "mire", "mira", "pues", "pos", "bueno", "entonces", "asi", "nomas", "solo", "solamente", "nada", "mas", "tal", "vez", "quiza", "quizas", "ahorita", "todavia", "tambien", "verdad", "o", "sea", "digamos", "favor", "por", "porfa", "porfavor", "disculpe", "fijese", "ya", "si", "realmente"],
    answers: &[
        (Intent::Goodbye, &["adios", "bye", "chao", "chau", "ciao", "vemos", "luego", "hasta"], &["gracias", "muchas", "bueno", "ok", "orale", "andele", "ande", "pues", "sale", "nos", "hasta", "pronto", "que", "le", "les", "te", "vaya", "bien", "buen", "buena", "bonito", "bonita", "dia", "tarde", "noche", "noches", "tenga", "tengan", "pase", "igualmente", "es", "todo", "seria", "eso", "muy", "amable", "perfecto", "cuidese", "si", "no", "entonces", "la", "proxima", "ya", "me", "voy", "lo", "dejo", "hablamos", "ahi", "alla", "vale", "listo", "usted", "a", "tambien", "este", "hablamos", "colgar", "tengo"]),
        (Intent::Yes, &["problema", "bronca", "inconveniente"], &["no", "hay", "sin", "ningun", "ninguna", "si", "claro", "ok"]),
        (Intent::No, &["no", "nop", "nel", "nunca", "jamas", "tampoco", "negativo", "ninguno", "ninguna", "nada", "incorrecto", "equivocado", "equivocada"], &["la", "verdad", "pues", "eso", "ese", "esa", "es", "fue", "era", "lo", "que", "yo", "dije", "quise", "quiero", "decir", "otra", "otro", "cosa", "gracias", "muchas", "creo", "para", "mi", "por", "el", "momento", "ahora", "ahorita", "todavia", "aun", "de", "ninguna", "manera", "en", "absoluto", "senor", "senora", "senorita", "joven", "claro", "supuesto", "mejor", "asi", "esta", "estamos", "estoy", "bien", "bueno", "perdon", "desafortunadamente", "lamentablemente", "correcto", "cierto", "soy", "me", "entendio", "entendiste", "preferiria", "prefiero", "sirve", "conviene", "hoy", "ya", "mas", "todo", "si", "a", "sera", "parece", "interesa", "gusta", "necesario", "hace", "falta", "pense", "seguro", "este", "ok"]),
        (Intent::Yes, &["si", "mjm", "mhm", "mmhm", "mju", "ajam", "aha", "sip", "simon", "aja", "claro", "exacto", "exactamente", "correcto", "cierto", "efectivamente", "seguro", "afirmativo", "adelante", "supuesto", "desde", "asi", "andele", "orale", "eso", "dale", "sale", "va", "vale", "hagale", "listo", "sii", "obvio", "obviamente"], AGREED),
        (Intent::Thanks, &["gracias", "agradezco", "agradecido", "agradecida", "amable", "gentil", "bendiciones", "linda", "grax"], &["muchas", "muchisimas", "mil", "super", "ok", "muy", "es", "usted", "que", "se", "lo", "le", "ay", "por", "todo", "su", "ayuda", "tiempo", "atencion", "servicio", "buen", "de", "verdad", "infinitas", "perfecto", "excelente", "bueno", "a", "ustedes", "bastante", "mucho", "tan", "un", "angel", "sumamente", "dios", "bendiga", "la", "los", "genial", "ok", "bien", "estoy", "informacion", "paciencia", "llamar", "corazon", "senorita", "joven", "senor", "senora", "ayudarme", "haberme", "eh", "vale", "lindo", "ha", "sido", "este", "y"]),
        (Intent::Yes, &["ok", "okay", "perfecto", "bien", "parece", "excelente", "acuerdo"], AGREED),
        (Intent::Greeting, &["hola", "ola", "buenas", "buenos", "saludos", "alo", "holi", "hey", "onda", "hello", "como"], &["dias", "tardes", "noches", "dia", "buen", "muy", "que", "tal", "como", "esta", "estan", "estas", "le", "les", "te", "va", "si", "bueno", "se", "encuentra", "usted", "ustedes", "me", "escucha", "escuchan", "oye", "senorita", "senor", "senora", "joven", "disculpe", "hay", "alguien", "ahi", "todos", "todo", "bien", "a", "hoy", "y", "eh", "muchachos", "ha", "estado", "amigo", "amiga"]),
    ],
    unsuited: &["no me sirve|funciona|jala|queda|acomoda", "@day no|ya .. sirve|funciona|queda", "ya no me sirve|funciona|queda|acomoda"],
    no_starts: &[
        "no eso|ese|esa|esto|yo|fue|pues|tampoco|perdon|disculpe|senor|senora|joven|no|asi|dije|quise|me", "no es eso|ese|esa|lo|asi|correcto|cierto|el|la", "no fue|era eso|lo|asi", "eso|ese|esa no", "yo no dije|quise|pedi", "dije que no", "no me entendio|entendiste|entendieron", "por el momento no", "creo que no",
    ],
    small_talk: &["trafico", "no se", "no sabria", "fiesta", "dejeme ver mi", "hable mas", "repite", "repita", "repetir", "no entendi|escuche|oi|alcance", "no le|la|lo entendi|escuche|oigo", "nacio", "naci", "nacida|nacido", "cumpleanos", "me mude", "nos mudamos", "manejando", "mi|mis perro|gato|ninos|hijos|vecino|bebe", "un momento|momentito|segundo|segundito", "permitame", "espereme|espere un", "se corta", "anos", "partido"],
    idle: &["trafico|transito|calles|carreteras|autopista|clima .. horrible|terrible|pesado|fatal|feo|fea|loco|malo|mal|imposible|lento|parado|detenido|fuerte|bonito|lindo|raro|extrano|pesimo|espantoso", "mucho|que|hay .. trafico|transito", "mal|buen|lindo|bonito|feo|que clima|tiempo hace|hoy|afuera|hay", "que clima", "va|van|esta|estaba|dicen|estuvo|iba|puede|parece|pronostican|anuncian|viene .. llover|lloviendo|nevar|nevando|llueva|llovera|nevara|lluvia|lluvias|nieve|tormenta|granizar|granizando|nublado|soleado", "llueve|llovio|llovera|nevo|nevara|nieva|llovizna", "hace|hizo|hara|hacia .. calor|frio|viento|sol|fresco @day|afuera|verdad", "hace|hizo buen|mal tiempo|clima", "@day|que .. hace|hizo|hara|hacer .. calor|frio|viento|sol|fresco|calorcito", "va|iba a .. hacer .. calor|frio|viento|sol|fresco", "que calor|frio|viento|solazo .. hace|@day", "que bonito|lindo|hermoso|feo|bello dia|clima", "bonito|lindo|hermoso|feo|bello dia hoy|hace", "viene|hay|habra una|la tormenta|nevada|lluvia", "la tormenta|nevada", "grados afuera"],
    earnest: &["si|aunque|porque|cuando|pero|pues|entonces|mientras|salvo", "casa|aqui|adentro|dentro|cuarto|oficina|departamento|recamara|sala|cocina|apartamento", "tarde $", "gotea*|gotera*|inund*|filtra*|mete|fuga*", "se que tenga*|tengan*"],
    swaps: &["tengo|teniamos|tenia|tenemos .. @booked|agendado|apartado|reservado .. .. pero .. .. prefiero|preferiria|preferimos|mejor", "mi|nuestra @booked .. .. .. pero .. .. prefiero|preferiria|preferimos|mejor", "estoy|estaba|quede|estamos agendad*|anotad*|apuntad*|programad* .. .. pero .. .. prefiero|preferiria|mejor", "tengo|tenia|mi .. @booked .. .. .. pero .. .. quiero|quisiera|ocupo|necesito|gustaria el|@day"],
    openings: &["algo|espacio|lugar|lugarcito|hueco|turno|horario .. abierto|libre|disponible"],
    rooms: &["oficina", "suite", "local", "apartamento", "departamento", "depto", "apto", "piso", "numero", "unidad", "interior", "puerta"],
    emergencies: &["emergencia", "urgen*", "inund*", "fuga de gas", "huele a gas", "olor a gas", "chispas", "fuego", "humo", "de inmediato", "inmediatamente", "lo antes posible", "sin calefaccion", "monoxido", "sangr*", "cuanto antes", "congelando", "bebe"],
    message_starts: &["digale", "diganle", "dile", "avisele", "avisenle", "avisale", "decirle", "decirles", "mensaje para !el !confirmar !favor !favor !favor", "mensaje para el !favor !favor !favor !favor", "mensaje para la !favor !favor !favor !favor", "aviseles", "avise a"],
    question_starts: &["que", "cual", "cuales", "cuando", "donde", "como", "cuanto", "cuantos", "quien", "a que", "hasta que", "tienen", "ofrecen", "hacen", "puedo", "por que"],
    name_starts: &["mi nombre es", "mi nombre", "me llamo", "nombre", "soy", "es", "hola", "si", "ok", "claro"],
    now: &["ahora", "ahorita", "en este momento", "siguen abiertos", "todavia", "ahora mismo"],
    today: &["hoy", "esta tarde", "esta noche", "esta manana"],
    tomorrow: &["manana", "mnn"],
    day_after_tomorrow: &["pasado manana"],
    weekdays: [&["lunes"], &["martes"], &["miercoles"], &["jueves"], &["viernes"], &["sabado", "sabados"], &["domingo", "domingos"]],
    everyday: &[
        "el", "los", "las", "una", "uno", "unos", "mi", "mis", "su", "sus", "quiero", "quisiera", "necesito", "para", "por", "cual", "cuando", "donde", "como", "cuanto", "cuesta", "hola", "buenos", "buenas", "dias", "tardes", "noches", "gracias", "hoy", "manana", "abren", "abierto", "abiertos", "cierran",
        "cita", "precio", "precios", "estan", "esta", "hacen", "tienen", "puedo", "pueden", "puede", "hablar", "persona", "del", "lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "adios", "ayuda", "horario", "cancelar", "confirmo", "mensaje", "pero", "muy",
        "digale", "direccion", "alguien", "soy", "servicios", "ofrecen", "cambiar", "reprogramar", "dejar", "mucho", "muchas", "luego", "ustedes", "cobran", "hora", "ahora", "donde", "sirve", "funciona", "agua", "tengo",
    ],
};
