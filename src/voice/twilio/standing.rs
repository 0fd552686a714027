//! The last rung for any other host: a document for each business, so that calls are answered with our program down.
use super::{
    fallback::{self, Standing, THANKS_FILE},
    links::Links,
};
use crate::{
    app::App,
    kernel::{
        db::{SystemToken, SystemTx, TenantTx},
        ids::SubscriberId,
    },
    tenancy,
};

/// How many businesses are read at once.
const BATCH: i64 = 200;

/// What to put on another host.
#[derive(Clone, Debug)]
pub struct StandingDocument {
    /// The business; None: the file that stands beside those of all.
    pub subscriber: Option<SubscriberId>,
    pub file: String,
    pub document: String,
}

/// The document of every business that has calls.
pub async fn standing_documents(app: &App) -> sqlx::Result<Vec<StandingDocument>> {
    let mut documents = vec![StandingDocument {
        subscriber: None,
        file: THANKS_FILE.to_owned(),
        document: fallback::thanks(),
    }];
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
    tx.end_reading();
    let Some(voice) = voice else {
        return Ok(None);
    };
    let standing = Standing {
        name: &voice.line.business_name,
        language: voice.line.language,
        ring: voice
            .transfer_number
            .as_ref()
            .or(voice.settings.owner_phone.as_ref()),
        links: &Links::of(app, Some(subscriber)),
    };
    Ok(Some(StandingDocument {
        subscriber: Some(subscriber),
        file: format!("{subscriber}.xml"),
        document: standing.document(),
    }))
}
