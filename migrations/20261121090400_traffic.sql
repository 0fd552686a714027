-- Every webhook that was proved, once. Scoped: subscriber_id null = belongs to nobody here, kept for the operator.
create table inbound_events (
  provider text not null,
  external_id text not null,
  subscriber_id uuid,
  kind text not null,
  raw_body bytea not null,
  received_at timestamptz not null,
  state text not null check (state in ('DONE', 'UNROUTED', 'FAILED')),
  error text,
  primary key (provider, external_id)
);
create index inbound_events_kept on inbound_events (received_at) where state <> 'DONE';
call protect('inbound_events');

create table interactions (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  channel text not null check (channel in ('VOICE', 'SMS', 'CHAT', 'EMAIL')),
  direction text not null check (direction in ('INBOUND', 'OUTBOUND')),
  transport_provider text not null check (transport_provider in ('TWILIO', 'RETELL', 'VAPI', 'WEB', 'OTHER')),
  ai_provider text not null check (ai_provider in ('RETELL', 'VAPI', 'BUILTIN', 'LLM', 'OTHER')),
  provider text not null,                        -- whose external id this is
  external_id text,
  provider_agent_id text,
  from_number text,
  to_number text,
  counterpart text,                              -- the person's number; null when withheld
  contact_id uuid,
  status text not null default 'OPEN' check (status in ('OPEN', 'COMPLETED', 'FAILED')),
  outcome_type text check (outcome_type in ('BOOKED', 'RESCHEDULED', 'CANCELLED', 'TRANSFERRED', 'MESSAGE_TAKEN',
    'ANSWERED', 'VOICEMAIL', 'MISSED', 'ABANDONED', 'BLOCKED', 'FAILED', 'OTHER')),
  mode text not null default 'FULL'
    check (mode in ('OFF', 'AFTER_HOURS', 'STAFF_FIRST', 'SHADOW', 'APPROVE_FIRST_REPLY', 'FULL')),
  handled_by text check (handled_by in ('AI', 'HUMAN')),
  assigned_user_id uuid,
  is_ai_paused boolean not null default false,
  ai_paused_until timestamptz,
  is_unread boolean not null default true,
  is_test boolean not null default false,
  language text check (language in ('en', 'fr', 'es')),
  day date not null,                             -- the subscriber's local date at the start; a change of zone does not move it
  started_at timestamptz not null,
  ended_at timestamptz,
  last_message_at timestamptz,
  duration_seconds int,
  provider_cost_cents numeric(18, 8),
  provider_cost_currency text,
  summary text,
  sentiment text,
  disconnection_reason text,
  transfer_destination text,
  analysis jsonb,                                -- the provider's free-form analysis
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint interactions_subscriber_external_key unique (subscriber_id, provider, external_id),
  constraint interactions_contact_fkey foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id)
);
-- One open text conversation with a person.
create unique index interactions_open_text_key on interactions (subscriber_id, counterpart)
  where channel = 'SMS' and status = 'OPEN';
create index interactions_subscriber_started on interactions (subscriber_id, started_at desc, id desc);
-- Whose conversation is this, on a number that several share? Read in the operator's scope.
create index interactions_text_conversation on interactions (counterpart, last_message_at desc) where channel = 'SMS';
call protect('interactions');

create table interaction_messages (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  role text not null check (role in ('CALLER', 'AI', 'STAFF', 'SYSTEM', 'TOOL')),
  text text not null,
  position int,                                  -- of a turn in a provider's transcript; null for texts
  provider_message_id text,
  media jsonb,                                   -- what a provider attached: [{url, content_type}]
  needs_answer boolean not null default false,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint interaction_messages_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint interaction_messages_position_key unique (subscriber_id, interaction_id, position)
);
create index interaction_messages_waiting on interaction_messages (subscriber_id, interaction_id) where needs_answer;
create index interaction_messages_interaction on interaction_messages (subscriber_id, interaction_id, created_at, id);
call protect('interaction_messages');

create table recordings (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  provider text not null,
  kind text not null check (kind in ('MIXED', 'MULTI_CHANNEL')),
  provider_url text not null,
  duration_seconds int,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint recordings_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint recordings_interaction_kind_key unique (subscriber_id, interaction_id, kind)
);
call protect('recordings');

create table tool_calls (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  tool_call_id text not null,
  name text not null,
  arguments jsonb not null,
  answer jsonb,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint tool_calls_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint tool_calls_interaction_call_key unique (subscriber_id, interaction_id, tool_call_id)
);
call protect('tool_calls');

-- Where a conversation stands, for the brain that holds it.
create table dialogue_states (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  state jsonb not null,                          -- the brain's own, versioned by it
  provider_chat_id text,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint dialogue_states_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint dialogue_states_interaction_key unique (subscriber_id, interaction_id)
);
call protect('dialogue_states');

create table leads (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  contact_id uuid,
  interaction_id uuid,
  category text not null default 'OTHER',
  urgency text not null default 'NORMAL' check (urgency in ('LOW', 'NORMAL', 'HIGH')),
  summary text not null,
  status text not null default 'NEW' check (status in ('NEW', 'CONTACTED', 'WON', 'LOST')),
  flag text,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint leads_contact_fkey foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id),
  constraint leads_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id)
);
call protect('leads');

-- What we send. A text is sent at most once per row; a second try is a second row that names the first.
create table outgoing_messages (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  message_id uuid,                               -- the turn that this carries
  contact_id uuid,
  purpose text not null check (purpose in ('REPLY', 'OPT_CONFIRMATION', 'KEYWORD_ANSWER', 'CONFIRMATION', 'REMINDER',
    'NOTICE')),
  from_number text not null,
  to_number text not null,
  body text not null,
  status text not null default 'QUEUED'
    check (status in ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'UNDELIVERED', 'FAILED', 'SUPPRESSED')),
  reason text,                                   -- why it was suppressed or failed
  is_sandbox boolean not null default false,
  provider_message_id text,
  error_code int,
  segments int,
  price numeric(18, 8),
  currency text,
  retry_of uuid,
  created_at timestamptz not null,
  sending_at timestamptz,                        -- of the last try
  tries int not null default 0,                  -- without those that were clearly refused
  sent_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint outgoing_messages_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint outgoing_messages_message_fkey
    foreign key (subscriber_id, message_id) references interaction_messages (subscriber_id, id),
  constraint outgoing_messages_contact_fkey
    foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id),
  constraint outgoing_messages_retry_fkey
    foreign key (subscriber_id, retry_of) references outgoing_messages (subscriber_id, id),
  constraint outgoing_messages_retry_key unique (subscriber_id, retry_of)
);
create index outgoing_messages_recipient on outgoing_messages (subscriber_id, to_number, created_at);
create index outgoing_messages_day on outgoing_messages (subscriber_id, created_at);
create index outgoing_messages_provider on outgoing_messages (subscriber_id, provider_message_id);
call protect('outgoing_messages');

create table events (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  type text not null,
  occurred_at timestamptz not null,
  data jsonb not null,
  primary key (subscriber_id, id)
);
call protect('events', privileges => 'select, insert, delete');

create table idempotency_keys (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  key text not null,
  request_hash bytea not null,
  status int,
  answer jsonb,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint idempotency_keys_subscriber_key_key unique (subscriber_id, key)
);
call protect('idempotency_keys');
