-- What is sold. Machinery: the same for everybody.
create table plans (
  code text primary key check (code in ('FREE', 'CORE', 'PRO', 'ELITE', 'SCALE')),
  included_minutes int not null,
  included_texts int not null,                   -- segments
  per_minute numeric(18, 8) not null,
  per_text numeric(18, 8) not null,
  currency text not null
);
call grant_to_app('plans', 'select');
insert into plans (code, included_minutes, included_texts, per_minute, per_text, currency) values
  ('FREE',  100,    0, 0.10, 0.03, 'CAD'),
  ('CORE',  200,  200, 0.30, 0.03, 'CAD'),
  ('PRO',   500,  500, 0.25, 0.03, 'CAD'),
  ('ELITE', 1200, 1500, 0.20, 0.025, 'CAD'),
  ('SCALE', 3000, 5000, 0.15, 0.02, 'CAD');

create table subscriptions (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  plan text not null references plans (code),
  status text not null default 'ACTIVE' check (status in ('TRIALING', 'ACTIVE', 'PAST_DUE', 'CANCELLED')),
  is_overage_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint subscriptions_subscriber_key unique (subscriber_id)
);
call protect('subscriptions');

create table usage_periods (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  starts_on date not null,                       -- the first of the month in the subscriber's zone
  included_minutes int not null,
  used_minutes int not null default 0,
  included_texts int not null,
  used_texts int not null default 0,
  primary key (subscriber_id, id),
  constraint usage_periods_subscriber_start_key unique (subscriber_id, starts_on)
);
call protect('usage_periods');

create table credit_accounts (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  balance numeric(18, 8) not null default 0,
  currency text not null,
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint credit_accounts_subscriber_key unique (subscriber_id)
);
call protect('credit_accounts');

create table usage_records (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  usage_type text not null check (usage_type in ('VOICE_CALL', 'SMS')),
  source text not null,                          -- the call, text or chat that caused it
  revision int not null default 0,
  corrects_id uuid,
  interaction_id uuid,
  day date not null,                             -- whose sums it is in: that of the interaction's start
  period date not null,                          -- the month it draws on, by its first day; a correction keeps it
  occurred_at timestamptz not null,
  duration_seconds int,
  billed_minutes int not null default 0,
  segments int not null default 0,
  not_billed_reason text check (not_billed_reason in ('SHORT', 'TEST', 'FALLBACK', 'SPAM', 'FORWARDED')),
  cost numeric(18, 8),
  cost_currency text,
  price numeric(18, 8) not null,
  currency text not null,
  charged_from text not null check (charged_from in ('INCLUDED', 'BALANCE', 'MIXED')),
  balance_before numeric(18, 8) not null,
  balance_after numeric(18, 8) not null,
  free_minutes_before int not null,
  free_minutes_after int not null,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint usage_records_source_key unique (subscriber_id, source, revision),
  constraint usage_records_corrects_fkey
    foreign key (subscriber_id, corrects_id) references usage_records (subscriber_id, id),
  constraint usage_records_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id)
);
create index usage_records_interaction on usage_records (subscriber_id, interaction_id);
call protect_append_only('usage_records');

-- Positive is credit, negative is a charge. Sum = balance, always.
create table ledger_entries (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  usage_record_id uuid,
  fee text,                                      -- a period fee, when no usage caused it
  leg text not null check (leg in ('CARRIER', 'AI', 'SEGMENTS', 'NUMBER_RENT', 'PLATFORM_FEE')),
  kind text not null check (kind in ('CHARGE', 'CORRECTION', 'CREDIT')),
  revision int not null default 0,
  amount numeric(18, 8) not null,
  currency text not null,
  corrects_id uuid,
  reason text,
  source_event text,
  balance_after numeric(18, 8) not null,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint ledger_entries_cause check (num_nonnulls(usage_record_id, fee) = 1),
  constraint ledger_entries_usage_key unique (subscriber_id, usage_record_id, leg, kind, revision),
  constraint ledger_entries_fee_key unique (subscriber_id, fee, leg, kind, revision),
  constraint ledger_entries_usage_fkey
    foreign key (subscriber_id, usage_record_id) references usage_records (subscriber_id, id),
  constraint ledger_entries_corrects_fkey
    foreign key (subscriber_id, corrects_id) references ledger_entries (subscriber_id, id)
);
call protect_append_only('ledger_entries');

create table usage_rollups (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  day date not null,
  channel text not null check (channel in ('VOICE', 'SMS', 'CHAT', 'EMAIL')),
  interactions int not null default 0,
  answered int not null default 0,
  missed int not null default 0,
  transferred int not null default 0,
  booked int not null default 0,
  ai_handled int not null default 0,
  under_15_s int not null default 0,
  duration_s bigint not null default 0,
  billed_minutes int not null default 0,
  messages_in int not null default 0,
  messages_out int not null default 0,
  segments int not null default 0,
  cost numeric(18, 8) not null default 0,
  price numeric(18, 8) not null default 0,
  primary key (subscriber_id, id),
  constraint usage_rollups_subscriber_day_channel_key unique (subscriber_id, day, channel)
) with (fillfactor = 70);
call protect('usage_rollups');

-- Machinery: ids and counts. `position` is the last subscriber that was checked; whoever comes after a crash goes on
-- from there, and progressed_at says whether anybody still works at it.
create table reconciliation_runs (
  id uuid primary key,
  due_at timestamptz,
  cause text not null check (cause in ('SCHEDULE', 'COMMAND')),
  state text not null check (state in ('RUNNING', 'DONE', 'FAILED')),
  checked bigint not null default 0,
  differences bigint not null default 0,
  corrected bigint not null default 0,
  position uuid,
  started_at timestamptz not null,
  progressed_at timestamptz not null,
  finished_at timestamptz
);
create unique index reconciliation_runs_running on reconciliation_runs (state) where state = 'RUNNING';
call grant_to_app('reconciliation_runs', 'select, insert, update');

create table reconciliation_differences (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  run_id uuid not null,                          -- no foreign key: a run may be over everybody, so it cannot begin with ours
  subject text not null,                         -- what was compared, such as `rollup 2026-11-21 VOICE price`
  expected text not null,
  found text not null,
  is_corrected boolean not null,
  created_at timestamptz not null,
  primary key (subscriber_id, id)
);
create index reconciliation_differences_run on reconciliation_differences (run_id);
call protect('reconciliation_differences');
