#[derive(serde::Serialize)]
pub struct Report {
    pub run_id: uuid::Uuid,
    pub checked: i64,
    pub differences: i64,
    pub corrected: i64,
}
pub enum Cause {
    Schedule,
    Command,
}
pub async fn run(_: &crate::app::AppState, _: Cause) -> anyhow::Result<Report> {
    anyhow::bail!("x")
}
