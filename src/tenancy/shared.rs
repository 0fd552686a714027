//! Numbers of the platform that several subscribers share.
use crate::kernel::{
    db::{SystemTx, Tx},
    ids::SubscriberId,
    phone::E164,
};

/// A subscriber that has a channel on a shared number.
#[derive(Clone, Debug)]
pub struct OnNumber {
    pub id: SubscriberId,
    pub slug: String,
    pub business_name: String,
}

/// Who can be reached on this number.
pub async fn list_on(tx: &mut SystemTx, number: &E164) -> sqlx::Result<Vec<OnNumber>> {
    sqlx::query_as!(
        OnNumber,
        r#"select distinct s.id as "id: _", s.slug, s.business_name
             from subscribers s
             join subscriber_channels c on c.subscriber_id = s.id
            where c.provider_number_e164 = $1 and s.status <> 'CLOSED'
            limit 1000"#,
        number as _,
    )
    .fetch_all(tx.conn())
    .await
}
