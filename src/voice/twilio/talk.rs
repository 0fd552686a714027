//! The receptionist on the line: how it begins, what it hears, what it says next.
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    desk::Desk,
    plan::{Line, Plan, Step},
    recording,
    store::{Call, Phase},
    words::{Words, usual_answers, words},
};
use crate::{
    kernel::{db::TenantTx, language::Language},
    people::consents,
    receptionist::{
        Heard, Intent, Medium, Turn,
        brain::Answer,
        builtin::{DialogueState, Input, Step as BrainStep, advance, pending_question},
        tools::ToolName,
    },
    tenancy::{AiProvider, RecordingMode},
    traffic::{
        self, Role, SavedDialogue, Source,
        store::calls::{Spoken, save_spoken},
    },
};

/// Nobody talks with a receptionist for longer; robots do.
const MOST_TURNS: i32 = 80;
const MOST_TURNS_LIMITED: i32 = 12;
/// So often in a row the caller is asked again who was not heard; then the keys are explained, then somebody else is.
const MOST_SILENCES: i32 = 2;
/// What one turn of a call may hold; recognition cuts after a minute.
const LONGEST_TURN: usize = 2_000;

/// Begins the conversation: whether it may be recorded first, then the greeting.
pub async fn begin(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    let language = call.language;
    if !desk.line().keeps_words {
        return greet(tx, desk, call, Vec::new(), now).await;
    }
    let own = desk.settings().recording_consent_text.clone();
    match desk.settings().recording_mode {
        RecordingMode::Off => greet(tx, desk, call, Vec::new(), now).await,
        RecordingMode::Announced => {
            let announced = own.unwrap_or_else(|| words(language, Words::Recorded));
            recording::order_start(tx, call);
            greet(tx, desk, call, vec![Line::fixed(language, announced)], now).await
        }
        RecordingMode::Consent => match agreed(tx, call).await? {
            Some(true) => {
                recording::order_start(tx, call);
                let announced = vec![Line::fixed(language, words(language, Words::Recorded))];
                greet(tx, desk, call, announced, now).await
            }
            Some(false) => greet(tx, desk, call, Vec::new(), now).await,
            // Whose consent could not be written down is not asked for it.
            None if call.contact.is_none() => greet(tx, desk, call, Vec::new(), now).await,
            None => {
                call.phase = Phase::Consent;
                let question = own.unwrap_or_else(|| words(language, Words::MayRecord));
                let lines = [question, words(language, Words::MayRecordKeys)];
                let lines = lines.map(|text| Line::fixed(language, text)).into();
                Ok(ask(call, lines, Vec::new(), Some(1)))
            }
        },
    }
}

/// What the person said about recordings, last.
async fn agreed(tx: &mut TenantTx, call: &Call) -> sqlx::Result<Option<bool>> {
    let Some(contact) = call.contact else {
        return Ok(None);
    };
    let said = consents::list_consents(tx, contact).await?;
    let said = said
        .into_iter()
        .find(|consent| consent.is_current && consent.purpose == "RECORDING");
    Ok(said.map(|consent| consent.granted))
}

/// The greeting, after what must be said before it.
pub async fn greet(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    mut before: Vec<Line>,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    call.phase = Phase::Talk;
    call.silences = 0;
    if call.is_limited {
        let name = &desk.business.name;
        before.push(Line::fixed(
            call.language,
            words(call.language, Words::MessageOnly { name }),
        ));
        return ask_message(tx, desk, call, before, now).await;
    }
    let heard = Turn {
        heard: Heard::Silence,
        ..turn(call, Heard::Silence, None, now)
    };
    let (text, dialogue) = said_at_once(desk, call, &heard);
    before.push(Line::fixed(call.language, text));
    say_and_listen(tx, desk, call, None, before, Some(dialogue), now).await
}

/// Nobody can be had, or nothing but a message: what shall be passed on? The built-in brain takes it from here.
pub async fn ask_message(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    mut before: Vec<Line>,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    call.phase = Phase::Talk;
    call.is_builtin = true;
    call.silences = 0;
    let wish = turn(call, Heard::Text(String::new()), Some(Intent::Message), now);
    let (_, dialogue) = said_at_once(desk, call, &wish);
    before.push(Line::fixed(
        call.language,
        words(call.language, Words::TellMessage),
    ));
    say_and_listen(tx, desk, call, None, before, Some(dialogue), now).await
}

