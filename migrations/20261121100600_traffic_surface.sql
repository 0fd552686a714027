-- What staff sees of conversations: lists that are read in their order, and the black box.
--
-- The indexes are made in place, which holds up writes while it lasts. On a live database of this size make them first
-- by hand, `concurrently` and with these names; `if not exists` then finds them.

-- A page is the first rows of one of these, whatever is asked for; see src/traffic/store/lists.rs.
create index if not exists interactions_channel_started
  on interactions (subscriber_id, channel, started_at desc, id desc);
create index if not exists interactions_outcome_started
  on interactions (subscriber_id, outcome_type, started_at desc, id desc);
create index if not exists interactions_person_started
  on interactions (subscriber_id, counterpart, started_at desc, id desc);
-- What is rare of its kind: without these, somebody who looks for it would walk over all the others.
create index if not exists interactions_unfinished_started
  on interactions (subscriber_id, status, started_at desc, id desc) where status <> 'COMPLETED';
create index if not exists interactions_outbound_started
  on interactions (subscriber_id, started_at desc, id desc) where direction = 'OUTBOUND';
-- The inbox: what is open or unread, newest activity first. Not coalesce: PostgreSQL does not know that it tells
-- nothing of a row, so that under a policy a condition on it would not be looked up in the index.
create index if not exists interactions_inbox
  on interactions (subscriber_id, (case when last_message_at is null then started_at else last_message_at end) desc, id desc)
  where status = 'OPEN' or is_unread;

-- Texts in: only they have the id of a carrier.
create index if not exists interaction_messages_texts
  on interaction_messages (subscriber_id, created_at desc, id desc) where provider_message_id is not null;
-- Texts out; it does what the index of the day did as well.
create index if not exists outgoing_messages_listed
  on outgoing_messages (subscriber_id, created_at desc, id desc);
drop index outgoing_messages_day;
-- How a turn of ours fares.
create index if not exists outgoing_messages_message on outgoing_messages (subscriber_id, message_id);

create index if not exists recordings_listed on recordings (subscriber_id, created_at desc, id desc);

-- Staff's own words.
alter table outgoing_messages drop constraint outgoing_messages_purpose_check;
alter table outgoing_messages add constraint outgoing_messages_purpose_check
  check (purpose in ('REPLY', 'OPT_CONFIRMATION', 'KEYWORD_ANSWER', 'CONFIRMATION', 'REMINDER', 'NOTICE', 'STAFF'));

-- Everything that happened in one interaction, in its order: written with the commit of what it tells (the outbox),
-- never changed. It can be deleted, by an erasure or when its time is over.
create table black_box_events (
  subscriber_id uuid not null,
  id uuid not null,
  interaction_id uuid not null,
  at timestamptz not null,
  source text not null check (source in ('PROVIDER', 'DECISION', 'TOOL_CALL', 'JOB', 'STAFF', 'EXTERNAL')),
  kind text not null,
  detail jsonb not null,                         -- ids, codes, counts; a note's words; what a tool of the business told
  primary key (subscriber_id, id),
  constraint black_box_events_interaction_fkey
    foreign key (subscriber_id, interaction_id) references interactions (subscriber_id, id)
);
create index black_box_events_interaction on black_box_events (subscriber_id, interaction_id, at, id);
call protect('black_box_events', privileges => 'select, insert, delete');
