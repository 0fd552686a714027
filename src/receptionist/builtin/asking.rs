//! What is known of the appointment under discussion, and what was asked of it last.
use super::dialogue::Rachel;
use super::plan::{Goal, Plan};
use super::state::{Asked, Awaited};
use crate::receptionist::say::{Booking, Phrase};
use crate::receptionist::tools::wanted::{self, Unclear};
use crate::receptionist::turn::Medium;
use crate::receptionist::understanding::{when::When, without_pronoun};

/// More names than these are no question any more.
const MOST_SERVICES_NAMED: usize = 4;
const MOST_SERVICES_HEARD: usize = 3;
/// Nor does anybody keep more of their own appointments in mind.
const MOST_APPOINTMENTS_NAMED: usize = 3;
/// As much of their words is kept for a message.
const MOST_REMEMBERED: usize = 8;

impl Rachel<'_> {
    pub(super) fn plan(&mut self) -> &mut Plan {
        self.state.plan.get_or_insert_default()
    }

    pub(super) fn goal(&self) -> Goal {
        self.state
            .plan
            .as_ref()
            .map_or(Goal::Book, |plan| plan.goal)
    }

    /// Their words, for a message, should it come to one.
    pub(super) fn remember(&mut self, text: &str) {
        let text = text.trim();
        let is_answer = matches!(
            self.state.asked,
            Asked::CustomerName | Asked::Phone | Asked::Code | Asked::Confirmation
        );
        if !text.is_empty() && !is_answer && self.plan().said.len() < MOST_REMEMBERED {
            let text = text.to_owned();
            self.plan().said.push(text);
        }
    }

    pub(super) fn read_when(&self, text: &str) -> Option<When> {
        let plan = self.state.plan.as_ref();
        let day = plan.and_then(|plan| {
            let days: Vec<_> = plan
                .offered_times(self.business)
                .iter()
                .map(chrono::NaiveDateTime::date)
                .collect();
            match (days.as_slice(), &plan.chosen) {
                (_, Some(chosen)) => Some(self.business.date_at(chosen.start)),
                ([first, rest @ ..], _) if rest.iter().all(|day| day == first) => Some(*first),
                _ => {
                    let appointment = plan.appointment.filter(|_| plan.goal == Goal::Move);
                    let wished = plan.when.as_ref().and_then(|when| when.date);
                    wished.or(appointment.map(|at| self.business.date_at(at)))
                }
            }
        });
        let text = without_pronoun(text);
        self.business
            .read_when(&text, self.language(), self.now?, day)
    }

    pub(super) fn service_named(&self, text: &str) -> Option<String> {
        let named = self
            .business
            .service_in(text)
            .map(|service| service.name.clone());
        named.or_else(|| {
            // "The repair", when only one of those that were named is a repair.
            let named = &self.state.plan.as_ref()?.named;
            let near = self.business.services_near(text);
            let mut near = near.iter().filter(|service| named.contains(&service.name));
            let only = near.next()?;
            near.next().is_none().then(|| only.name.clone())
        })
    }

    pub(super) fn service_names(&self) -> Vec<String> {
        let services = &self.business.services;
        services
            .iter()
            .map(|service| service.name.clone())
            .collect()
    }

    /// On the telephone with its keys.
    fn person_or_message(&self) -> String {
        let question = self.phrase(Phrase::PersonOrMessage);
        match self.state.medium {
            Medium::Voice => {
                let keys = self.phrase(Booking::PersonOrMessageKeys.into());
                format!("{question} {keys}")
            }
            Medium::Text => question,
        }
    }

    /// The services to choose from: those that share a word with what they said, else the first ones.
    pub(super) fn services_to_name(&self) -> Vec<String> {
        let said = self
            .state
            .plan
            .iter()
            .flat_map(|plan| plan.said.iter().rev());
        let near = said
            .map(|said| self.business.services_near(said))
            .find(|near| !near.is_empty());
        let names = match near {
            Some(near) => near.iter().map(|service| service.name.clone()).collect(),
            None => self.service_names(),
        };
        let most = match self.state.medium {
            // A list that ends a little later need not say that there is more.
            _ if names.len() == MOST_SERVICES_NAMED => MOST_SERVICES_NAMED,
            Medium::Text => MOST_SERVICES_NAMED,
            Medium::Voice => MOST_SERVICES_HEARD,
        };
        names.into_iter().take(most).collect()
    }

    /// What was asked last, in its words for a second time.
    pub(super) fn question(&self) -> Option<String> {
        let plan = self.state.plan.as_ref();
        let local = |plan: &Plan| {
            plan.chosen
                .as_ref()
                .map(|slot| self.business.local(slot.start))
        };
        let booking = |phrase: Booking<'_>| Some(self.phrase(phrase.into()));
        match self.state.asked {
            Asked::Nothing => None,
            Asked::Message => Some(self.phrase(match self.state.draft.awaits {
                Some(Awaited::Address) => Phrase::AskAddress,
                Some(Awaited::Words) | None => Phrase::AskMessageAgain,
            })),
            Asked::PassOn => Some(self.phrase(Phrase::OfferToAsk)),
            Asked::Name | Asked::CustomerName => Some(self.phrase(Phrase::AskName)),
            Asked::PersonOrMessage => Some(self.person_or_message()),
            Asked::Service => {
                let names = &plan?.named;
                let has_more = names.len() < self.business.services.len();
                booking(Booking::AskService { names, has_more })
            }
            Asked::When if self.goal() == Goal::Move => booking(Booking::AskWhenInstead),
            Asked::When => booking(Booking::AskWhen),
            Asked::WhichWhen => match wanted::unclear(plan?.unclear.as_ref()?)? {
                Unclear::AmPm { early, late } => booking(Booking::AskAmPm { early, late }),
                Unclear::WhichDay { first, second } => {
                    booking(Booking::AskWhichDay { first, second })
                }
                Unclear::NotUnderstood | Unclear::InThePast => booking(Booking::AskWhen),
            },
            Asked::Slot => {
                let slots = plan?.offered_times(self.business);
                booking(Booking::WhichSlotAgain { slots: &slots })
            }
            Asked::Which => {
                let own = plan?.own.iter();
                let of: Vec<_> = own
                    .map(|one| (self.business.local(one.start), one.service.as_deref()))
                    .take(MOST_APPOINTMENTS_NAMED)
                    .collect();
                booking(Booking::WhichAppointment { of: &of })
            }
            Asked::Phone => booking(Booking::AskPhone),
            Asked::Code => booking(Booking::AskCode),
            Asked::Confirmation => {
                let plan = plan?;
                match plan.goal {
                    Goal::Cancel => {
                        let at = self.business.local(plan.appointment?);
                        booking(Booking::ConfirmCancel { at })
                    }
                    Goal::Move => booking(Booking::ConfirmMove {
                        from: self.business.local(plan.appointment?),
                        at: local(plan)?,
                    }),
                    Goal::Book | Goal::Find => booking(Booking::Confirm {
                        at: local(plan)?,
                        service: plan.service.as_deref(),
                        name: self.state.customer_name.as_deref(),
                    }),
                }
            }
        }
    }
}
