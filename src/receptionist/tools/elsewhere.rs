//! What a tool is about to look into is asked of the calendar that the business keeps elsewhere: before the tool's
//! transaction, and kept for the turns that follow.
use chrono::{Days, NaiveDateTime};

use super::{
    ToolCall, ToolName,
    appointments::when_of,
    arguments::{BookAppointment, CheckAvailability, RescheduleAppointment},
    availability::service_id,
    run::{Errand, Work},
    wanted,
};
use crate::{
    app::AppState,
    kernel::{db::TenantTx, language::Language},
    receptionist::Business,
    scheduling::{
        self, Proof,
        calcom::{self, Wish},
    },
};

/// So far behind the first day that somebody asks for, at least one of three times is found.
const LOOKS_AHEAD: Days = Days::new(30);

/// On whatever clocks: a day on both sides is asked for.
const DAY: Days = Days::new(1);

pub(super) async fn freshen(
    app: &AppState,
    errand: &Errand,
    business: &Business,
    language: Language,
    call: &ToolCall,
) -> anyhow::Result<()> {
    let work = Work {
        app,
        errand,
        business,
        language,
        call,
        now: app.clock.now(),
    };
    match call.name {
        ToolName::CheckCalendarAvailability => work.freshen_to_offer().await,
        ToolName::BookAppointment => work.freshen_to_book().await,
        ToolName::RescheduleAppointment => work.freshen_to_move().await?,
        _ => {}
    }
    Ok(())
}

impl Work<'_> {
    async fn freshen_to_offer(&self) {
        let asked: CheckAvailability = self.call.arguments().unwrap_or_default();
        let wanted = wanted::wanted(&asked, self.business, self.language, self.now);
        // What is not clear is asked back, and nothing is offered.
        let Ok(wanted) = wanted else { return };
        let minutes = asked.duration_minutes;
        let wish = Wish {
            minutes: minutes.and_then(|minutes| i32::try_from(minutes).ok()),
            ..self.wish(asked.service.as_deref())
        };
        let Some((from, until)) = days_of(wanted.from, wanted.until) else {
            return;
        };
        let range = (from.and_utc(), until.and_utc());
        calcom::freshen(self.app, self.errand.subscriber, &wish, range).await;
    }

    async fn freshen_to_book(&self) {
        let asked: BookAppointment = self.call.arguments().unwrap_or_default();
        let when = when_of(self, asked.slot.as_deref(), asked.start.as_deref());
        if let Ok(when) = when {
            let wish = self.wish(asked.service.as_deref());
            calcom::freshen_for(self.app, self.errand.subscriber, &wish, &when).await;
        }
    }

    async fn freshen_to_move(&self) -> anyhow::Result<()> {
        let asked: RescheduleAppointment = self.call.arguments().unwrap_or_default();
        let when = when_of(self, asked.slot.as_deref(), asked.start.as_deref());
        let Ok(when) = when else { return Ok(()) };
        let proof = Proof {
            caller: self.errand.caller.clone(),
            code: asked.confirmation_code,
        };
        let subscriber = self.errand.subscriber;
        let mut tx = TenantTx::begin(&self.app.db, subscriber).await?;
        let found = scheduling::find_for(&mut tx, &proof, self.now).await;
        tx.end_reading();
        // Whoever may not move it is told so by the tool.
        if let Some(next) = found.ok().and_then(|found| found.into_iter().next()) {
            calcom::freshen_to_move(self.app, subscriber, next.id, &when).await?;
        }
        Ok(())
    }

    fn wish(&self, service: Option<&str>) -> Wish {
        Wish::of_service(service_id(self.business, service))
    }
}

fn days_of(from: NaiveDateTime, until: NaiveDateTime) -> Option<(NaiveDateTime, NaiveDateTime)> {
    let farthest = from.checked_add_days(LOOKS_AHEAD)?;
    let until = until.checked_add_days(DAY)?.min(farthest);
    Some((from.checked_sub_days(DAY)?, until))
}
