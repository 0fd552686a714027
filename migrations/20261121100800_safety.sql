-- What is kept how long, what goes when somebody asks, and what went wrong.

-- Set when the words of a conversation are taken away, by an erasure or by retention: nothing is written to it again,
-- however late a provider's event comes.
alter table interactions add column words_cleared_at timestamptz;
create index interactions_with_words on interactions (subscriber_id, started_at) where words_cleared_at is null;
create index inbound_events_subscriber on inbound_events (subscriber_id, received_at);
create index recordings_age on recordings (subscriber_id, created_at);

-- Answers of 500 and jobs that died, grouped. Scoped: subscriber_id null = nobody's in particular.
create table error_logs (
  id uuid primary key,
  subscriber_id uuid,
  source text not null check (source in ('REQUEST', 'JOB')),
  place text not null,                           -- method and route, or the kind of job
  what text not null,                            -- our own words: whatever was quoted or counted in them is cut out
  fingerprint text not null,                     -- of the four above
  occurrences bigint not null,
  last_request_id text,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  constraint error_logs_fingerprint_key unique (fingerprint)
);
create index error_logs_seen on error_logs (last_seen_at);
call protect('error_logs');

-- How many days a business keeps a class of data; without a row, the default of the code.
create table retention_settings (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  data_class text not null,                      -- a name in the code
  days int not null check (days > 0),
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint retention_settings_class_key unique (subscriber_id, data_class)
);
call protect('retention_settings');

-- What each night's run cleared, over everybody.
create table retention_runs (
  due_at timestamptz not null,
  data_class text not null,                      -- a name in the code
  cleared bigint not null,
  updated_at timestamptz not null,
  primary key (due_at, data_class)
);
call grant_to_app('retention_runs', 'select, insert, update, delete');

create table exports (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  contact_id uuid,                               -- null: everything of the business
  requested_by uuid,
  state text not null check (state in ('WANTED', 'READY', 'FAILED', 'EXPIRED')),
  row_count bigint not null default 0,
  byte_count bigint not null default 0,
  audit_seq bigint,
  audit_hash text,                               -- the end of the audit chain when it was made
  requested_at timestamptz not null,
  completed_at timestamptz,
  expires_at timestamptz,
  primary key (subscriber_id, id),
  constraint exports_contact_fkey foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id)
);
call protect('exports');

create table export_parts (
  subscriber_id uuid not null,
  id uuid not null,
  export_id uuid not null,
  position int not null,
  content text not null,                         -- whole lines of JSON
  primary key (subscriber_id, id),
  constraint export_parts_export_fkey foreign key (subscriber_id, export_id) references exports (subscriber_id, id),
  constraint export_parts_position_key unique (subscriber_id, export_id, position)
);
call protect('export_parts');

-- The receipt of an erasure. Ids and counts.
create table erasures (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  contact_id uuid,                               -- null: the whole business
  requested_by uuid,
  state text not null check (state in ('WANTED', 'AT_PROVIDERS', 'DONE')),
  counts jsonb not null default '{}',            -- rows per table
  requested_at timestamptz not null,
  completed_at timestamptz,
  primary key (subscriber_id, id),
  constraint erasures_contact_fkey foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id)
);
call protect('erasures');

-- What providers are to delete, until they have done so or we gave up.
create table provider_deletions (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  erasure_id uuid,                               -- null: retention, or a recording that nobody agreed to
  provider text not null check (provider in ('RETELL', 'TWILIO')),
  kind text not null check (kind in ('CALL', 'CHAT', 'MESSAGE', 'RECORDING')),
  external_id text not null,
  state text not null default 'PENDING' check (state in ('PENDING', 'DONE', 'GIVEN_UP')),
  attempts int not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (subscriber_id, id),
  constraint provider_deletions_erasure_fkey
    foreign key (subscriber_id, erasure_id) references erasures (subscriber_id, id),
  constraint provider_deletions_thing_key unique (subscriber_id, provider, kind, external_id)
);
create index provider_deletions_due on provider_deletions (subscriber_id, provider, due_at) where state = 'PENDING';
create index provider_deletions_erasure on provider_deletions (subscriber_id, erasure_id);
call protect('provider_deletions');
