//! What is often asked and what to answer; and what was asked and had no answer.
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::model::GapStatus;
use crate::kernel::{
    db::{TenantTx, Tx},
    ids::InteractionId,
    page::Cursor,
};

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Question {
    pub id: Uuid,
    pub question: String,
    pub answer: String,
}

/// Questions in the order in which they were made (ids are), after the given one.
pub async fn list_questions(
    tx: &mut TenantTx,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Question>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Question,
        "select id, question, answer from questions
          where subscriber_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
        subscriber as _,
        after,
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

pub async fn insert_question(
    tx: &mut TenantTx,
    new: &Question,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into questions (subscriber_id, id, question, answer, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)",
        subscriber as _,
        new.id,
        new.question,
        new.answer,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// False when there is no such question.
pub async fn update_question(
    tx: &mut TenantTx,
    to: &Question,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let updated = sqlx::query!(
        "update questions set question = $3, answer = $4, updated_at = $5 where subscriber_id = $1 and id = $2",
        subscriber as _,
        to.id,
        to.question,
        to.answer,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// False when there is no such question.
pub async fn delete_question(tx: &mut TenantTx, id: Uuid) -> sqlx::Result<bool> {
    let subscriber = tx.subscriber();
    let deleted = sqlx::query!(
        "delete from questions where subscriber_id = $1 and id = $2",
        subscriber as _,
        id,
    )
    .execute(tx.conn())
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// What somebody asked, and got no answer.
#[derive(Clone, Debug)]
pub struct Gap {
    pub id: Uuid,
    pub question: String,
    pub interaction_id: Option<Uuid>,
    pub status: GapStatus,
    pub created_at: DateTime<Utc>,
}

/// Somebody asked and got no answer. One that waits already under these words is enough.
pub async fn insert_gap(
    tx: &mut TenantTx,
    question: &str,
    interaction: Option<InteractionId>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let subscriber = tx.subscriber();
    sqlx::query!(
        "insert into knowledge_gaps (subscriber_id, id, question, interaction_id, created_at)
         select $1, $2, $3, $4, $5
          where not exists (select from knowledge_gaps
                             where subscriber_id = $1 and status = 'OPEN' and lower(question) = lower($3::text))",
        subscriber as _,
        Uuid::now_v7(),
        question,
        interaction as _,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gaps of this status, the newest first.
pub async fn list_gaps(
    tx: &mut TenantTx,
    status: GapStatus,
    after: Option<Cursor>,
    limit: i64,
) -> sqlx::Result<Vec<Gap>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Gap,
        r#"select id, question, interaction_id, status as "status: _", created_at from knowledge_gaps
            where subscriber_id = $1 and status = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
            order by created_at desc, id desc limit $5"#,
        subscriber as _,
        status as _,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(tx.conn())
    .await
}

/// Nobody needs to answer it any more; again changes nothing. None when there is no such gap.
pub async fn close_gap(
    tx: &mut TenantTx,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Gap>> {
    let subscriber = tx.subscriber();
    sqlx::query_as!(
        Gap,
        r#"update knowledge_gaps set status = 'CLOSED', closed_at = coalesce(closed_at, $3)
            where subscriber_id = $1 and id = $2
        returning id, question, interaction_id, status as "status: _", created_at"#,
        subscriber as _,
        id,
        now,
    )
    .fetch_optional(tx.conn())
    .await
}
