-- A subscriber's own account at a provider. What opens it is sealed (src/kernel/secrets.rs), each value to its place;
-- the last four characters stand beside it, so that a person can tell which secret is set.
create table provider_accounts (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  provider text not null check (provider in ('TWILIO', 'RETELL', 'VAPI')),
  account_id text not null,                      -- unique through the directory, kind ACCOUNT
  is_enabled boolean not null default true,
  api_key_sealed text,
  api_key_last_four text,
  api_key_set_at timestamptz,
  webhook_secret_sealed text,                    -- one, or several separated by commas while one replaces another
  webhook_secret_last_four text,
  webhook_secret_set_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint provider_accounts_subscriber_provider_key unique (subscriber_id, provider)
);
call protect('provider_accounts');

-- One row: whoever cannot open it holds other keys than those with which this database's secrets are sealed.
create table key_checks (
  id uuid primary key check (id = '00000000-0000-0000-0000-000000000001'),
  check_sealed text not null
);
call grant_to_app('key_checks', 'select, insert, update');

-- Whose secret proved the event; null = the platform's. Kept, because an event that failed is taken up again.
alter table inbound_events add column proved_by uuid;

-- With which account of the subscriber's own the text was handed over; null = the platform's.
alter table outgoing_messages add column account_id text;

-- With which one a text came in.
alter table interaction_messages add column account_id text;

-- No transcript, recording or text is kept.
alter table subscribers add column handles_health_data boolean not null default false;

-- Turning that on empties what events say of people's words.
call grant_to_app('events', 'update');

-- Whether what people say may be kept for this subscriber. Statements that write people's words ask it themselves, so
-- that none depends on what its caller read a while ago.
create function keeps_words(subscriber uuid) returns boolean
language sql stable as $$
  select coalesce((select not handles_health_data from subscribers where id = subscriber), true)
$$;
