-- Machinery: jobs, schedules, leases and buckets. Ids, no content.

create table jobs (
  id uuid primary key,
  kind text not null,
  subscriber_id uuid,
  lane text not null check (lane in ('interactive', 'delivery', 'provider', 'bulk')),
  payload jsonb not null,                       -- ids only
  state text not null default 'QUEUED' check (state in ('QUEUED', 'DONE', 'DEAD', 'CANCELLED')),
  run_at timestamptz not null,                  -- while a run holds the job: the end of its lease
  attempts int not null default 0,
  max_attempts int not null,
  run_lease bigint not null default 0,          -- the fence: only ever grows
  dedupe_key text,
  last_error text,
  created_at timestamptz not null,
  finished_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0.01);
create index jobs_due on jobs (lane, run_at) where state = 'QUEUED';
create unique index jobs_dedupe on jobs (dedupe_key) where state = 'QUEUED';
create index jobs_finished on jobs (finished_at) where state <> 'QUEUED';
create index jobs_dead on jobs (lane, finished_at) where state = 'DEAD';   -- few among millions that are done
call grant_to_app('jobs', 'select, insert, update, delete');

create table schedule_runs (
  name text not null,
  due_at timestamptz not null,
  job_id uuid,
  result text check (result in ('DONE', 'FAILED', 'SKIPPED')),
  finished_at timestamptz,
  primary key (name, due_at)
);
call grant_to_app('schedule_runs', 'select, insert, update, delete');

create table leases (
  key text primary key,
  holder uuid not null,
  until timestamptz not null
);
call grant_to_app('leases', 'select, insert, update, delete');

-- Emptied by a crash: a limit forgets, nothing else. An ordinary table waits for the disk while it holds the row.
create unlogged table rate_buckets (
  key text primary key,
  tokens double precision not null,
  at timestamptz not null
);
call grant_to_app('rate_buckets', 'select, insert, update, delete');

-- What an operator should look at. subscriber_id null = the platform's.
create table ops_alerts (
  id uuid primary key,
  subscriber_id uuid,
  kind text not null,
  severity text not null check (severity in ('INFO', 'WARNING', 'CRITICAL')),
  detail text not null,
  dedupe_key text,
  created_at timestamptz not null,
  resolved_at timestamptz
);
create unique index ops_alerts_open on ops_alerts (dedupe_key) where resolved_at is null;
call protect('ops_alerts');
