-- Appointments: who comes when, to whom, and what that person is told of it.

-- Equality of ids beside the overlap of times in one exclusion constraint. Comes with PostgreSQL's own packages.
create extension if not exists btree_gist;

-- How soon and how far ahead somebody may book.
alter table subscriber_profiles
  add column booking_lead_minutes int not null default 60 check (booking_lead_minutes between 0 and 43200),
  add column booking_horizon_days int not null default 60 check (booking_horizon_days between 1 and 365);

-- What can be booked once at a time: a technician, a chair. A business without any is given one when it is first needed.
create table resources (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  name text not null,
  is_active boolean not null default true,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint resources_subscriber_name_key unique (subscriber_id, name)
);
call protect('resources');

create table appointments (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  resource_id uuid not null,
  service_id uuid,
  contact_id uuid,
  interaction_id uuid,                           -- the conversation in which it was booked
  call_sid text,
  source text not null check (source in ('VOICE_BOOKING', 'SMS', 'CHAT', 'WEB', 'MANUAL', 'CALCOM')),
  status text not null check (status in ('PENDING', 'CONFIRMED', 'CANCELLED', 'COMPLETED', 'NO_SHOW')),
  confirmation_code text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  buffer_minutes int not null default 0 check (buffer_minutes >= 0),
  busy_until timestamptz not null,               -- ends_at and the buffer: a range of columns is immutable, a sum is not
  timezone text not null,                        -- the business's when it was booked
  language text check (language in ('en', 'fr', 'es')),
  customer_name text,
  customer_phone text,
  customer_email text,
  purpose text,
  notes text,
  sequence int not null default 0,               -- how often it was changed: a calendar takes the highest
  confirmation_sent boolean not null default false,
  reminder_sent boolean not null default false,
  cancelled_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint appointments_resource_fkey
    foreign key (subscriber_id, resource_id) references resources (subscriber_id, id),
  -- A service may go; what was booked stays.
  constraint appointments_service_fkey
    foreign key (subscriber_id, service_id) references services (subscriber_id, id) on delete set null (service_id),
  constraint appointments_contact_fkey
    foreign key (subscriber_id, contact_id) references contacts (subscriber_id, id),
  constraint appointments_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id),
  constraint appointments_code_key unique (subscriber_id, confirmation_code),
  constraint appointments_order check (starts_at < ends_at and ends_at <= busy_until),
  -- A booked time is booked once, whatever races for it. Who is cancelled or did not come leaves the time to others.
  constraint appointments_no_overlap exclude using gist
    (subscriber_id with =, resource_id with =, tstzrange(starts_at, busy_until) with &&)
    where (status in ('PENDING', 'CONFIRMED', 'COMPLETED'))
);
create index appointments_starts on appointments (subscriber_id, starts_at, id);
create index appointments_contact on appointments (subscriber_id, contact_id, starts_at);
create index appointments_phone on appointments (subscriber_id, customer_phone, starts_at);
create index appointments_interaction on appointments (subscriber_id, interaction_id);
-- For the operator, of everybody.
create index appointments_created on appointments (created_at desc, id desc);
call protect('appointments');

-- What a person is told of an appointment, once for each start that it has had.
create table reminders (
  subscriber_id uuid not null,
  id uuid not null,
  appointment_id uuid not null,
  kind text not null check (kind in ('CONFIRMATION', 'REMINDER_24H', 'REMINDER_2H')),
  starts_at timestamptz not null,
  due_at timestamptz not null,
  state text not null default 'WAITING' check (state in ('WAITING', 'QUEUED', 'DROPPED')),
  reason text,                                   -- why it was dropped
  outgoing_id uuid,
  created_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint reminders_appointment_fkey
    foreign key (subscriber_id, appointment_id) references appointments (subscriber_id, id),
  constraint reminders_outgoing_fkey
    foreign key (subscriber_id, outgoing_id) references outgoing_messages (subscriber_id, id),
  constraint reminders_once_key unique (subscriber_id, appointment_id, kind, starts_at)
);
-- What is due, of everybody.
create index reminders_due on reminders (due_at) where state = 'WAITING';
create index reminders_outgoing on reminders (subscriber_id, outgoing_id) where outgoing_id is not null;
call protect('reminders');
