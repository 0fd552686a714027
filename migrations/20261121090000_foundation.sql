-- Isolation, made once: every tenant and scoped table is one line, `call protect('name')`.
--
-- Roles belong to the cluster, so `reception migrate` makes them before the first migration
-- (src/kernel/db/roles.rs). Where the server refuses that, everything runs as the owner: the policies
-- are forced, so they bind it as well, and append-only is held by triggers in any case.

create procedure grant_to_app(target regclass, privileges text)
language plpgsql as $$
begin
  if exists (select from pg_roles where rolname = 'reception_app') then
    execute format('grant %s on %s to reception_app', privileges, target);
  end if;
end $$;

-- The one policy. nullif: after a transaction the setting is '', not null, and ''::uuid is an error.
create procedure protect(target regclass, owner_column text default 'subscriber_id',
                         privileges text default 'select, insert, update, delete')
language plpgsql as $$
declare
  allowed text := format(
    '%I = nullif(current_setting(''app.subscriber_id'', true), '''')::uuid
     or current_setting(''app.scope'', true) = ''operator''', owner_column);
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy tenant on %s using (%s) with check (%s)', target, allowed, allowed);
  call grant_to_app(target, privileges);
end $$;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create procedure protect_append_only(target regclass)
language plpgsql as $$
begin
  call protect(target, privileges => 'select, insert');
  execute format('create trigger append_only before update or delete or truncate on %s
                  for each statement execute function refuse_change()', target);
end $$;

do $$
begin
  if exists (select from pg_roles where rolname = 'reception_app') then
    execute format('grant usage on schema %I to reception_app', current_schema());
  end if;
end $$;

-- Who is meant by what comes from outside: the only table that is read before a subscriber is known.
-- Ids and hashes only. subscriber_id is null for what belongs to the platform (a shared number, the gatekeeper).
create table directory (
  kind text not null check (kind in
    ('SUBSCRIBER', 'OLDER_ID', 'SLUG', 'NUMBER', 'SHARED_DEFAULT', 'AGENT', 'CONNECTION', 'ACCOUNT', 'API_KEY', 'TOKEN')),
  key text not null,
  subscriber_id uuid,
  target_id uuid,
  primary key (kind, key)
);
create index directory_subscriber on directory (subscriber_id);
call grant_to_app('directory', 'select, insert, update, delete');
