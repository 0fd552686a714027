pub async fn seed_everything(
    _: &crate::kernel::db::Db,
    _: &crate::kernel::config::Settings,
) -> anyhow::Result<()> {
    Ok(())
}
