//! English, as people text it in North America.
use super::Words;
use super::patterns::en::{CLASSES, PATTERNS};
use crate::receptionist::intent::Intent;

#[rustfmt::skip] // Tables: one row per topic, filled like prose.
/// What may stand around a yes.
const AGREED: &[&str] = &["that", "thats", "thatll", "about", "do", "ma", "go", "get", "it", "its", "is", "i", "would", "will", "id", "am", "me", "my", "for", "with", "by", "a", "the", "one", "please", "thanks", "thank", "you", "very", "much", "of", "maam", "sir", "thing", "not", "so", "good", "great", "perfect", "lovely", "wonderful", "idea", "plan", "be", "ahead", "it", "lets", "this", "all", "well", "mm", "hmm", "uh", "huh", "to", "and", "too", "can", "could", "what", "said", "us", "we", "were", "like", "love", "happy", "dokie", "dokey", "cool", "nice", "alright", "awesome", "work", "because", "every", "way", "are", "really", "now", "appreciated"];
#[rustfmt::skip]
const GRATEFUL: &[&str] = &["thanks", "thank", "thanx", "thx", "ty", "cheers", "appreciate*", "wonderful", "fantastic", "amazing", "lifesaver", "grateful", "kind", "helpful", "excellent", "lovely", "brilliant", "terrific", "best", "sweet"];
/// What may stand around thanks.
#[rustfmt::skip]
const KIND: &[&str] = &["you", "your", "youre", "youve", "so", "very", "much", "a", "an", "the", "that", "thats", "this", "is", "its", "it", "was", "been", "of", "great", "awesome", "perfect", "good", "cool", "nice", "i", "id", "do", "we", "for", "all", "help", "time", "million", "lot", "lots", "bunch", "ton", "tons", "many", "kindly", "again", "star", "gem", "legend", "angel", "ok", "okay", "right", "fine", "alright", "doll", "super", "most", "too", "really", "be", "would", "have", "how", "what", "service", "everything", "calling", "back", "patience", "in", "advance", "dear", "man", "buddy", "sir", "maam", "and"];

