-- People, how they prove who they are, and what they did.
--
-- The tables of people are taken by the role reception_identity alone, which may do what reception_app may and these
-- as well. Of them reception_app sees ids, flags and the times of an end: enough to check a session.

create procedure grant_to_identity(target regclass, privileges text)
language plpgsql as $$
begin
  if exists (select from pg_roles where rolname = 'reception_identity') then
    execute format('grant %s on %s to reception_identity', privileges, target);
  end if;
end $$;

do $$
begin
  if exists (select from pg_roles where rolname = 'reception_identity') then
    execute format('grant usage on schema %I to reception_identity', current_schema());
  end if;
end $$;

create table users (
  id uuid primary key,
  email text not null,                           -- in lower case
  first_name text,
  last_name text,
  is_operator boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  disabled_at timestamptz,
  constraint users_email_key unique (email)
);
call grant_to_identity('users', 'select, insert, update, delete');
call grant_to_app('users', 'select (id, is_operator, disabled_at)');

create table credentials (
  user_id uuid primary key references users (id) on delete cascade,
  password_hash text not null,                   -- argon2id, as a PHC string
  changed_at timestamptz not null
);
call grant_to_identity('credentials', 'select, insert, update, delete');

-- One row per sign-in. The refresh token changes with every use, and only its hash is here.
create table refresh_sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  subscriber_id uuid,                            -- the business that was chosen; none for an operator without any
  impersonator_id uuid references users (id),    -- an operator who acts as the user
  reason text,                                   -- why
  can_write boolean not null default true,
  generation int not null default 0,
  token_hash bytea,                              -- null: there is no refresh token
  device text,
  ip_prefix text,
  signed_in_at timestamptz not null,             -- when a password was last asked for
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  idle_until timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text check (end_reason in ('LOGOUT', 'REVOKED', 'REUSED', 'PASSWORD', 'EXPIRED', 'DISABLED')),
  constraint refresh_sessions_token_key unique (token_hash)
);
create index refresh_sessions_user on refresh_sessions (user_id) where ended_at is null;
create index refresh_sessions_old on refresh_sessions (expires_at);
call grant_to_identity('refresh_sessions', 'select, insert, update, delete');
call grant_to_app('refresh_sessions',
  'select (id, user_id, subscriber_id, impersonator_id, can_write, signed_in_at, expires_at, ended_at)');

-- Tokens that were used once: one of them again is a copy in other hands.
create table spent_refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references refresh_sessions (id) on delete cascade,
  spent_at timestamptz not null
);
create index spent_refresh_tokens_session on spent_refresh_tokens (session_id);
call grant_to_identity('spent_refresh_tokens', 'select, insert, update, delete');

create table reset_tokens (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint reset_tokens_token_key unique (token_hash)
);
create index reset_tokens_user on reset_tokens (user_id);
call grant_to_identity('reset_tokens', 'select, insert, update, delete');

-- How often somebody failed lately, by e-mail and by network address; both hashed. A lockout may not forget, so this
-- is no bucket.
create table login_attempts (
  kind text not null check (kind in ('EMAIL', 'ADDRESS')),
  key_hash bytea not null,
  failures int not null,
  since timestamptz not null,                    -- the first of these failures
  until timestamptz not null,                    -- then they are forgotten
  locks int not null default 0,                  -- how often it came to a lock, one after the other
  primary key (kind, key_hash)
);
create index login_attempts_until on login_attempts (until);
call grant_to_identity('login_attempts', 'select, insert, update, delete');

create table memberships (
  id uuid primary key,
  subscriber_id uuid not null references subscribers (id),
  user_id uuid not null references users (id),
  role text not null check (role in ('OWNER', 'ADMIN', 'STAFF')),
  created_at timestamptz not null,
  constraint memberships_subscriber_user_key unique (subscriber_id, user_id)
);
create index memberships_user on memberships (user_id);
call protect('memberships');

create table api_keys (
  id uuid primary key,
  subscriber_id uuid not null references subscribers (id),
  name text not null,
  prefix text not null,
  last_four text not null,
  key_hash bytea not null,                       -- also in the directory, which finds the subscriber
  scopes text[] not null,
  cidrs text[] not null default '{}',
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_key_hash_key unique (key_hash)
);
create index api_keys_subscriber on api_keys (subscriber_id, id);
call protect('api_keys');

-- Granted and withdrawn, by purpose; the newest row of a subject and purpose counts.
create table consent_logs (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  subject_kind text not null check (subject_kind in ('USER', 'CONTACT')),
  subject_id uuid not null,
  purpose text not null check (purpose in ('TERMS', 'RECORDING', 'MARKETING_TEXTS', 'REMINDERS')),
  text_version text not null,
  is_granted boolean not null,
  channel text not null check (channel in ('WEB', 'VOICE', 'SMS', 'CHAT', 'EMAIL', 'PAPER')),
  proof text,                                    -- message id, form, call
  ip_prefix text,
  created_at timestamptz not null,
  primary key (subscriber_id, id)
);
create index consent_logs_subject on consent_logs (subscriber_id, subject_kind, subject_id, purpose, created_at desc);
call protect('consent_logs', privileges => 'select, insert, delete');

-- Who did what to what. A chain per subscriber; acts of the platform itself stand under the nil subscriber, so there
-- is no foreign key. Ids and names of fields, nobody's words.
create table audit_log (
  subscriber_id uuid not null,
  id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('USER', 'OPERATOR', 'API_KEY', 'SYSTEM')),
  actor_id uuid,
  impersonator_id uuid,
  action text not null,
  subject_kind text,
  subject_id uuid,
  changes jsonb not null,
  ip_prefix text,
  request_id text,
  prev_hash bytea not null,
  hash bytea not null,
  primary key (subscriber_id, id),
  constraint audit_log_seq_key unique (subscriber_id, seq)
);
call protect_append_only('audit_log');

-- The end of each chain; locked while a row is added.
create table audit_heads (
  subscriber_id uuid not null,
  id uuid not null,
  seq bigint not null,
  hash bytea not null,
  primary key (subscriber_id, id),
  constraint audit_heads_subscriber_key unique (subscriber_id)
);
call protect('audit_heads', privileges => 'select, insert, update');

-- What a registration told that only later steps use.
create table registrations (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  user_id uuid not null,
  phone_number text,
  business_hours jsonb,                          -- as the client wrote it
  services jsonb,                                -- likewise
  referral_code text,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint registrations_subscriber_key unique (subscriber_id)
);
call protect('registrations');
