-- An event type of Cal.com may have several lengths, and what is free depends on the one that is meant.

alter table calendar_connections add column event_type_lengths int[] not null default '{}';
alter table calendar_event_types add column event_type_lengths int[] not null default '{}';

-- What is free for a length (0: the event type's own), and for whom: a booking that is moved does not hinder itself.
alter table calendar_slots add column minutes int not null default 0;
alter table calendar_slots add column moving_uid text not null default '';
alter table calendar_slots drop constraint calendar_slots_subscriber_event_type_key;
alter table calendar_slots add constraint calendar_slots_subscriber_key
  unique (subscriber_id, event_type_id, minutes, moving_uid);

-- A text about a time that is in doubt is no longer true when somebody has decided.
alter table reminders drop constraint reminders_kind_check;
alter table reminders add constraint reminders_kind_check
  check (kind in ('CONFIRMATION', 'REMINDER_24H', 'REMINDER_2H', 'OTHER_TIMES'));
