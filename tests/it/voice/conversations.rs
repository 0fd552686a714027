//! The same conversation over Twilio, with Retell's tools and with Vapi's: what is said may differ, what comes of it not.
//!
//! Over Twilio the built-in receptionist answers by TwiML; at the two others it stands in for the agent, and its tools
//! are asked over the provider's road.
use rocket_reception::{
    kernel::db::TenantTx,
    receptionist::{
        Business, Heard, Medium, Turn,
        builtin::{DialogueState, Input, Step, advance},
        tools::{ToolAnswer, ToolCall},
    },
    tenancy::business,
};
use serde_json::{Value, json};

use super::CALLER;
use crate::support::{Subscriber, TestApp};

/// What somebody says, line by line, and what comes of it.
struct Script {
    lines: Vec<&'static str>,
    ends_with: &'static str,
}

impl Script {
    /// Each ends with a line of what comes of it.
    fn all(language: &str) -> Vec<Self> {
        let text = match language {
            "fr" => include_str!("../../data/conversations/fr.txt"),
            "es" => include_str!("../../data/conversations/es.txt"),
            _ => include_str!("../../data/conversations/en.txt"),
        };
        let mut lines = Vec::new();
        let mut scripts = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("= ") {
                Some(ends_with) => scripts.push(Self {
                    lines: std::mem::take(&mut lines),
                    ends_with,
                }),
                None => lines.push(line),
            }
        }
        scripts
    }
}

/// The call's outcome, and what it left: an appointment (for whom, when, how it stands), a message, a wish.
async fn end_of(app: &TestApp, of: &Subscriber) -> String {
    let statement = "select concat_ws(', ', i.outcome_type,
                       (select string_agg(concat_ws(', ', customer_name,
                                to_char(starts_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), status), '; ')
                          from appointments where subscriber_id = $1),
                       (select string_agg(summary, '; ') from leads where subscriber_id = $1),
                       (select string_agg('no texts to ' || phone, '; ') from opt_outs where subscriber_id = $1))
                       from interactions i where i.subscriber_id = $1 and i.channel = 'VOICE'";
    app.value(of, statement).await
}

async fn shop(app: &TestApp, language: &'static str) -> Subscriber {
    let shop = app.subscriber("hvac").language(language);
    shop.service("Furnace tune-up", 60, 149).await
}

async fn over_twilio(language: &'static str, script: &Script) -> String {
    let app = TestApp::start().await;
    let shop = shop(&app, language).await;
    let mut call = app.call_from(CALLER).calls(&shop.number).await;
    for line in &script.lines {
        call.says(line).await;
    }
    call.ends_after("90").await.expect(204);
    end_of(&app, &shop).await
}

/// The agent of a provider, played by the dialogue of our own.
struct Agent {
    business: Business,
    state: DialogueState,
}

/// How a provider asks for a tool: the whole road, there and back.
trait Road {
    async fn ask(&self, call: &ToolCall) -> ToolAnswer;
}

impl Agent {
    async fn of(app: &TestApp, shop: &Subscriber) -> Self {
        let mut tx = TenantTx::begin(&app.state.db, shop.id).await.unwrap();
        let now = app.state.clock.now();
        let profile = business::find_business(&mut tx, now).await.unwrap();
        Self {
            business: Business::from_profile(&profile.unwrap(), "CAD"),
            state: DialogueState::default(),
        }
    }

    async fn hears(&mut self, app: &TestApp, heard: Heard, road: &impl Road) {
        let turn = Turn {
            heard,
            medium: Medium::Voice,
            language: self.state.language.unwrap_or(self.business.language),
            intent: None,
            now: app.state.clock.now(),
            has_media: false,
        };
        let mut step = advance(&self.business, &mut self.state, Input::Turn(&turn));
        while let Step::Call(call) = step {
            let answer = road.ask(&call).await;
            let input = Input::ToolAnswered(&call, &answer);
            step = advance(&self.business, &mut self.state, input);
        }
    }
}

async fn held(app: &TestApp, shop: &Subscriber, script: &Script, road: &impl Road) {
    let mut agent = Agent::of(app, shop).await;
    agent.hears(app, Heard::Silence, road).await;
    for line in &script.lines {
        let heard = Heard::Text((*line).to_owned());
        agent.hears(app, heard, road).await;
    }
}