/// What the built-in brain says to a turn for which it needs no tool.
fn said_at_once(desk: &Desk, call: &Call, turn: &Turn) -> (String, SavedDialogue) {
    let mut state = DialogueState::restore(&call.dialogue.state);
    let said = match advance(&desk.business, &mut state, Input::Turn(turn)) {
        BrainStep::Say(reply) => reply.text,
        BrainStep::Call(_) => words(call.language, Words::HowCanIHelp),
    };
    let dialogue = SavedDialogue {
        state: serde_json::to_value(&state).unwrap_or_default(),
        provider_chat_id: call.dialogue.provider_chat_id.clone(),
    };
    (said, dialogue)
}

/// What a request asks for.
#[derive(Clone, Debug)]
pub enum Wish {
    Brain(Turn),
    Silence,
    /// It has lasted for as long as anybody talks with a receptionist.
    Enough(Turn),
    /// They were asked whether the call may be recorded.
    Consent(Option<bool>),
}

/// What the caller did, as the phase of the call has it.
pub fn wish_of(
    call: &Call,
    heard: Option<&crate::providers::twilio::Heard>,
    now: DateTime<Utc>,
) -> Wish {
    use crate::providers::twilio::Heard as Told;

    let has_talked_enough = has_talked_enough(call);
    let wish = |turn| match has_talked_enough {
        true => Wish::Enough(turn),
        false => Wish::Brain(turn),
    };
    if call.phase == Phase::Consent {
        return Wish::Consent(heard.and_then(|heard| agreement_in(heard, call.language)));
    }
    let heard = match heard {
        None => return Wish::Silence,
        Some(Told::Speech(text)) => Heard::Text(text.chars().take(LONGEST_TURN).collect()),
        Some(Told::Digits(digits)) if call.has_menu => {
            let (heard, intent) = match digits.as_str() {
                "1" => (Heard::Text(String::new()), Some(Intent::Appointment)),
                "2" => (Heard::Text(String::new()), Some(Intent::Message)),
                other => (Heard::Digits(other.to_owned()), None),
            };
            return wish(turn(call, heard, intent, now));
        }
        Some(Told::Digits(digits)) => Heard::Digits(digits.clone()),
    };
    wish(turn(call, heard, None, now))
}

fn has_talked_enough(call: &Call) -> bool {
    let most = match call.is_limited {
        true => MOST_TURNS_LIMITED,
        false => MOST_TURNS,
    };
    call.turn >= most
}

/// Yes or no, said or keyed.
fn agreement_in(heard: &crate::providers::twilio::Heard, language: Language) -> Option<bool> {
    use crate::{providers::twilio::Heard as Told, receptionist::understanding::understand};

    match heard {
        Told::Digits(digits) => match digits.as_str() {
            "1" => Some(true),
            _ => Some(false),
        },
        Told::Speech(text) => match understand(text, language).intent {
            Intent::Yes => Some(true),
            Intent::No => Some(false),
            _ => None,
        },
    }
}

fn turn(call: &Call, heard: Heard, intent: Option<Intent>, now: DateTime<Utc>) -> Turn {
    Turn {
        heard,
        medium: Medium::Voice,
        language: call.language,
        intent,
        now,
        has_media: false,
    }
}

/// Nobody was heard: asked again twice, then the keys, then somebody else.
pub async fn after_silence(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    call.silences += 1;
    let language = call.language;
    let say = |said| Line::fixed(language, words(language, said));
    let lines = match call.silences {
        _ if has_talked_enough(call) => return someone_else(tx, desk, call, Vec::new(), now).await,
        1 => vec![
            say(Words::NotHeard),
            asked_again(desk, call, Words::HowCanIHelp),
        ],
        silences if silences <= MOST_SILENCES => {
            vec![
                say(Words::StillNotHeard),
                asked_again(desk, call, Words::TellNeed),
            ]
        }
        silences if silences == MOST_SILENCES + 1 && !call.is_limited => {
            call.has_menu = true;
            vec![say(Words::Menu)]
        }
        _ => return someone_else(tx, desk, call, Vec::new(), now).await,
    };
    say_and_listen(tx, desk, call, None, lines, None, now).await
}

