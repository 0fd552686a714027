-- What a business sets beyond the first tables, and its people: one contact after a merge, lists in their order.

-- Whether the owner's own line forwards to us; set by the tests of forwarding.
alter table subscriber_profiles add column forwarding_status text not null default 'PENDING'
  check (forwarding_status in ('PENDING', 'ACTIVE', 'INACTIVE'));

create index subscribers_created on subscribers (created_at desc, id desc);

create table questions (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  question text not null,
  answer text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint questions_subscriber_question_key unique (subscriber_id, question)
);
call protect('questions');

-- What somebody asked and the receptionist could not answer.
create table knowledge_gaps (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  question text not null,
  interaction_id uuid,
  status text not null default 'OPEN' check (status in ('OPEN', 'CLOSED')),
  created_at timestamptz not null,
  closed_at timestamptz,
  primary key (subscriber_id, id),
  constraint knowledge_gaps_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id)
);
create index knowledge_gaps_open on knowledge_gaps (subscriber_id, created_at desc, id desc) where status = 'OPEN';
call protect('knowledge_gaps');

-- A contact that was merged into another keeps its row, and with it its number: a later call or text from that number
-- finds the other one. Such a row is in no list.
alter table contacts add column merged_into uuid;
alter table contacts add constraint contacts_merged_fkey
  foreign key (subscriber_id, merged_into) references contacts (subscriber_id, id);
alter table contacts add constraint contacts_not_into_itself check (merged_into <> id);
create index contacts_merged on contacts (subscriber_id, merged_into) where merged_into is not null;
create index contacts_created on contacts (subscriber_id, created_at desc, id desc);
create index contacts_last_contacted on contacts (subscriber_id, last_contacted_at desc, id desc)
  where last_contacted_at is not null and merged_into is null;
create index interactions_contact on interactions (subscriber_id, contact_id, started_at desc, id desc);
create index outgoing_messages_contact on outgoing_messages (subscriber_id, contact_id);

alter table leads add column flag_note text;
alter table leads add column flagged_at timestamptz;
alter table leads add column updated_at timestamptz not null default now();
create index leads_subscriber_created on leads (subscriber_id, created_at desc, id desc);
create index leads_contact on leads (subscriber_id, contact_id, created_at desc, id desc);

create index opt_outs_started on opt_outs (subscriber_id, started_at desc, id desc) where ended_at is null;
create index blocked_callers_created on blocked_callers (subscriber_id, created_at desc, id desc);
