-- A person stops the receptionist in a conversation for a while, or lets its first reply pass.

-- Whose time is up, and for whom the receptionist speaks again.
create index interactions_paused on interactions (ai_paused_until) where is_ai_paused and ai_paused_until is not null;

-- Who let a reply pass that wanted approval.
alter table outgoing_messages add column approved_at timestamptz;
alter table outgoing_messages add column approved_by uuid;
create index outgoing_messages_interaction on outgoing_messages (subscriber_id, interaction_id, created_at);