struct Retell<'a> {
    app: &'a TestApp,
    number: &'a str,
}

impl Retell<'_> {
    fn call(&self) -> Value {
        json!({
            "call_id": "call_1", "call_type": "phone_call", "direction": "inbound", "from_number": CALLER,
            "to_number": self.number, "start_timestamp": self.app.state.clock.now().timestamp_millis(),
        })
    }

    async fn tells(&self, event: &str, more: &Value) {
        let mut call = self.call();
        for (name, value) in more.as_object().unwrap() {
            call[name] = value.clone();
        }
        let event = json!({"event": event, "call": call});
        self.app.retell_event(&event).send().await.expect(204);
    }
}

impl Road for Retell<'_> {
    async fn ask(&self, call: &ToolCall) -> ToolAnswer {
        let mut described = self.call();
        described["transcript_with_tool_calls"] = json!([{
            "role": "tool_call_invocation", "tool_call_id": call.id, "name": call.name,
            "arguments": call.args.to_string(),
        }]);
        let body = json!({"name": call.name, "args": call.args, "call": described});
        let answer = self.app.retell_event(&body).send().await.expect(200);
        serde_json::from_value(answer.json()).unwrap()
    }
}

async fn with_retells_tools(language: &'static str, script: &Script) -> String {
    let app = TestApp::start().await;
    let shop = shop(&app, language).await;
    let retell = Retell {
        app: &app,
        number: &shop.number,
    };
    retell.tells("call_started", &json!({})).await;
    held(&app, &shop, script, &retell).await;
    let over = json!({"duration_ms": 90_000, "disconnection_reason": "user_hangup"});
    retell.tells("call_ended", &over).await;
    end_of(&app, &shop).await
}

struct Vapi<'a> {
    app: &'a TestApp,
    number: &'a str,
}

impl Vapi<'_> {
    async fn says(&self, mut message: Value) -> Value {
        message["call"] = json!({"id": "0191f3c2-7b1e-7000-8a4d-5a1f0c9e77b1", "type": "inboundPhoneCall",
                                 "startedAt": self.app.state.clock.now()});
        message["customer"] = json!({"number": CALLER});
        message["phoneNumber"] = json!({"number": self.number});
        let body = json!({ "message": message });
        self.app.vapi_message(&body).send().await.expect(200).json()
    }
}

impl Road for Vapi<'_> {
    async fn ask(&self, call: &ToolCall) -> ToolAnswer {
        let function = json!({"name": call.name, "arguments": call.args});
        let tool = json!({"id": call.id, "type": "function", "function": function});
        let answer = self
            .says(json!({"type": "tool-calls", "toolCallList": [tool]}))
            .await;
        let result = answer["results"][0]["result"].as_str();
        serde_json::from_str(result.unwrap()).unwrap()
    }
}

async fn with_vapis_tools(language: &'static str, script: &Script) -> String {
    let app = TestApp::start().await;
    let shop = shop(&app, language).await;
    let vapi = Vapi {
        app: &app,
        number: &shop.number,
    };
    vapi.says(json!({"type": "status-update", "status": "in-progress"}))
        .await;
    held(&app, &shop, script, &vapi).await;
    let report = json!({"type": "end-of-call-report", "endedReason": "customer-ended-call", "durationSeconds": 90,
                        "analysis": {}, "artifact": {"messages": []}});
    vapi.says(report).await;
    end_of(&app, &shop).await
}

async fn come_to_the_same(language: &'static str) {
    let scripts = Script::all(language);
    assert_eq!(scripts.len(), 5);
    for script in &scripts {
        let (expected, first) = (script.ends_with, script.lines[0]);
        let ends = [
            ("Twilio", over_twilio(language, script).await),
            ("Retell", with_retells_tools(language, script).await),
            ("Vapi", with_vapis_tools(language, script).await),
        ];
        for (road, end) in ends {
            assert_eq!(end, expected, "over {road}: {first}");
        }
    }
}

#[tokio::test]
async fn a_call_in_english_comes_to_the_same_whoever_carries_it() {
    come_to_the_same("en").await;
}

#[tokio::test]
async fn un_appel_en_francais_mene_au_meme_resultat_par_toutes_les_voies() {
    come_to_the_same("fr").await;
}

#[tokio::test]
async fn una_llamada_en_espanol_termina_igual_por_todas_las_vias() {
    come_to_the_same("es").await;
}
