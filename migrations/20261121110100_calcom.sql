-- Calendars that are kept at Cal.com: whose they are, what we may do there, and which booking is which appointment.

-- One a subscriber. The row stays when it is disconnected, so that connecting again is the same connection.
create table calendar_connections (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,                              -- stands in the path of the webhook
  provider text not null check (provider in ('CALCOM')),
  state text not null check (state in ('ACTIVE', 'RECONNECT', 'DISCONNECTED')),
  calcom_user_id bigint not null,                -- nobody else's: the directory holds that
  username text,
  email text,
  access_token_sealed text,
  refresh_token_sealed text,
  expires_at timestamptz,
  refreshed_at timestamptz,
  webhook_id text,
  webhook_secret_sealed text,
  -- What is booked where a service names nothing else.
  event_type_id bigint,
  event_type_title text,
  event_type_minutes int,
  polled_until timestamptz,                      -- what was changed before is known
  connected_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint calendar_connections_subscriber_provider_key unique (subscriber_id, provider),
  constraint calendar_connections_tokens check (state <> 'ACTIVE'
    or (access_token_sealed is not null and refresh_token_sealed is not null and expires_at is not null))
);
-- For the clock and the bare path of webhooks: of everybody.
create index calendar_connections_state on calendar_connections (state, refreshed_at);
create index calendar_connections_user on calendar_connections (calcom_user_id);
call protect('calendar_connections');

-- What is booked at Cal.com for a service.
create table calendar_event_types (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  service_id uuid not null,
  event_type_id bigint not null,
  event_type_title text,
  event_type_minutes int,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint calendar_event_types_subscriber_service_key unique (subscriber_id, service_id),
  constraint calendar_event_types_service_fkey
    foreign key (subscriber_id, service_id) references services (subscriber_id, id) on delete cascade
);
call protect('calendar_event_types');

-- Somebody was sent to Cal.com to say yes. Found by the hash of the state, through the directory; good once.
create table calendar_consents (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  state_hash text not null,
  user_id uuid not null,
  session_id uuid not null,
  wants_webhooks boolean not null,
  expires_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint calendar_consents_state_key unique (subscriber_id, state_hash)
);
call protect('calendar_consents');

-- A booking at Cal.com, or one that we want there. Who comes stands with the appointment.
create table calendar_bookings (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,                              -- what we write into a booking that we make
  appointment_id uuid,                           -- null: it has no place with us (UNPLACED), or never had one
  origin text not null check (origin in ('OURS', 'CALCOM')),
  sync_state text not null check (sync_state in ('WANTED', 'DONE', 'CONFLICT', 'FAILED', 'UNPLACED')),
  uid text,                                      -- another one after each move
  ical_uid text,                                 -- the same through all moves
  sequence int not null default 0,
  event_type_id bigint,
  status text check (status in ('ACCEPTED', 'PENDING', 'CANCELLED', 'REJECTED')),
  starts_at timestamptz,
  ends_at timestamptz,
  news_at timestamptz,                           -- when what we know was said
  wanted_start timestamptz,                      -- what we last asked for
  attempted_at timestamptz,                      -- a request went out whose outcome we do not know
  problem text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint calendar_bookings_appointment_key unique (subscriber_id, appointment_id),
  constraint calendar_bookings_uid_key unique (subscriber_id, uid),
  constraint calendar_bookings_appointment_fkey
    foreign key (subscriber_id, appointment_id) references appointments (subscriber_id, id)
);
create index calendar_bookings_series on calendar_bookings (subscriber_id, ical_uid);
create index calendar_bookings_anybodys on calendar_bookings (uid) where uid is not null;
create index calendar_bookings_trouble on calendar_bookings (subscriber_id, id)
  where sync_state in ('CONFLICT', 'FAILED', 'UNPLACED');
call protect('calendar_bookings');

-- What was free at Cal.com a moment ago, so that nobody on the phone waits for it.
create table calendar_slots (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  event_type_id bigint not null,
  covers_from timestamptz not null,
  covers_until timestamptz not null,
  starts timestamptz[] not null,
  fetched_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint calendar_slots_subscriber_event_type_key unique (subscriber_id, event_type_id)
);
call protect('calendar_slots');
