-- What the sums of each day should be, beside what is kept, where they differ. This is what a sum means; the flows
-- that add to it (record.sql and its callers) must agree. Each name has one source, so there is nothing to add up
-- between them.
with talks as (
    -- Contribution::of in src/traffic/rules.rs; a test compares the two
    select day, channel, count(*) as interactions,
           count(*) filter (where status <> 'OPEN' and outcome_type <> all ($2)) as answered,
           count(*) filter (where outcome_type = 'MISSED') as missed,
           count(*) filter (where outcome_type = 'TRANSFERRED') as transferred,
           count(*) filter (where outcome_type = 'BOOKED') as booked,
           count(*) filter (where outcome_type = 'RESCHEDULED') as outcome_rescheduled,
           count(*) filter (where outcome_type = 'CANCELLED') as outcome_cancelled,
           count(*) filter (where outcome_type = 'MESSAGE_TAKEN') as outcome_message_taken,
           count(*) filter (where outcome_type = 'ANSWERED') as outcome_answered,
           count(*) filter (where outcome_type = 'VOICEMAIL') as outcome_voicemail,
           count(*) filter (where outcome_type = 'ABANDONED') as outcome_abandoned,
           count(*) filter (where outcome_type = 'BLOCKED') as outcome_blocked,
           count(*) filter (where outcome_type = 'FAILED') as outcome_failed,
           count(*) filter (where outcome_type = 'OTHER') as outcome_other,
           count(*) filter (where handled_by = 'AI') as ai_handled,
           count(*) filter (where channel = 'VOICE' and status <> 'OPEN' and duration_seconds < $3) as under_15_s,
           coalesce(sum(duration_seconds), 0) as duration_s
      from interactions
     where subscriber_id = $1
     group by day, channel
),
-- What people wrote to us. A turn with a position is part of a provider's transcript, and not a message.
came as (
    select i.day, i.channel, count(*) as messages_in
      from interactions i
      join interaction_messages m
        on m.subscriber_id = $1 and m.interaction_id = i.id and m.role = 'CALLER' and m.position is null
     where i.subscriber_id = $1 and i.channel <> 'VOICE'
     group by i.day, i.channel
),
-- Texts that a provider took, on the day of their conversation, which may be a call.
went as (
    select i.day, 'SMS' as channel, count(*) as messages_out
      from outgoing_messages o
      join interactions i on i.subscriber_id = $1 and i.id = o.interaction_id
     where o.subscriber_id = $1 and o.sent_at is not null
     group by i.day
),
latest as (
    select distinct on (source)
           day, case usage_type when 'VOICE_CALL' then 'VOICE' else usage_type end as channel,
           billed_minutes, segments, cost, price
      from usage_records
     where subscriber_id = $1
     order by source, revision desc
),
usage as (
    select day, channel, sum(billed_minutes) as billed_minutes, sum(segments) as segments,
           coalesce(sum(cost), 0) as cost, sum(price) as price
      from latest
     group by day, channel
),
truth as (
    select day, channel, sum.name, sum.value
      from talks
     cross join lateral (values
           ('interactions', interactions::numeric), ('answered', answered), ('missed', missed),
           ('transferred', transferred), ('booked', booked), ('ai_handled', ai_handled), ('under_15_s', under_15_s),
           ('duration_s', duration_s),
           ('outcome_rescheduled', outcome_rescheduled), ('outcome_cancelled', outcome_cancelled),
           ('outcome_message_taken', outcome_message_taken), ('outcome_answered', outcome_answered),
           ('outcome_voicemail', outcome_voicemail), ('outcome_abandoned', outcome_abandoned),
           ('outcome_blocked', outcome_blocked), ('outcome_failed', outcome_failed),
           ('outcome_other', outcome_other))
           as sum (name, value)
    union all
    select day, channel, 'messages_in', messages_in from came
    union all
    select day, channel, 'messages_out', messages_out from went
    union all
    select day, channel, sum.name, sum.value
      from usage
     cross join lateral (values
           ('billed_minutes', billed_minutes::numeric), ('segments', segments), ('cost', cost), ('price', price))
           as sum (name, value)
),
kept as (
    select day, channel, sum.name, sum.value
      from usage_rollups
     cross join lateral (values
           ('interactions', interactions::numeric), ('answered', answered), ('missed', missed),
           ('transferred', transferred), ('booked', booked), ('ai_handled', ai_handled), ('under_15_s', under_15_s),
           ('duration_s', duration_s), ('messages_in', messages_in), ('messages_out', messages_out),
           ('billed_minutes', billed_minutes), ('segments', segments), ('cost', cost), ('price', price),
           ('outcome_rescheduled', outcome_rescheduled), ('outcome_cancelled', outcome_cancelled),
           ('outcome_message_taken', outcome_message_taken), ('outcome_answered', outcome_answered),
           ('outcome_voicemail', outcome_voicemail), ('outcome_abandoned', outcome_abandoned),
           ('outcome_blocked', outcome_blocked), ('outcome_failed', outcome_failed),
           ('outcome_other', outcome_other))
           as sum (name, value)
     where subscriber_id = $1
)
select day as "day!", channel as "channel!: Channel", name as "name!",
       coalesce(truth.value, 0) as "expected!", coalesce(kept.value, 0) as "found!"
  from truth full join kept using (day, channel, name)
 where coalesce(truth.value, 0) <> coalesce(kept.value, 0)
 order by day, channel, name
