-- What dashboards and operators look at: outcomes in the sums of a day, health scores, churn alerts.
set local app.scope = 'operator';

-- Outcomes without a sum of another name (booked, missed and transferred have one), so that how calls ended is read
-- from the rows that are read anyway. In the same row: the statements that add to the sums stay as many as they are.
alter table usage_rollups
  add column outcome_rescheduled int not null default 0,
  add column outcome_cancelled int not null default 0,
  add column outcome_message_taken int not null default 0,
  add column outcome_answered int not null default 0,
  add column outcome_voicemail int not null default 0,
  add column outcome_abandoned int not null default 0,
  add column outcome_blocked int not null default 0,
  add column outcome_failed int not null default 0,
  add column outcome_other int not null default 0;
update usage_rollups r
   set outcome_rescheduled = i.rescheduled, outcome_cancelled = i.cancelled, outcome_message_taken = i.message_taken,
       outcome_answered = i.answered, outcome_voicemail = i.voicemail, outcome_abandoned = i.abandoned,
       outcome_blocked = i.blocked, outcome_failed = i.failed, outcome_other = i.other
  from (select subscriber_id, day, channel,
               count(*) filter (where outcome_type = 'RESCHEDULED') as rescheduled,
               count(*) filter (where outcome_type = 'CANCELLED') as cancelled,
               count(*) filter (where outcome_type = 'MESSAGE_TAKEN') as message_taken,
               count(*) filter (where outcome_type = 'ANSWERED') as answered,
               count(*) filter (where outcome_type = 'VOICEMAIL') as voicemail,
               count(*) filter (where outcome_type = 'ABANDONED') as abandoned,
               count(*) filter (where outcome_type = 'BLOCKED') as blocked,
               count(*) filter (where outcome_type = 'FAILED') as failed,
               count(*) filter (where outcome_type = 'OTHER') as other
          from interactions group by subscriber_id, day, channel) as i
 where r.subscriber_id = i.subscriber_id and r.day = i.day and r.channel = i.channel;

-- Hours and languages of a range of days, from the index alone.
create index interactions_day on interactions (subscriber_id, day) include (channel, language, started_at);
create index leads_new on leads (subscriber_id, created_at) where status = 'NEW';
-- Who signed in last, and what died lately, of one subscriber.
create index refresh_sessions_sign_in on refresh_sessions (user_id, signed_in_at);
create index jobs_dead_of_subscriber on jobs (subscriber_id, finished_at) where state = 'DEAD';

-- How a subscriber does: points for each part, and the figures that they were given for. The score is their sum.
create table health_scores (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  scored_at timestamptz not null,                -- the tick: one score each, however often it is tried
  is_latest boolean not null,
  score int not null check (score >= 0),         -- at most 100
  usage_points int not null,
  failure_points int not null,
  payment_points int not null,
  activity_points int not null,
  reasons text[] not null,                       -- why points are missing: codes
  conversations_last_7_days int not null,
  conversations_28_days_before int not null,
  failed_calls int not null,                     -- this and the following: of the last 7 days
  undelivered_texts int not null,
  dead_jobs int not null,
  failed_deliveries int not null default 0,      -- to the business's own tools
  subscription_status text,
  balance numeric(18, 8) not null,
  days_since_conversation int,                   -- null: there was none yet
  days_since_sign_in int,                        -- null: nobody's is known
  primary key (subscriber_id, id),
  constraint health_scores_subscriber_scored_key unique (subscriber_id, scored_at)
);
create unique index health_scores_latest on health_scores (subscriber_id) where is_latest;
create index health_scores_worst on health_scores (score, subscriber_id) where is_latest;
call protect('health_scores');

-- Who may be about to leave: one open row per cause, closed by itself when the cause is over.
create table churn_alerts (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  cause text not null check (cause in ('INACTIVE', 'SCORE_FELL')),
  opened_at timestamptz not null,
  days_silent int,                               -- of INACTIVE, with how many the plan allows
  days_allowed int,
  score int,                                     -- of SCORE_FELL, with the highest of the week before
  score_before int,
  resolved_at timestamptz,
  resolution text check (resolution in ('OVER', 'OPERATOR')),
  resolved_by uuid,
  primary key (subscriber_id, id),
  constraint churn_alerts_resolution check ((resolved_at is null) = (resolution is null))
);
create unique index churn_alerts_open on churn_alerts (subscriber_id, cause) where resolved_at is null;
create index churn_alerts_newest on churn_alerts (opened_at, id);
call protect('churn_alerts');

-- Usage and ledger, newest first, within a range.
create index usage_records_created on usage_records (subscriber_id, created_at, id);
create index ledger_entries_created on ledger_entries (subscriber_id, created_at, id);
