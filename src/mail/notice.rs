//! What we tell the owner of a business by mail.
use serde::{Deserialize, Serialize};

use super::{Mail, send, store};
use crate::{
    app::AppState,
    jobs::{self, Job, JobError, Lane, Run},
    kernel::{
        db::{IdentityTx, Tx},
        ids::SubscriberId,
        language::Language,
    },
};

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Notice {
    /// An endpoint has answered nothing but failures for a day.
    EndpointFailing,
    /// It was switched off.
    EndpointDisabled,
    /// We may not use the calendar any more.
    CalendarGone,
    /// An appointment is not in the calendar, because its time is not free there.
    CalendarConflict,
    /// A booking of the calendar is not among the appointments, because its time is taken.
    CalendarUnplaced,
    /// An appointment could not be written into the calendar.
    CalendarRefused,
}

/// Tells the owner.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TellOwner {
    pub subscriber: SubscriberId,
    pub notice: Notice,
}

impl Job for TellOwner {
    const KIND: &'static str = "mail.tell_owner";
    const LANE: Lane = Lane::Provider;
    const PROVIDER: Option<&'static str> = Some("resend");

    fn subscriber(&self) -> Option<SubscriberId> {
        Some(self.subscriber)
    }
}

/// The order to tell the owner something, within the transaction that makes it true: `jobs::enqueue` it.
pub async fn tell_owner(app: AppState, run: Run, job: TellOwner) -> Result<(), JobError> {
    let mut tx = IdentityTx::begin(&app.db).await?;
    let owner = store::find_owner(&mut tx, job.subscriber).await?;
    tx.commit().await?;
    let Some(owner) = owner else { return Ok(()) };
    let (subject, text) = words(job.notice, owner.language);
    let link = app
        .settings
        .frontend_url
        .as_ref()
        .unwrap_or(&app.settings.public_url);
    let mail = Mail {
        kind: "notice",
        to: owner.email,
        subject: format!("{}: {subject}", owner.business_name),
        text: format!("{text}\n\n{link}\n").into(),
    };
    send(&app, &run, &mail).await
}

impl TellOwner {
    /// Orders it in this transaction.
    pub fn order(tx: &mut impl Tx, subscriber: SubscriberId, notice: Notice) {
        jobs::enqueue(tx, &Self { subscriber, notice });
    }
}

fn words(notice: Notice, language: Language) -> (&'static str, &'static str) {
    match (notice, language) {
        (Notice::EndpointFailing, Language::En) => (
            "a webhook endpoint fails",
            "One of your webhook endpoints has failed for a day. We go on trying; after five days it is switched off.",
        ),
        (Notice::EndpointFailing, Language::Fr) => (
            "un point de terminaison webhook échoue",
            "L'un de vos points de terminaison webhook échoue depuis un jour. Nous continuons d'essayer; après cinq jours, il sera désactivé.",
        ),
        (Notice::EndpointFailing, Language::Es) => (
            "un punto de conexión webhook falla",
            "Uno de sus puntos de conexión webhook falla desde hace un día. Seguimos intentándolo; después de cinco días se desactiva.",
        ),
        (Notice::EndpointDisabled, Language::En) => (
            "a webhook endpoint was switched off",
            "One of your webhook endpoints was switched off, because it is gone or answered nothing but failures. Nothing is lost: mend it, switch it on, and replay what it missed.",
        ),
        (Notice::EndpointDisabled, Language::Fr) => (
            "un point de terminaison webhook a été désactivé",
            "L'un de vos points de terminaison webhook a été désactivé, car il n'existe plus ou n'a fait qu'échouer. Rien n'est perdu : réparez-le, réactivez-le et rejouez ce qu'il a manqué.",
        ),
        (Notice::EndpointDisabled, Language::Es) => (
            "se desactivó un punto de conexión webhook",
            "Uno de sus puntos de conexión webhook se desactivó porque ya no existe o solo respondía con fallos. No se perdió nada: repárelo, actívelo y reenvíe lo que le faltó.",
        ),
        (Notice::CalendarGone, Language::En) => (
            "your calendar must be connected again",
            "Cal.com no longer lets us use your calendar. Appointments go on without it: connect it again, and they are in it.",
        ),
        (Notice::CalendarGone, Language::Fr) => (
            "votre calendrier doit être reconnecté",
            "Cal.com ne nous permet plus d'utiliser votre calendrier. Les rendez-vous continuent sans lui : reconnectez-le, et ils y seront.",
        ),
        (Notice::CalendarGone, Language::Es) => (
            "hay que volver a conectar su calendario",
            "Cal.com ya no nos permite usar su calendario. Las citas siguen sin él: vuelva a conectarlo y estarán en él.",
        ),
        (Notice::CalendarConflict, Language::En) => (
            "an appointment does not fit your calendar",
            "An appointment was booked at a time that is no longer free in your calendar. It waits for your decision, and we have offered the person other times: see your appointments.",
        ),
        (Notice::CalendarConflict, Language::Fr) => (
            "un rendez-vous ne convient pas à votre calendrier",
            "Un rendez-vous a été pris à une heure qui n'est plus libre dans votre calendrier. Il attend votre décision, et nous avons proposé d'autres heures à la personne : voyez vos rendez-vous.",
        ),
        (Notice::CalendarConflict, Language::Es) => (
            "una cita no cabe en su calendario",
            "Se reservó una cita a una hora que ya no está libre en su calendario. Espera su decisión, y hemos ofrecido otras horas a la persona: vea sus citas.",
        ),
        (Notice::CalendarUnplaced, Language::En) => (
            "a booking of your calendar overlaps another appointment",
            "Somebody booked in your Cal.com calendar at a time that is taken here. It stays in your calendar; move one of the two.",
        ),
        (Notice::CalendarUnplaced, Language::Fr) => (
            "une réservation de votre calendrier chevauche un autre rendez-vous",
            "Quelqu'un a réservé dans votre calendrier Cal.com à une heure déjà prise ici. La réservation y reste; déplacez l'un des deux.",
        ),
        (Notice::CalendarUnplaced, Language::Es) => (
            "una reserva de su calendario coincide con otra cita",
            "Alguien reservó en su calendario de Cal.com a una hora que aquí está ocupada. Sigue en su calendario; mueva una de las dos.",
        ),
        (Notice::CalendarRefused, Language::En) => (
            "an appointment is missing in your calendar",
            "Cal.com did not take an appointment of yours: maybe its event type asks for something that callers are not asked. The appointment stands; enter it in your calendar, or choose another event type.",
        ),
        (Notice::CalendarRefused, Language::Fr) => (
            "un rendez-vous manque dans votre calendrier",
            "Cal.com n'a pas accepté l'un de vos rendez-vous : son type d'événement demande peut-être ce que l'on ne demande pas aux appelants. Le rendez-vous tient; inscrivez-le dans votre calendrier, ou choisissez un autre type d'événement.",
        ),
        (Notice::CalendarRefused, Language::Es) => (
            "falta una cita en su calendario",
            "Cal.com no aceptó una de sus citas: quizá su tipo de evento pide algo que no se pregunta a quien llama. La cita sigue en pie; anótela en su calendario o elija otro tipo de evento.",
        ),
    }
}
