-- Conversations number $FROM to $TO of a history of a hundred days: one in ten is the heaviest subscriber's, the others
-- are spread over the other 9,999. Their sums are rebuilt from them.
set session_replication_role = replica;

insert into interactions
    (subscriber_id, id, channel, direction, transport_provider, ai_provider, provider, external_id, from_number,
     to_number, counterpart, status, outcome_type, handled_by, is_unread, language, day, started_at, ended_at,
     last_message_at, duration_seconds, provider_cost_cents, provider_cost_currency, summary, sentiment, created_at,
     updated_at)
select case n % 10 when 0 then '00000000-0000-4000-8000-000010000000'::uuid
       else ('00000000-0000-4000-8000-0000' || (10000001 + n % 9999))::uuid end,
       ('01990000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, channel, 'INBOUND', 'TWILIO', 'RETELL', 'RETELL',
       'bench_' || n, '+1506' || (10000000 + n % 5000), '+120455501' || n % 90 + 10, '+1506' || (10000000 + n % 5000),
       'COMPLETED',
       (array['ANSWERED', 'BOOKED', 'MISSED', 'MESSAGE_TAKEN', 'TRANSFERRED', 'ABANDONED', 'ANSWERED', 'VOICEMAIL'])
         [1 + n % 8],
       case when n % 8 = 2 then null else 'AI' end, n % 50 = 0, (array['en', 'fr', 'es'])[1 + n % 3],
       started_at::date, started_at, started_at + n % 400 * interval '1 second',
       started_at + n % 400 * interval '1 second', n % 400, n % 40, 'USD', 'Une fuite sous l''évier, rappeler demain.',
       'Positive', started_at, started_at
  from generate_series($FROM, $TO) n,
       lateral (select (array['VOICE', 'VOICE', 'VOICE', 'SMS', 'CHAT'])[1 + n / 10 % 5] as channel,
                       now() - n::bigint * 7919 % 8640000 * interval '1 second' as started_at) as made;

delete from usage_rollups;
insert into usage_rollups
    (subscriber_id, id, day, channel, interactions, answered, missed, transferred, booked, ai_handled, under_15_s,
     duration_s, outcome_message_taken, outcome_answered, outcome_voicemail, outcome_abandoned, billed_minutes, price)
select subscriber_id, gen_random_uuid(), day, channel, count(*),
       count(*) filter (where outcome_type not in ('MISSED', 'ABANDONED')),
       count(*) filter (where outcome_type = 'MISSED'), count(*) filter (where outcome_type = 'TRANSFERRED'),
       count(*) filter (where outcome_type = 'BOOKED'), count(handled_by),
       count(*) filter (where channel = 'VOICE' and duration_seconds < 15), sum(duration_seconds),
       count(*) filter (where outcome_type = 'MESSAGE_TAKEN'), count(*) filter (where outcome_type = 'ANSWERED'),
       count(*) filter (where outcome_type = 'VOICEMAIL'), count(*) filter (where outcome_type = 'ABANDONED'),
       sum((duration_seconds + 59) / 60), sum((duration_seconds + 59) / 60) * 0.25
  from interactions group by subscriber_id, day, channel;

reset session_replication_role;
