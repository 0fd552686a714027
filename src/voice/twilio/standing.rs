//! The last rung for any other host: a document for each business, so that calls are answered with our program down.
use super::{
    fallback::{self, Standing},
    links::Links,
};
use crate::{
    app::App,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
        phone::E164,
    },
    tenancy::{self, ForwardingStatus, store::switch::find_switch},
};

/// How many businesses are read at once.
const BATCH: i64 = 200;

/// What to put on another host.
#[derive(Clone, Debug)]
pub struct StandingDocument {
    /// The business; None: a file that stands beside those of all.
    pub subscriber: Option<SubscriberId>,
    pub file: String,
    pub document: String,
}

/// The document of every business that has calls.
pub async fn standing_documents(app: &App) -> sqlx::Result<Vec<StandingDocument>> {
    let beside = fallback::beside().into_iter();
    let beside = beside.map(|(file, document)| StandingDocument {
        subscriber: None,
        file,
        document,
    });
    let mut documents: Vec<_> = beside.collect();
    let mut after = None;
    loop {
        let mut tx = SystemTx::begin(&app.db, SystemToken::Schedule).await?;
        let found = tenancy::list_subscribers(&mut tx, after, BATCH).await?;
        tx.commit().await?;
        let Some(last) = found.last() else { break };
        after = Some(*last);
        for subscriber in found {
            documents.extend(document_of(app, subscriber).await?);
        }
    }
    Ok(documents)
}

async fn document_of(
    app: &App,
    subscriber: SubscriberId,
) -> sqlx::Result<Option<StandingDocument>> {
    let mut tx = TenantTx::begin(&app.db, subscriber).await?;
    let voice = tenancy::find_voice_line(&mut tx, None).await?;
    let settings = tenancy::find_call_settings(&mut tx).await?;
    let switch = find_switch(&mut tx).await?;
    tx.end_reading();
    let (Some(voice), Some(settings)) = (voice, settings) else {
        return Ok(None);
    };
    let ring = voice.transfer_number.as_ref();
    let ring = ring.or(settings.owner_phone.as_ref());
    let forwards =
        switch.is_some_and(|switch| switch.forwarding_status == ForwardingStatus::Active);
    // Only the owner's own line is known to lead back to us.
    let leads_back = |number: &&E164| {
        forwards
            && settings
                .owner_phone
                .as_ref()
                .is_none_or(|own| own == *number)
    };
    let standing = Standing {
        name: &voice.line.business_name,
        language: voice.line.language,
        ring: ring.filter(|number| !leads_back(number)),
        links: &Links::of(app, Some(subscriber)),
    };
    Ok(Some(StandingDocument {
        subscriber: Some(subscriber),
        file: format!("{subscriber}.xml"),
        document: standing.document(),
    }))
}
