-- Events of providers that wait for their turn, and a name by which an operator can call an event that was kept.

-- The default is for rows that are there already, and for the old version while it still runs.
alter table inbound_events add column id uuid not null default gen_random_uuid();
alter table inbound_events drop constraint inbound_events_state_check;
alter table inbound_events add constraint inbound_events_state_check
  check (state in ('DONE', 'UNROUTED', 'FAILED', 'WAITING'));

-- What is done needs no name: the index costs nothing for it.
create unique index inbound_events_named on inbound_events (id) where state <> 'DONE';
-- In the order of their arrival.
create index inbound_events_waiting on inbound_events (subscriber_id, received_at, id) where state = 'WAITING';

-- The operator's lists of everybody's.
create index leads_created on leads (created_at desc, id desc);
create index outgoing_messages_created on outgoing_messages (created_at desc, id desc);
