create table contacts (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  first_name text,
  last_name text,
  phone text,
  email text,
  notes text,
  status text not null default 'NEW' check (status in ('NEW', 'ACTIVE', 'CUSTOMER', 'ARCHIVED')),
  source text not null,
  language text check (language in ('en', 'fr', 'es')),
  timezone text,
  text_state text not null default 'REACHABLE' check (text_state in ('REACHABLE', 'INVALID', 'NOT_MOBILE', 'BLOCKED')),
  last_contacted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (subscriber_id, id),
  constraint contacts_subscriber_phone_key unique (subscriber_id, phone),
  constraint contacts_subscriber_email_key unique (subscriber_id, email)
);
call protect('contacts');

-- A row without an end: this person is not texted.
create table opt_outs (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  phone text not null,
  source text not null check (source in ('KEYWORD', 'PROVIDER', 'TOOL', 'STAFF')),
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (subscriber_id, id)
);
create unique index opt_outs_subscriber_phone_key on opt_outs (subscriber_id, phone) where ended_at is null;
call protect('opt_outs');
