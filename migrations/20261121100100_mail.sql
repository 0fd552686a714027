-- Mails that were sent, or in development were not. Of a mail that went out its words stand in the mail alone.
create table outgoing_mails (
  id uuid primary key,
  kind text not null,
  recipient_sealed text,
  subject text not null,
  body_sealed text,
  state text not null check (state in ('SENT', 'SANDBOX')),
  provider_id text,
  created_at timestamptz not null,
  constraint outgoing_mails_sandbox check (state <> 'SANDBOX' or (recipient_sealed is not null and body_sealed is not null))
);
create index outgoing_mails_created on outgoing_mails (created_at);
call grant_to_identity('outgoing_mails', 'select, insert, update, delete');
