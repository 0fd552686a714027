//! What Prometheus reads: base units, few labels, no ids in them.
use std::sync::LazyLock;

use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// 5 ms to 10 s, as the semantic conventions of OpenTelemetry advise for HTTP.
const HTTP_BUCKETS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// All metrics of the process. Counters are of the process and not of the service: Prometheus adds replicas up.
pub struct Metrics {
    registry: Registry,
    pub http_server_request_duration: HistogramVec,
    pub http_client_request_duration: HistogramVec,
    pub inbound_events: IntCounterVec,
    pub rate_limited: IntCounterVec,
    pub jobs_ready: IntGaugeVec,
    pub jobs_oldest_ready: GaugeVec,
    pub job_runs: IntCounterVec,
    pub job_duration: HistogramVec,
    pub db_pool_connections: IntGaugeVec,
    pub brain_turns: IntCounterVec,
    pub texts: IntCounterVec,
    pub error_logs_dropped: IntCounter,
    pub schedule_last_success: GaugeVec,
    pub ledger_drift: IntGaugeVec,
    pub db_reads: IntCounterVec,
}

pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

impl Metrics {
    fn new() -> Self {
        let registry = Registry::new();
        let metrics = Self {
            http_server_request_duration: histogram(
                "http_server_request_duration_seconds",
                "Time to answer a request.",
                &["route", "method", "status"],
            ),
            http_client_request_duration: histogram(
                "http_client_request_duration_seconds",
                "Time that a provider took to answer us.",
                &["provider", "operation", "outcome"],
            ),
            inbound_events: counter(
                "inbound_events_total",
                "Webhooks of providers by what became of them.",
                &["provider", "kind", "outcome"],
            ),
            rate_limited: counter(
                "rate_limited_total",
                "Requests that a limit refused, and events that it made wait.",
                &["limit"],
            ),
            jobs_ready: gauge("jobs_ready", "Jobs that are due.", &["lane"]),
            jobs_oldest_ready: float_gauge(
                "jobs_oldest_ready_seconds",
                "How long the oldest due job has waited.",
                &["lane"],
            ),
            job_runs: counter(
                "job_runs_total",
                "Runs of jobs by outcome.",
                &["kind", "outcome"],
            ),
            job_duration: histogram("job_duration_seconds", "Time that a run took.", &["kind"]),
            db_pool_connections: gauge(
                "db_pool_connections",
                "Connections of the pool.",
                &["state"],
            ),
            brain_turns: counter(
                "brain_turns_total",
                "Turns by the brain that answered and why it was that one.",
                &["brain", "outcome"],
            ),
            texts: counter(
                "texts_total",
                "Texts that were to be sent, by outcome.",
                &["outcome"],
            ),
            error_logs_dropped: IntCounter::new(
                "error_logs_dropped_total",
                "Failures that could not be written into the error log.",
            )
            .expect("a fixed name"),
            schedule_last_success: float_gauge(
                "schedule_last_success_timestamp_seconds",
                "When a schedule last succeeded.",
                &["name"],
            ),
            ledger_drift: gauge(
                "ledger_drift",
                "Differences that the last reconciliation found.",
                &["state"],
            ),
            db_reads: counter(
                "db_reads_total",
                "Transactions that only read, by who answered: fallback is the database for its replica.",
                &["source"],
            ),
            registry,
        };
        metrics.register();
        metrics
    }

    fn register(&self) {
        let all: [Box<dyn prometheus::core::Collector>; 15] = [
            Box::new(self.http_server_request_duration.clone()),
            Box::new(self.http_client_request_duration.clone()),
            Box::new(self.inbound_events.clone()),
            Box::new(self.rate_limited.clone()),
            Box::new(self.jobs_ready.clone()),
            Box::new(self.jobs_oldest_ready.clone()),
            Box::new(self.job_runs.clone()),
            Box::new(self.job_duration.clone()),
            Box::new(self.db_pool_connections.clone()),
            Box::new(self.brain_turns.clone()),
            Box::new(self.texts.clone()),
            Box::new(self.error_logs_dropped.clone()),
            Box::new(self.schedule_last_success.clone()),
            Box::new(self.ledger_drift.clone()),
            Box::new(self.db_reads.clone()),
        ];
        for collector in all {
            self.registry
                .register(collector)
                .expect("every metric has a name of its own");
        }
        let build = gauge("build_info", "The running version.", &["version"]);
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        self.registry
            .register(Box::new(build))
            .expect("every metric has a name of its own");
    }

    /// The text format of Prometheus.
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&self.registry.gather(), &mut text)
            .expect("metrics are written to memory");
        String::from_utf8_lossy(&text).into_owned()
    }
}

fn counter(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help), labels).expect("a fixed name")
}

fn gauge(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    IntGaugeVec::new(Opts::new(name, help), labels).expect("a fixed name")
}

fn float_gauge(name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    GaugeVec::new(Opts::new(name, help), labels).expect("a fixed name")
}

fn histogram(name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(HTTP_BUCKETS.to_vec());
    HistogramVec::new(options, labels).expect("a fixed name")
}
