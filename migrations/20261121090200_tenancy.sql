create table subscribers (
  id uuid primary key,
  slug text not null,                            -- unique through the directory
  older_id text,
  business_name text not null,
  business_type text,
  industry text,
  website_url text,
  business_description text,
  status text not null default 'TRIAL' check (status in ('TRIAL', 'ACTIVE', 'PAST_DUE', 'SUSPENDED', 'CLOSED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
call protect('subscribers', 'id');

create table subscriber_profiles (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  timezone text not null default 'America/Toronto',
  language text not null default 'en' check (language in ('en', 'fr', 'es')),
  custom_greeting text,
  agent_tone text not null default 'friendly',
  voice_id text,
  transfer_number text,
  standard_fee text,
  emergency_fee text,
  schedule_summary text,
  cal_com_url text,
  business_phone text,
  owner_name text,
  owner_phone text,
  owner_email text,
  area_code text,
  is_booking_enabled boolean not null default true,
  is_sms_enabled boolean not null default true,
  appointment_duration_minutes int not null default 30 check (appointment_duration_minutes > 0),
  recording_mode text not null default 'OFF' check (recording_mode in ('OFF', 'ANNOUNCED', 'CONSENT')),
  recording_consent_text text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint subscriber_profiles_subscriber_key unique (subscriber_id)
);
call protect('subscriber_profiles');

create table business_hours (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  day text not null check (day in ('MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN')),
  opens time not null,
  closes time not null,
  primary key (subscriber_id, id),
  constraint business_hours_subscriber_day_opens_key unique (subscriber_id, day, opens),
  constraint business_hours_order check (opens < closes)
);
call protect('business_hours');

create table holidays (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  date date not null,
  name text not null,
  is_closed boolean not null default true,
  opens time,
  closes time,
  primary key (subscriber_id, id),
  constraint holidays_subscriber_date_key unique (subscriber_id, date),
  constraint holidays_hours check (is_closed or (opens is not null and closes is not null and opens < closes))
);
call protect('holidays');

create table services (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  name text not null,
  duration_minutes int not null check (duration_minutes > 0),
  buffer_minutes int not null default 0 check (buffer_minutes >= 0),
  price numeric(18, 8),
  currency text not null default 'CAD',
  is_active boolean not null default true,
  primary key (subscriber_id, id),
  constraint services_subscriber_name_key unique (subscriber_id, name)
);
call protect('services');

create table blocked_callers (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  phone text not null,
  reason text,
  created_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint blocked_callers_subscriber_phone_key unique (subscriber_id, phone)
);
call protect('blocked_callers');

-- The two providers are never mixed into one column, and neither is ever empty.
create table subscriber_channels (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  channel text not null check (channel in ('VOICE', 'SMS', 'CHAT', 'EMAIL')),
  is_enabled boolean not null,
  transport_provider text not null check (transport_provider in ('TWILIO', 'RETELL', 'VAPI', 'WEB', 'OTHER')),
  ai_provider text not null check (ai_provider in ('RETELL', 'VAPI', 'BUILTIN', 'LLM', 'OTHER')),
  provider_number_e164 text,
  provider_agent_id text,
  provider_agent_version text,
  provider_inbox_id text,
  mode text not null default 'FULL'
    check (mode in ('OFF', 'AFTER_HOURS', 'STAFF_FIRST', 'SHADOW', 'APPROVE_FIRST_REPLY', 'FULL')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint subscriber_channels_subscriber_channel_key unique (subscriber_id, channel)
);
create index subscriber_channels_number on subscriber_channels (provider_number_e164);
call protect('subscriber_channels');

-- Scoped: subscriber_id null = the platform's. Found from outside through the directory.
create table agents (
  id uuid primary key,
  subscriber_id uuid references subscribers (id),
  provider text not null check (provider in ('RETELL', 'VAPI')),
  provider_agent_id text not null,
  role text not null check (role in ('GATEKEEPER', 'MASTER', 'DEMO', 'CLONE')),
  industry text,
  name text not null,
  version text,
  llm_id text,
  llm_version text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- One gatekeeper, one demo agent, one master per industry; a subscriber's clones are not counted.
create unique index agents_platform_key on agents (provider, role, coalesce(industry, ''))
  where subscriber_id is null;
call protect('agents');

create table phone_numbers (
  id uuid primary key,
  subscriber_id uuid references subscribers (id),
  e164 text not null,
  provider text not null check (provider in ('TWILIO', 'RETELL')),
  provider_id text,
  is_shared boolean not null default false,
  state text not null default 'ACTIVE' check (state in ('ACTIVE', 'RELEASED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint phone_numbers_shared_is_platform check (is_shared = (subscriber_id is null))
);
-- A number is held once at a time; one that was released may come back to somebody else.
create unique index phone_numbers_active_key on phone_numbers (e164) where state = 'ACTIVE';
create index phone_numbers_subscriber on phone_numbers (subscriber_id);
call protect('phone_numbers');
