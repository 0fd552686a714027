-- Vapi beside Retell, and calls that never got their end.

alter table provider_deletions drop constraint provider_deletions_provider_check;
alter table provider_deletions add constraint provider_deletions_provider_check
  check (provider in ('RETELL', 'TWILIO', 'VAPI'));

alter table phone_numbers drop constraint phone_numbers_provider_check;
alter table phone_numbers add constraint phone_numbers_provider_check
  check (provider in ('TWILIO', 'RETELL', 'VAPI'));

-- How Vapi signs for an own account, in the words of its credentials; null = in one of the usual ways.
alter table provider_accounts add column webhook_scheme jsonb;

-- An own account is named in the paths that its provider is given.
set local app.scope = 'operator';
insert into directory (kind, key, subscriber_id, target_id)
select 'CONNECTION', id::text, subscriber_id, id from provider_accounts
on conflict (kind, key) do nothing;

-- Which calls go on? Few do; those that go on for too long are asked about.
create index interactions_open_calls on interactions (started_at) where channel = 'VOICE' and status = 'OPEN';
