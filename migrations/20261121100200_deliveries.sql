-- Events out: who wants which events where, what became of each, attempt by attempt.

-- A fact that may be told twice has a key, and is written once.
alter table events add column dedupe_key text;
create unique index events_dedupe on events (subscriber_id, dedupe_key) where dedupe_key is not null;

create table webhook_endpoints (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  url text not null,                             -- without user and password
  credentials_sealed text,                              -- user:password of the URL, sealed
  headers_sealed text,                                  -- the owner's own headers as JSON, sealed
  events text[] not null,                        -- names, `call.*`, `*`
  description text,
  format text not null default 'STANDARD' check (format in ('STANDARD', 'LEGACY')),
  schedule text not null default 'DEFAULT' check (schedule in ('DEFAULT', 'SHORT')),
  timeout_s int not null default 15 check (timeout_s between 5 and 30),
  per_second int check (per_second > 0),         -- null: what the setting says
  is_from_settings boolean not null default false,   -- the one that PUT /dashboard/settings/webhook keeps
  is_enabled boolean not null default true,
  disabled_at timestamptz,
  disabled_because text check (disabled_because in ('OWNER', 'GONE', 'FAILING')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id)
);
create unique index webhook_endpoints_from_settings on webhook_endpoints (subscriber_id) where is_from_settings;
call protect('webhook_endpoints');

-- The newest has no end; those before it sign until theirs.
create table webhook_secrets (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  endpoint_id uuid not null,
  secret_sealed text not null,                          -- sealed
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (subscriber_id, id),
  constraint webhook_secrets_endpoint_fkey
    foreign key (subscriber_id, endpoint_id) references webhook_endpoints (subscriber_id, id) on delete cascade
);
create index webhook_secrets_endpoint on webhook_secrets (subscriber_id, endpoint_id);
call protect('webhook_secrets');

-- How an endpoint does, apart from what its owner said: written often, by every replica, under the row's lock.
-- The id is the endpoint's.
create table webhook_endpoint_states (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  next_slot_at timestamptz,                      -- when its rate allows the next delivery
  failures_in_row int not null default 0,
  failing_since timestamptz,                     -- the first failure since the last success
  failing_attempts int not null default 0,
  open_until timestamptz,                        -- the breaker: nothing but one probe goes out before this
  owner_warned_at timestamptz,
  primary key (subscriber_id, id),
  constraint webhook_endpoint_states_endpoint_fkey
    foreign key (subscriber_id, id) references webhook_endpoints (subscriber_id, id) on delete cascade
) with (fillfactor = 50);
call protect('webhook_endpoint_states');

-- One event to one endpoint. No foreign keys to the two: retention takes the event first, and an endpoint that is
-- deleted at this moment must not fail the transaction that tells of a call.
create table webhook_deliveries (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  event_type text not null,
  status text not null default 'PENDING' check (status in
    ('PENDING', 'SENDING', 'SUCCEEDED', 'RETRYING', 'DEAD', 'CANCELLED')),
  attempts int not null default 0,
  step int not null default 0,                   -- how far in its schedule; a replay begins anew
  generation int not null default 0,             -- grows with each replay: the order before it means nothing any more
  job_id uuid not null,
  next_attempt_at timestamptz,
  slot_at timestamptz,                           -- a place that the rate has reserved for it
  sending_until timestamptz,                     -- when SENDING no longer counts, should the process have died
  last_status int,
  last_error text,                               -- a class such as `timeout`
  created_at timestamptz not null,
  finished_at timestamptz,
  primary key (subscriber_id, id),
  constraint webhook_deliveries_endpoint_event_key unique (subscriber_id, endpoint_id, event_id)
) with (fillfactor = 70);
create index webhook_deliveries_sending on webhook_deliveries (subscriber_id, endpoint_id) where status = 'SENDING';
call protect('webhook_deliveries');

create table webhook_attempts (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  delivery_id uuid not null,
  endpoint_id uuid not null,
  number int not null,
  trigger text not null check (trigger in ('SCHEDULE', 'REPLAY')),
  at timestamptz not null,
  url text not null,
  request_headers jsonb not null,                -- as sent, secrets masked
  duration_ms int not null,
  status int,
  error text,                                    -- a class such as `timeout`
  response_body text,
  next_attempt_at timestamptz,
  primary key (subscriber_id, id),
  constraint webhook_attempts_delivery_fkey
    foreign key (subscriber_id, delivery_id) references webhook_deliveries (subscriber_id, id) on delete cascade
);
create index webhook_attempts_delivery on webhook_attempts (subscriber_id, delivery_id);
create index webhook_attempts_at on webhook_attempts using brin (at);
call protect('webhook_attempts');