#[rustfmt::skip]
pub(super) const WORDS: Words = Words {
    intents: &[
        (Intent::OptOut, &["=stop", "=stopall", "=end", "=quit", "=unsubscribe", "=optout", "=stop please", "=please stop"]),
        (Intent::Human, &[
            "human", "=person", "real person", "live person", "a person", "actual person", "representative", "agent", "operator", "talk to someone", "speak to someone",
            "talk to somebody", "speak to somebody", "speak with someone", "speak with", "talk with", "speak to", "talk to", "talk with someone", "talk to a", "speak to a", "speak with a", "talk to the", "speak to the",
            "speak with the", "speak to your", "talk to your", "manager", "the owner", "not a robot", "not a bot", "transfer me", "put me through", "connect me", "call me now",
            "someone call me", "somebody call me", "real human", "get me someone",
        ]),
        (Intent::Find, &[]),
        (Intent::Reschedule, &[
            "resched*", "re schedule", "move my", "move the", "move it to", "change it", "change to", "change that", "move our", "change my appointment", "change my appt", "change the time", "change my time", "change the appointment",
            "different time", "another time", "different day", "another day", "push back", "push my", "postpone*", "new time", "?cant make", "?cannot make", "?can not make", "?wont make", "?unable to make",
            "running late", "come later", "later time", "earlier time", "switch my", "instead of", "push it", "bump my",
        ]),
        (Intent::Cancel, &[
            "cancel*", "cancle*", "cxl", "call off", "dont need the appointment", "no longer need", "wont be coming", "not coming", "not going to make it", "pls cancel", "please cancel", "just cancel", "cancel it", "cancel my", "cancel the", "cancel our",
            "need to cancel", "want to cancel", "dont need my appointment", "forget the appointment",
        ]),
        (Intent::Confirm, &[
            "=confirm*", "=c", "i confirm", "confirming", "confirm my", "confirm the appointment", "confirm for", "see you tmrw", "see u tmrw", "see u then", "see u at", "see you at", "see u on", "well see you", "on my way", "be there at", "ill be there", "i will be there", "well be there", "we will be there",
            "see you then", "see you tomorrow", "see u then", "see u tomorrow", "see you on", "=yes confirm*", "confirmed",
        ]),
        (Intent::Appointment, &[
            "appointment*", "appt*", "apt", "appoint", "apointment*", "appoinment*", "appointmnt", "book", "booking", "schedul*", "make an appointment", "set up a", "set up an", "reserve", "reservation", "come by", "stop by", "come in",
            "come out", "someone come", "somebody come", "can you come", "you guys come", "come tomorrow", "come today", "send someone", "send somebody", "fit me in", "squeeze me in", "availab*", "any openings", "openings", "opening for", "slot", "slots", "free on", "get in on", "get in this", "visit", "be seen", "see me",
            "take me", "get someone out", "when can you", "book me", "?i need", "?need a", "?i want", "?looking for", "?looking to", "?wanna", "?want to", "?need to", "?i would like", "?id like", "to book", "to schedule", "serviced", "next opening", "set something up", "time for me", "any chance you", "anything available", "have time", "meet with", "come over", "drop by", "swing by", "next week", "bring my", "bring in", "an appointment",
        ]),
        (Intent::Pricing, &[
            "price*", "pricing", "cost*", "how much", "how mutch", "hw much", "rate", "rates", "fee", "fees", "quote*", "estimate*", "charge*", "expensive", "cheap*", "afford*", "ballpark", "discount*", "what do you charge", "do you charge",
            "per hour", "hourly", "deal", "deals", "specials", "any specials", "promotion*", "dollars",
        ]),
        (Intent::Hours, &[
            "hours", "hour", "hrs", "opening time*", "closing time*", "until what", "till what", "open", "opened", "close", "closes", "closed", "closing", "what time", "opening hours", "business hours", "open today", "open tomorrow", "open now", "are you open", "r u open", "you guys open",
            "still open", "how late", "how early", "when do you", "working hours", "schedule today", "weekend hours", "holiday hours", "you open", "u open",
        ]),
        (Intent::Location, &[
            "address", "adress", "what city", "which city", "what part of town", "what area", "what street", "how far", "location", "located", "where are you", "where r u", "where are u", "directions", "where is your", "how do i get", "how to get there", "find you", "parking", "where you at", "which street",
            "website", "a website", "have a website", "web site", "map", "near me", "your shop", "where is the",
        ]),
        (Intent::Services, &[
            "service", "services", "?do you", "?do u", "?do yall", "?do ya", "?can you", "?can u", "?can your", "?you guys", "?does your", "do you do", "do u do", "do you offer", "do you guys do", "do you guys offer", "do you fix", "do you repair", "do you install", "do you clean", "do you handle", "work on", "take credit", "credit card*", "accept", "can you fix", "can you do", "can you install",
            "what do you do", "what do you offer", "what kind of work", "offer", "specialize", "do you provide", "do you take care", "menu", "do you sell",
        ]),
        (Intent::Message, &[
            "message", "msg", "leave a message", "leave a msg", "take a message", "leave a note", "pass on", "pass along",
            "call me back", "call back", "callback", "call me", "give me a call", "get back to me", "reach out", "contact me", "ring me",
        ]),
        (Intent::Support, &[
            "broken", "broke", "everywhere", "is wrong", "went out", "went down", "quit working", "stopped", "blowing", "blocked", "frozen", "freezing", "ruined", "damaged", "drip*", "no one came", "nobody came", "didnt show", "leak*", "flood*", "not working", "doesnt work", "does not work", "isnt working", "stopped working", "wont start", "wont turn on", "no heat", "no hot water", "no power", "no water", "emergency", "emergancy",
            "urgent*", "asap", "problem*", "issue*", "burst", "clogged", "smell gas", "gas smell", "sparks", "sparking", "complain*", "unhappy", "not satisfied", "dissatisfied", "disappointed", "bad job", "poor job", "exploded", "help with", "need help", "not happy", "wrong with", "something wrong", "went wrong", "overflow*", "backed up", "trouble", "fix my", "noise", "making noise", "refund", "acting up",
            "stuck", "in pain", "toothache", "hurts", "still waiting", "no one showed", "nobody showed", "never showed", "help me", "=help",
        ]),
        (Intent::Goodbye, &["bye", "byebye", "goodbye", "good bye", "=good night", "see ya", "see you", "take care", "have a good", "have a great", "have a nice", "thats all", "that is all", "talk later", "=later", "ttyl", "cya"]),
        (Intent::No, &["=no", "=nope", "=nah", "=na", "=n", "not right now", "not today", "no im good", "im good thanks", "im ok thanks", "im all set", "all set", "no thanks", "no thank you", "no thx", "not now", "not really", "never mind", "nevermind", "nvm", "=no im good", "=im good", "dont bother", "no need", "=skip"]),
        (Intent::Thanks, &["thanks", "thank", "thank you", "thx", "thnx", "thks", "ty", "tysm", "tks", "appreciate*", "=great", "=perfect", "=awesome", "cheers", "=cool", "=ok great", "=sounds good thanks", "much obliged"]),
        (Intent::Yes, &["that would be great", "id like that", "=yea sure", "=yes sure", "=sure thanks", "=perfect yes", "=yeah sure", "=yes ok", "=ok sure", "=ok yes", "=for sure", "=definitely", "=yes", "=y", "=ya", "=yea", "=yep", "=yeah", "=yup", "=sure", "=ok", "=okay", "=k", "=kk", "=please", "=yes please", "yes please", "=yes thanks", "=sounds good", "=that works", "=correct", "=right", "=of course", "=absolutely", "=sure thing", "=go ahead", "=do it", "=yes sir", "=yes maam", "=fine", "=alright", "sounds good", "that works"]),
        (Intent::Greeting, &["hi", "hello", "helo", "hey", "hey there", "good morning", "good afternoon", "good evening", "=morning", "=gm", "=yo", "=sup", "hiya", "howdy", "greetings", "whats up", "anyone there", "anybody there", "is this", "who is this", "whos this"]),
    ],
    patterns: PATTERNS,
    classes: CLASSES,
    asides: &["if you do|work|open|take saturdays|sundays|weekends|mornings|evenings|nights|those|that", "the|my|our address is", "my|our|the zip|postal code is", "my|our address", "my zip|postal code", "if youre|youll|your|ur|theyre still open|there|around|working", "if you are|will|guys|all|folks still|are|be open|there|around|working", "if you are there|around|working", "if youre there|around|working", "if you have|got anything|something|time|room|it|one", "if youre open", "if you are open", "if you guys are open", "if its open", "if thats possible", "if possible", "if you can", "the other day"],
    fillers: &["uh", "um", "uhm", "umm", "er", "erm", "eh", "ah", "oh", "hm", "hmm", "m", "mm", "well", "like", "so", "please", "pls", "plz", "just", "actually", "really", "maybe", "possibly", "probably", "kinda", "sorta", "basically", "honestly", "also", "still", "then", "perhaps", "kindly", "guess", "okay", "ok", "alright", "yeah", "yes", "sorry", "guys", "folks", "quickly", "already", "definitely", "certainly", "absolutely", "literally", "ahead"],
    answers: &[
        (Intent::Goodbye, &["bye", "byebye", "goodbye", "ciao", "cya", "toodles", "cheerio"], &["good", "thanks", "thank", "you", "thx", "now", "for", "and", "too", "no", "nope", "thats", "all", "it", "everything", "great", "perfect", "much", "very", "day", "have", "a", "nice", "one", "take", "care", "later", "see", "ya", "alrighty", "gotta", "i", "go", "ill", "let", "night", "then", "that", "is", "soon", "talk", "to", "lovely", "great", "sure", "there", "till"]),
        (Intent::No, &["no", "nope", "nah", "naw", "not", "negative", "incorrect", "dont", "doesnt", "isnt", "wont", "never", "wrong", "neither", "nothing", "cannot", "cant", "didnt", "wasnt"], &["i", "im", "id", "ill", "its", "it", "is", "that", "thats", "thatll", "this", "the", "a", "at", "all", "way", "think", "thanks", "thank", "you", "very", "much", "so", "really", "exactly", "quite", "necessarily", "yet", "right", "correct", "sure", "now", "moment", "time", "for", "me", "us", "we", "were", "good", "fine", "great", "what", "said", "say", "meant", "mean", "asked", "want", "do", "does", "would", "will", "work", "works", "afraid", "absolutely", "definitely", "of", "course", "certainly", "ma", "am", "maam", "sir", "chance", "else", "anything", "everything", "one", "today", "my", "interested", "case", "true", "been", "be", "but", "another", "rather", "mind", "prefer", "any", "by", "need", "worry", "about", "bother", "interested", "other", "answer", "done", "set"]),
        (Intent::Yes, &["yes", "yep", "yup", "yeah", "yea", "yah", "ya", "yessir", "sure", "absolutely", "definitely", "certainly", "indeed", "totally", "correct", "exactly", "precisely", "affirmative", "agreed", "mhm", "mmhm", "mmhmm", "mjm", "uhhuh", "bet", "surely", "thatd", "thatll", "deal", "course"], AGREED),
        (Intent::Thanks, GRATEFUL, KIND),
        (Intent::Yes, &["right", "works", "fine", "okay", "ok", "okey", "okie", "alright", "sounds"], AGREED),
        (Intent::Greeting, &["hi", "hello", "hey", "helo", "hiya", "howdy", "greetings", "yo", "morning", "afternoon", "evening", "how", "hows", "whats"], &["good", "there", "are", "you", "ya", "u", "doing", "today", "going", "it", "things", "to", "a", "very", "everyone", "everybody", "folks", "all", "up", "day", "is", "anybody", "anyone", "can", "hear", "me", "this", "evening", "your", "been", "have", "yall", "somebody", "team", "again", "feeling", "fine", "hope", "well", "yes", "yeah", "the", "and"]),
    ],
    unsuited: &["@day|that|it|thatll|time|this doesnt|wont|didnt work", "doesnt|wont work for me|us"],
    no_starts: &[
        "no|nope|nah thats|that|this|its|it|i|im|id|ive|you|youre|your|we|not|he|she|they|the", "thats|that|its|it not|isnt|wasnt", "thats|thatll|that wrong|incorrect", "not what|that|really|exactly|quite", "i didnt say|ask|mean|want", "i said no", "you|youve misunderstood|misheard|got", "i meant something",
    ],
    small_talk: &["weather", "traffic", "speak up", "repeat that|it", "say that|it again", "didnt catch|hear|get", "come again", "what was that", "born", "birthday", "game", "^i|we|im|were driving", "at work right", "moved here", "moved in", "my|the kids|dog|cat|baby|neighbor|neighbour is|are|was|were", "years old", "on hold", "hold on", "hang on", "one sec", "just a", "give me a sec|second|minute|moment", "grab a pen", "bear with me", "breaking up", "bad connection"],
    idle: &["weather|traffic|roads|highway|forecast|rain|snow .. terrible|awful|horrible|crazy|bad|brutal|insane|nuts|heavy|nasty|slow|icy|slippery|closed|backed|jammed|something|miserable|gorgeous|nice|beautiful|great|lovely|perfect|disgusting|unreal|wild|weird|strange", "crazy|awful|terrible|nice|beautiful|gorgeous|lovely|lousy|crappy|miserable|bad|heavy|nasty|horrible|such|weird .. weather|traffic|rain|snow|storm|snowstorm|blizzard", "its|it|is|was|been|gonna|going|supposed|will|might|may|calling|calls|says|forecast .. rain|snow|sleet|hail|storm|pour|thunderstorm|flurries|snowing|raining|pouring|hailing|storming|rainy|snowy|stormy|windy|sunny|cloudy|muggy|humid|chilly", "it rained|snowed|poured|stormed", "raining|pouring cats", "cold|hot|warm|chilly|humid|muggy|windy|icy|freezing|nice|beautiful|gorgeous|miserable|slippery|frigid|boiling|scorching out|outside", "hot|cold|wet|nice|chilly one today|out", "nice|beautiful|gorgeous|lovely|crappy|miserable|perfect|sunny|rainy|ugly|gloomy day today|out|outside|huh|isnt", "what a nice|beautiful|gorgeous|lovely|miserable|crappy|rotten day", "a|another|big|the storm|snowstorm|blizzard|thunderstorm|heatwave .. coming|@day|outside", "sun is|came|finally out|shining", "the sun is|was out", "degrees out|outside|today"],
    earnest: &["if|unless|because|when|though|although|since|but|whenever|while", "in here|inside", "house|home|apartment|office|bedroom|kitchen|place|room|indoors", "late|stuck|leak*|flood*|accident|should|can|could|would", "snow|storm removal|blower|tires|door|doors|window|windows|drain"],
    swaps: &["i|we have|got|had|booked|scheduled .. @booked|@day .. .. but|though .. .. rather|prefer|preferred", "ive|weve|im|were|was booked|scheduled|down|set|got|in|had .. @day|@booked .. .. but|though .. .. rather|prefer|preferred", "my|our @booked .. .. but|though .. .. rather|prefer|preferred", "i|we|ive|im|my|weve have|got|had|booked|scheduled|@booked .. .. .. but|though .. want|need|like|take|rather|do|does|would @day", "i|we|ive|im|my|weve have|got|had|booked|scheduled|@booked .. .. .. but|though @day .. better|easier|best|works|suits"],
    openings: &["anything|something|spot|spots|slot|slots|times|room|appointments|appointment|openings|nothing open", "open spot|spots|slot|slots|times|appointment|appointments|time", "what|whats do|have|times .. open @day"],
    rooms: &["suite", "apt", "apartment", "unit", "office", "room", "floor", "ste", "door"],
    emergencies: &[
        "emergency", "emergancy", "urgent*", "asap", "right away", "burst", "flood*", "smell gas", "gas smell", "gas leak", "sparks", "sparking", "no heat", "on fire", "smoke", "immediately", "carbon monoxide", "severe pain", "bleeding", "freezing", "baby",
    ],
    message_starts: &["tell !me", "let !me know", "let my !me know", "let the !me know", "message for !the !please !please !please", "message for the !please !please !please !please"],
    question_starts: &["what", "whats", "when", "where", "how", "who", "do you", "do u", "are you", "r u", "can you", "is there", "which", "why"],
    name_starts: &["my name is", "my names", "the name is", "names", "name is", "name", "its", "it is", "this is", "im", "i am", "call me", "hi", "hello", "sure", "yes", "ok"],
    now: &["now", "right now", "still open", "at the moment", "currently", "open rn"],
    today: &["today", "tonight", "2day", "this morning", "this afternoon", "this evening"],
    tomorrow: &["tomorrow", "tomorow", "tommorow", "tommorrow", "tmrw", "tmr", "tmw", "2morrow", "2moro"],
    day_after_tomorrow: &["day after tomorrow"],
    weekdays: [
        &["monday", "mondays", "mon"], &["tuesday", "tuesdays", "tues", "tue"], &["wednesday", "wednesdays", "wed", "weds"], &["thursday", "thursdays", "thurs", "thu", "thur"],
        &["friday", "fridays", "fri"], &["saturday", "saturdays", "sat"], &["sunday", "sundays", "sun"],
    ],
    everyday: &[
        "the", "you", "your", "texting", "my", "im", "is", "are", "do", "does", "what", "whats", "when", "where", "how", "much", "can", "could", "would", "want", "need", "to", "and", "it", "this", "that", "with", "have", "please", "thanks", "thank", "hello", "hi", "hey", "yes", "today",
        "tomorrow", "open", "for", "book", "get", "appointment", "call", "at", "of", "not", "from", "some", "someone", "tell", "price", "prices", "hours", "cancel", "closed", "who", "good", "morning", "help", "thx", "cost", "reschedule", "address", "and", "be", "there", "she",
        "her", "him", "they", "we", "will", "speak", "talk", "human", "person",
    ],
};
