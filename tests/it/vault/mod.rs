//! What is sealed, what a subscriber's own secrets prove, and whose words are not kept.
mod accounts;
mod health;
mod keys;
mod proof;
mod sending;

use serde_json::json;

use crate::support::{Subscriber, TestApp};

const ANNE: &str = "+15145550123";
/// An account of a subscriber's own at Twilio, and its token.
const OWN_SID: &str = "AC0000000000000000000000000000000a";
const OWN_TOKEN: &str = "own-twilio-token-of-the-subscriber";
/// The key of a subscriber's own workspace at Retell.
const OWN_KEY: &str = "own-retell-key-of-the-subscriber";

/// Gives the subscriber accounts of its own at Twilio and Retell, as its admin would.
async fn with_own_accounts(app: &TestApp, subscriber: &Subscriber) {
    let admin = app.admin(subscriber).await;
    let twilio = json!({ "account_id": OWN_SID, "api_key": OWN_TOKEN });
    admin
        .put("/api/settings/providers/TWILIO", twilio)
        .await
        .expect(200);
    let retell = json!({ "account_id": "workspace_1", "api_key": OWN_KEY });
    admin
        .put("/api/settings/providers/RETELL", retell)
        .await
        .expect(200);
    app.twilio.knows_account(OWN_SID, OWN_TOKEN);
    app.retell.knows_key(OWN_KEY);
}
