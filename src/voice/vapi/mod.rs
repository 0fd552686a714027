//! Calls that Vapi's assistants hold.
mod calls;
mod assistant;
mod forget;
mod inbound;
mod normalise;
mod tool_calls;
mod transfer;
mod webhooks;
mod words;

pub(super) use calls::receive as receive_call;
pub use forget::{ForgetVapiCall, forget_vapi_call};
pub(super) use webhooks::keys_of;
pub use webhooks::{receive_raw, router};

use crate::{
    app::AppState,
    kernel::{db::TenantTx, ids::SubscriberId},
    providers::vapi,
    tenancy::accounts,
};

/// The subscriber's own organisation, unless the assistant is the platform's. Some(None): it has one, and no key to it.
async fn client_for(
    app: &AppState,
    subscriber: SubscriberId,
    assistant: Option<&str>,
) -> Result<Option<Option<vapi::Client>>, accounts::Error> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let assistant = assistant.unwrap_or_default();
    let own = accounts::own_account_for_assistant(&mut tx, &app.keyring, assistant).await?;
    tx.commit().await?;
    Ok(own.map(|own| {
        own.api_key
            .map(|key| vapi::Client::new(app.http.clone(), &app.settings.vapi.api_base_url, key))
    }))
}
