//! What a business sets: who may look, who may change, and what is refused.
mod business;
mod channels;
mod doors;
mod lists;
mod switch;
mod voices;

use crate::support::{Subscriber, TestApp};

/// What was audited: the action and the names of members, in order.
pub async fn audited(app: &TestApp, shop: &Subscriber) -> Vec<(String, String)> {
    let statement = "select action, coalesce(changes ->> 'fields', changes::text) from audit_log
                      where subscriber_id = $1 order by seq";
    app.rows(shop, statement).await
}
