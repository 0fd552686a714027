//! Every limit there is: a setting each, printed at the start.
use super::reader::Reader;

macro_rules! limits {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $default:literal;)*) => {
        /// How much of what in which time. Each is the setting of its name.
        #[derive(Clone, Debug)]
        pub struct LimitSettings {
            $($(#[$doc])* pub $field: u32,)*
        }

        impl LimitSettings {
            pub(super) fn read(reader: &mut Reader<'_>) -> Self {
                Self { $($field: reader.limit($name, $default),)* }
            }

            /// Name and value of each, as they are printed.
            pub fn list(&self) -> Vec<(&'static str, u32)> {
                vec![$(($name, self.$field),)*]
            }
        }
    };
}

limits! {
    /// Requests of one user or API key.
    api_per_minute = "LIMIT_API_PER_MINUTE", 100;
    /// Failed sign-ins for one e-mail address in 15 minutes.
    sign_in_failures = "LIMIT_SIGN_IN_FAILURES", 5;
    /// Failed sign-ins from one network address in 15 minutes.
    sign_in_failures_per_address = "LIMIT_SIGN_IN_FAILURES_PER_ADDRESS", 20;
    /// Registrations from one network address.
    registrations_per_hour = "LIMIT_REGISTRATIONS_PER_HOUR", 10;
    /// Reset links for one e-mail address, and so mails.
    resets_per_hour = "LIMIT_RESETS_PER_HOUR", 3;
    /// Purchases of numbers and deployments of one subscriber.
    deploy_per_minute = "LIMIT_DEPLOY_PER_MINUTE", 6;
    /// Messages of one chat visitor.
    chat_per_minute = "LIMIT_CHAT_PER_MINUTE", 20;
    /// Deliveries to one endpoint; its owner may lower it.
    deliveries_per_second = "LIMIT_DELIVERIES_PER_SECOND", 10;
    /// Events of providers that are taken in at once for one subscriber; what is over waits as jobs.
    provider_events_per_minute = "LIMIT_PROVIDER_EVENTS_PER_MINUTE", 100;
    /// Webhooks with a wrong signature from one network address.
    forged_per_minute = "LIMIT_FORGED_PER_MINUTE", 10;
    /// Requests of one network address, on routes that no provider calls; twice as many at once.
    requests_per_second = "LIMIT_REQUESTS_PER_SECOND", 50;
    /// Connections that are open at once.
    connections = "LIMIT_CONNECTIONS", 10_000;
}
