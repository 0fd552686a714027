-- Calls that we answer ourselves, over Twilio: who answers when the business is closed, and where each call stands.

-- What a caller gets while the business is closed, and on a day off.
alter table subscriber_profiles add column after_hours text not null default 'ANSWER'
  check (after_hours in ('ANSWER', 'MESSAGE_ONLY', 'VOICEMAIL', 'FORWARD'));
alter table subscriber_profiles add column on_holidays text not null default 'ANSWER'
  check (on_holidays in ('ANSWER', 'MESSAGE_ONLY', 'VOICEMAIL', 'FORWARD'));
-- How long a person is rung. The owner's carrier forwards after 15 s or more; we must have given up before.
alter table subscriber_profiles add column staff_ring_seconds int not null default 12
  check (staff_ring_seconds between 5 and 12);

-- What somebody left after the tone.
alter table recordings drop constraint recordings_kind_check;
alter table recordings add constraint recordings_kind_check
  check (kind in ('MIXED', 'MULTI_CHANNEL', 'VOICEMAIL'));

-- Where a call stands between two of Twilio's requests. Any process may get the next one.
create table twilio_calls (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  interaction_id uuid not null,
  call_sid text not null,
  account_sid text not null,
  phase text not null check (phase in ('CONSENT', 'TALK', 'STAFF', 'TRANSFER', 'OWNER', 'VOICEMAIL', 'OVER')),
  -- The turn that the caller is asked for; an earlier one was answered before.
  turn int not null default 1,
  language text not null check (language in ('en', 'fr', 'es')),
  silences int not null default 0,
  has_menu boolean not null default false,       -- keys mean what the menu said
  can_dial boolean not null,                     -- a person may be rung
  is_limited boolean not null default false,     -- a message is taken, and that is all
  is_builtin boolean not null default false,     -- the built-in brain has taken over for the rest of the call
  positions int not null default 0,              -- turns written
  has_heard boolean not null default false,      -- the caller has said or keyed something
  has_voicemail boolean not null default false,
  dialled_at timestamptz,
  accepted_at timestamptz,                       -- whoever was rung pressed 1
  is_bridged boolean not null default false,     -- a person spoke with the caller
  not_billed text check (not_billed in ('FALLBACK', 'SPAM', 'FORWARDED')),
  plan jsonb,                                    -- what was last answered, word for word; taken away with the end
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint twilio_calls_sid_key unique (subscriber_id, call_sid),
  constraint twilio_calls_interaction_key unique (subscriber_id, interaction_id),
  constraint twilio_calls_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id)
);
-- Is this pair in a dial? Asked before anybody is rung.
create index twilio_calls_dialling on twilio_calls (subscriber_id, dialled_at)
  where phase in ('STAFF', 'TRANSFER', 'OWNER');
call protect('twilio_calls');

-- One text to a missed caller in an hour: the row of the hour is the claim.
create table text_backs (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  contact_id uuid not null,
  interaction_id uuid not null,
  sent_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint text_backs_contact_fkey foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id),
  constraint text_backs_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint text_backs_contact_key unique (subscriber_id, contact_id)
);
call protect('text_backs');
