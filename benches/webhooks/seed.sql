-- 10,000 subscribers. Number n has the id 00000000-0000-4000-8000-0000<n>, the number +1204<n> and the agent agent_<n>,
-- with n from 10000000: always eight digits.
create temporary table made as
select n, ('00000000-0000-4000-8000-0000' || n)::uuid as id, '+1204' || n as number, 'agent_' || n as agent
  from generate_series(10000000, 10009999) as n;

insert into subscribers (id, slug, business_name, industry, status)
select id, 'business-' || n, 'Plomberie ' || n, 'PLUMBING', 'ACTIVE' from made;

insert into subscriber_profiles (subscriber_id, id, timezone, language, custom_greeting, transfer_number,
                                 standard_fee, emergency_fee, schedule_summary, business_phone)
select id, gen_random_uuid(), 'America/Winnipeg', 'fr', 'Bonjour, vous avez joint Plomberie ' || n || '.',
       '+12045550199', '129 $', '249 $', 'Lundi au vendredi, 8 h à 17 h', number
  from made;

insert into business_hours (subscriber_id, id, day, opens, closes)
select id, gen_random_uuid(), day, '08:00', '17:00' from made, unnest('{MON,TUE,WED,THU,FRI}'::text[]) as day;

insert into services (subscriber_id, id, name, duration_minutes, price)
select id, gen_random_uuid(), name, 60, 129 from made, unnest('{Chauffe-eau,Drain,Robinet}'::text[]) as name;

insert into subscriber_channels (subscriber_id, id, channel, is_enabled, transport_provider, ai_provider,
                                 provider_number_e164, provider_agent_id, provider_agent_version)
select id, gen_random_uuid(), channel, true, 'TWILIO', 'RETELL', number, agent, '4'
  from made, unnest('{VOICE,SMS}'::text[]) as channel;

insert into phone_numbers (id, subscriber_id, e164, provider)
select gen_random_uuid(), id, number, 'TWILIO' from made;

insert into subscriptions (subscriber_id, id, plan) select id, gen_random_uuid(), 'PRO' from made;

insert into directory (kind, key, subscriber_id)
select kind, key, id
  from made,
       lateral (values ('SUBSCRIBER', id::text), ('SLUG', 'business-' || n), ('NUMBER', number),
                       ('AGENT', 'RETELL:' || agent)) as known (kind, key);

-- The order to reply is written with the text, and is part of what is measured; the reply itself is not. The workers
-- run and look, and find these jobs due tomorrow.
create function put_off() returns trigger language plpgsql as $$
begin
  new.run_at := new.run_at + interval '1 day';
  return new;
end $$;
create trigger put_off before insert on jobs for each row when (new.kind = 'sms.reply_to_text')
  execute function put_off();