/// The question that was not answered; where there is none, what is open to everybody.
fn asked_again(desk: &Desk, call: &Call, otherwise: Words<'_>) -> Line {
    let language = call.language;
    let state = DialogueState::restore(&call.dialogue.state);
    if let Some(question) = pending_question(&desk.business, &state, language) {
        return Line::personal(language, question);
    }
    // What a model asked stands nowhere but in its words.
    let is_model = desk.line().ai_provider == AiProvider::Llm && !call.is_builtin;
    if is_model
        && call.has_heard
        && let Some(said) = said_last(call)
    {
        return said;
    }
    let otherwise = if call.is_limited {
        Words::TellMessage
    } else {
        otherwise
    };
    Line::fixed(language, words(language, otherwise))
}

fn said_last(call: &Call) -> Option<Line> {
    let plan: Plan = serde_json::from_value(call.plan.clone()?).ok()?;
    plan.0.into_iter().find_map(|step| match step {
        Step::Ask { mut lines, .. } => lines.pop(),
        _ => None,
    })
}

/// Whoever has talked for so long is helped by somebody else, or not at all.
pub async fn end_talk(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    turn: &Turn,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    hear(tx, call, turn, now).await?;
    someone_else(tx, desk, call, Vec::new(), now).await
}

/// A person took the call over and cannot be rung: what the caller wants is for them to do.
pub async fn take_message(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    turn: &Turn,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    hear(tx, call, turn, now).await?;
    let nobody = Line::fixed(call.language, words(call.language, Words::NobodyFree));
    ask_message(tx, desk, call, vec![nobody], now).await
}

/// Writes down what no brain is asked about.
async fn hear(
    tx: &mut TenantTx,
    call: &mut Call,
    turn: &Turn,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    call.has_heard = true;
    call.has_menu = false;
    note(tx, call, written(&turn.heard), &[], None, now).await
}

/// Nobody came whom the caller asked for: a message, or the tone where they have talked enough.
pub async fn after_transfer(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    let nobody = vec![Line::fixed(
        call.language,
        words(call.language, Words::NobodyFree),
    )];
    match has_talked_enough(call) {
        true => voicemail(tx, desk, call, nobody, now).await,
        false => ask_message(tx, desk, call, nobody, now).await,
    }
}

/// The next rung: a person, else a tone to speak after.
pub async fn someone_else(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    before: Vec<Line>,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    if call.can_dial && desk.phone().is_some() {
        let line = Line::fixed(call.language, words(call.language, Words::Ringing));
        return Ok(ring(
            desk,
            call,
            Phase::Transfer,
            before.into_iter().chain([line]),
            now,
        ));
    }
    voicemail(tx, desk, call, before, now).await
}

/// Rings the business's own people.
pub fn ring(
    desk: &Desk,
    call: &mut Call,
    phase: Phase,
    before: impl IntoIterator<Item = Line>,
    now: DateTime<Utc>,
) -> Plan {
    let Some(number) = desk.phone().cloned() else {
        return Plan::hang_up();
    };
    call.phase = phase;
    call.dialled_at = Some(now);
    call.accepted_at = None;
    // Whoever did not come at the caller's wish is not rung again; before that they were rung by rule.
    call.can_dial = call.can_dial && phase == Phase::Staff;
    let steps = before.into_iter().map(Step::Say);
    let ring = Step::Ring {
        number,
        seconds: desk.ring_s(),
        // Twilio wants a number; a caller who withholds theirs is shown as ours.
        caller_id: call.from.is_none().then(|| call.to.clone()).flatten(),
    };
    Plan(steps.chain([ring]).collect())
}

/// A tone to speak after. Where nothing that is said may be kept, a message is taken in its stead: that somebody
/// called, and what of it may be passed on.
pub async fn voicemail(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    mut before: Vec<Line>,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    if !desk.line().keeps_words && !call.is_limited && !has_talked_enough(call) {
        call.is_limited = true;
        return ask_message(tx, desk, call, before, now).await;
    }
    if !desk.line().keeps_words {
        call.phase = Phase::Over;
        let line = Line::fixed(call.language, words(call.language, Words::AfterTone));
        return Ok(Plan::say_and_hang_up(line));
    }
    call.phase = Phase::Voicemail;
    let name = &desk.business.name;
    before.push(Line::fixed(
        call.language,
        words(call.language, Words::BeforeTone { name }),
    ));
    let steps = before.into_iter().map(Step::Say);
    let record = Step::Record {
        language: call.language,
    };
    Ok(Plan(steps.chain([record]).collect()))
}

