//! The platform's agents at Retell, from the settings that name them.
use super::{
    Seeding,
    report::{Report, Table},
    store,
    work::Work,
};
use crate::{
    kernel::config::RetellSettings,
    tenancy::directory::{Entry, Key},
};

/// An agent that several subscribers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformAgent {
    pub agent_id: String,
    pub role: &'static str,
    pub industry: Option<String>,
    pub name: String,
    pub version: Option<String>,
    pub llm_id: Option<String>,
    pub llm_version: Option<String>,
}

/// Makes the agents known that the settings name.
pub async fn seed(seeding: &Seeding<'_>, report: &mut Report) -> anyhow::Result<()> {
    let agents = named(&seeding.settings.retell);
    if agents.is_empty() {
        report.note(
            "no agent is named: set RETELL_GATEKEEPER_AGENT_ID, RETELL_MASTER_AGENT_ID_<INDUSTRY> or \
             RETELL_DEMO_AGENT_ID",
        );
    }
    let mut work = Work::begin(seeding, report).await?;
    for agent in &agents {
        let change = store::upsert_agent(&mut work.tx, agent, work.now).await?;
        work.count(Table::Agents, change);
        // Nobody's in particular, so that a call is resolved by its number; and without a target, because one agent
        // may play two roles.
        let entry = Entry {
            subscriber: None,
            target: None,
        };
        work.put(&Key::RetellAgent(&agent.agent_id), &entry).await?;
    }
    Ok(work.commit().await?)
}

fn named(settings: &RetellSettings) -> Vec<PlatformAgent> {
    let gatekeeper = settings
        .gatekeeper_agent_id
        .iter()
        .map(|id| PlatformAgent::new(id, "GATEKEEPER", "Gatekeeper".to_owned()));
    let masters = settings.masters.iter().map(|master| PlatformAgent {
        industry: Some(master.industry.clone()),
        version: master.version.clone(),
        llm_id: master.llm_id.clone(),
        llm_version: master.llm_version.clone(),
        ..PlatformAgent::new(
            &master.agent_id,
            "MASTER",
            format!("Master {}", master.industry),
        )
    });
    let demo = settings
        .demo_agent_id
        .iter()
        .map(|id| PlatformAgent::new(id, "DEMO", "Demo".to_owned()));
    gatekeeper.chain(masters).chain(demo).collect()
}

impl PlatformAgent {
    fn new(agent_id: &str, role: &'static str, name: String) -> Self {
        Self {
            agent_id: agent_id.to_owned(),
            role,
            industry: None,
            name,
            version: None,
            llm_id: None,
            llm_version: None,
        }
    }
}
