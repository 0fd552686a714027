//! All kinds of jobs and all schedules: the one place that knows every domain's work.
use std::sync::Arc;

use anyhow::Context;

use crate::{
    app::AppState,
    billing, deliveries, discretion, identity,
    inbound::{self, KeptState, Received, Reprocess},
    inbox, insights,
    jobs::{Every, JobError, Registry, Run, Runner, Schedule, Scheduler, housekeeping, new_job},
    kernel::db::{SystemToken, SystemTx},
    mail, messaging, safety, scheduling, settings, sms, voice,
    web::ApiError,
};

/// Every kind of job with its handler. A retired kind stays here for one release, doing nothing.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    housekeeping::register(&mut registry);
    registry.register(reprocess);
    registry.register(messaging::send_text);
    registry.register(messaging::send_notice);
    registry.register(messaging::offer_other_times);
    registry.register(scheduling::remind_due);
    registry.register(messaging::forget_text);
    registry.register(inbox::resume_due);
    registry.register(sms::reply_to_text);
    registry.register(sms::ask_which_business);
    registry.register(sms::obey_everywhere);
    registry.register(sms::close_idle_texts);
    registry.register(billing::reconcile_everybody);
    registry.register(voice::forget_conversation);
    registry.register(voice::prepare_greeting);
    registry.register(voice::clear_audio);
    registry.register(voice::place_test_call);
    registry.register(voice::forget_vapi_call);
    registry.register(voice::start_recording);
    registry.register(settings::point_number);
    registry.register(voice::find_missed_calls);
    registry.register(voice::look_through_account);
    registry.register(voice::find_stuck_calls);
    registry.register(voice::ask_about_call);
    registry.register(discretion::forget_words);
    registry.register(discretion::sweep_health_data);
    registry.register(insights::score_health);
    registry.register(insights::look_for_churn);
    registry.register(mail::tell_owner);
    registry.register(identity::mail_reset_link);
    registry.register(identity::mail_reuse_warning);
    scheduling::calcom::register(&mut registry);
    safety::register(&mut registry);
    deliveries::register(&mut registry);
    registry
}

/// Everything that runs on a clock.
pub fn schedules() -> Vec<Schedule> {
    let mut schedules = housekeeping::schedules().to_vec();
    schedules.push(Schedule {
        name: "auto_resume",
        every: Every::Minutes(1),
        job: |_| new_job(&inbox::ResumeDue {}),
    });
    schedules.push(Schedule {
        name: "idle_texts",
        every: Every::Hours(1),
        job: |_| new_job(&sms::CloseIdleTexts {}),
    });
    schedules.push(Schedule {
        name: "audio",
        // What was said to one person goes within minutes.
        every: Every::Minutes(1),
        job: |_| new_job(&voice::ClearAudio {}),
    });
    schedules.push(Schedule {
        name: "reminders",
        every: Every::Minutes(1),
        job: |due_at| new_job(&scheduling::RemindDue::of(due_at)),
    });
    schedules.push(Schedule {
        name: "health_data",
        every: Every::Hours(1),
        job: |_| new_job(&discretion::SweepHealthData {}),
    });
    schedules.push(Schedule {
        name: "reconciliation",
        every: Every::DailyAt { hour: 3, minute: 0 },
        job: |due_at| new_job(&billing::Reconcile::of(due_at)),
    });
    schedules.push(Schedule {
        name: "webhook_health",
        every: Every::Minutes(15),
        job: |_| new_job(&deliveries::CheckHealth {}),
    });
    schedules.push(Schedule {
        name: "health_scores",
        every: Every::Hours(6),
        job: |due_at| new_job(&insights::ScoreHealth::of(due_at)),
    });
    schedules.push(Schedule {
        name: "churn",
        // After a score and before anybody is at work.
        every: Every::DailyAt { hour: 7, minute: 0 },
        job: |due_at| new_job(&insights::LookForChurn::of(due_at)),
    });
    schedules.push(voice::missed_calls_schedule());
    schedules.push(voice::stuck_calls_schedule());
    schedules.extend(scheduling::calcom::schedules());
    schedules.extend(safety::schedules());
    schedules
}

/// Starts the workers and the clock; both end when the application's tasks stop.
pub fn start(app: &AppState) {
    Runner::new(app.clone(), Arc::new(registry())).start();
    Scheduler::new(app.clone(), schedules()).start();
    safety::error_log::start(app);
}

/// Takes up a webhook again that failed by a fault of ours or had to wait, by the road on which it came.
async fn reprocess(app: AppState, _run: Run, job: Reprocess) -> Result<(), JobError> {
    let mut tx = SystemTx::begin(&app.db, SystemToken::InboundRouter).await?;
    let kept = inbound::find_kept(&mut tx, &job.provider, &job.external_id).await?;
    tx.commit().await?;
    let kept = kept.context("the event is gone").map_err(JobError::Fail)?;
    if kept.state == KeptState::Waiting
        && let Some(subscriber) = kept.subscriber
    {
        inbound::await_turn(&app, subscriber, &job).await?;
    }
    let handled = match (job.provider.as_str(), kept.kind.as_str()) {
        ("TWILIO", "text") => sms::receive_raw(&app, &kept).await,
        ("TWILIO", "call.status" | "call.recording") => voice::receive_raw_call(&app, &kept).await,
        ("RETELL", _) => voice::receive_raw(&app, &kept).await,
        ("CALCOM", _) => scheduling::calcom::receive_raw(&app, &kept).await,
        ("VAPI", _) => voice::receive_raw_of_vapi(&app, &kept).await,
        (provider, kind) => {
            return Err(JobError::Fail(anyhow::anyhow!(
                "nobody takes up {provider} {kind}"
            )));
        }
    };
    match handled {
        // The order to try again was swallowed: this job is that order.
        Ok(Received::Failed) => Err(JobError::Retry(anyhow::anyhow!("it failed again"))),
        Ok(_) => Ok(()),
        Err(ApiError::Internal(error)) => Err(JobError::Retry(error)),
        Err(ApiError::Client { detail, .. }) => Err(JobError::Retry(anyhow::anyhow!(detail))),
    }
}