/// What a brain answered becomes what the call does next.
pub async fn follow(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    turn: &Turn,
    answer: Answer,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    let reply = answer.reply;
    call.has_heard = true;
    call.silences = 0;
    call.has_menu = false;
    call.language = reply.language;
    let took_message = reply
        .tool_calls
        .iter()
        .any(|called| called.name == ToolName::TakeMessage);
    let line = Line::personal(reply.language, reply.text);
    let heard = written(&turn.heard);
    let is_last = reply.ends || (call.is_limited && took_message);
    if reply.hands_over && call.can_dial && desk.phone().is_some() {
        note(tx, call, heard, &[&line], Some(&answer.dialogue), now).await?;
        return Ok(ring(desk, call, Phase::Transfer, [line], now));
    }
    if reply.gives_up {
        note(tx, call, heard, &[&line], Some(&answer.dialogue), now).await?;
        return voicemail(tx, desk, call, vec![line], now).await;
    }
    if is_last {
        note(tx, call, heard, &[&line], Some(&answer.dialogue), now).await?;
        call.phase = Phase::Over;
        return Ok(Plan::say_and_hang_up(line));
    }
    say_and_listen(
        tx,
        desk,
        call,
        heard,
        vec![line],
        Some(answer.dialogue),
        now,
    )
    .await
}

/// A turn as it stands in the conversation.
fn written(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Text(text) if text.is_empty() => None,
        Heard::Text(text) => Some(text.clone()),
        Heard::Digits(digits) => Some(format!("[{digits}]")),
        Heard::Silence => None,
    }
}

/// Says this, writes it down and listens.
async fn say_and_listen(
    tx: &mut TenantTx,
    desk: &Desk,
    call: &mut Call,
    heard: Option<String>,
    lines: Vec<Line>,
    dialogue: Option<SavedDialogue>,
    now: DateTime<Utc>,
) -> sqlx::Result<Plan> {
    let spoken: Vec<&Line> = lines.iter().collect();
    note(tx, call, heard, &spoken, dialogue.as_ref(), now).await?;
    if let Some(dialogue) = dialogue {
        call.dialogue = dialogue;
    }
    let services = desk
        .business
        .services
        .iter()
        .map(|service| service.name.clone());
    let usual = usual_answers(call.language)
        .iter()
        .map(|answer| (*answer).to_owned());
    let hints = usual.chain(services).collect();
    Ok(ask(call, lines, hints, None))
}

fn ask(call: &mut Call, lines: Vec<Line>, hints: Vec<String>, digits: Option<u8>) -> Plan {
    call.turn += 1;
    Plan(vec![Step::Ask {
        lines,
        turn: call.turn,
        language: call.language,
        hints,
        digits: digits.or(call.has_menu.then_some(1)),
    }])
}

/// Writes down what both sides said.
async fn note(
    tx: &mut TenantTx,
    call: &mut Call,
    heard: Option<String>,
    lines: &[&Line],
    dialogue: Option<&SavedDialogue>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let said: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let said = said.join(" ");
    let mut turns: Vec<(Role, &str)> = Vec::new();
    turns.extend(heard.as_deref().map(|text| (Role::Caller, text)));
    if !said.is_empty() {
        turns.push((Role::Ai, &said));
    }
    let spoken = Spoken {
        interaction: call.interaction,
        position: call.positions + 1,
        turns: &turns,
        language: call.language,
        dialogue,
        at: now,
    };
    save_spoken(tx, &spoken).await?;
    call.positions += i32::try_from(turns.len()).unwrap_or(0);
    Ok(())
}

/// A line of the black box about a turn; no words.
pub fn trace_turn(
    tx: &mut TenantTx,
    call: &Call,
    asked: i32,
    told: &crate::providers::twilio::CallForm,
    now: DateTime<Utc>,
) {
    use crate::providers::twilio::Heard as Told;

    let (heard, length) = match &told.heard {
        Some(Told::Speech(text)) => ("SPEECH", text.chars().count()),
        Some(Told::Digits(digits)) => ("DIGITS", digits.len()),
        None => ("NOTHING", 0),
    };
    let detail = json!({
        "turn": asked, "heard": heard, "characters": length, "is_cut": length > LONGEST_TURN,
        "confidence": told.confidence, "then": call.phase, "silences": call.silences,
        "call_status": told.status.as_str(),
    });
    traffic::trace(
        tx,
        call.interaction,
        Source::Decision,
        "call.turn",
        detail,
        now,
    );
}
