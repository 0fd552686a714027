-- Changes by the names of their columns, added to the rows of their days.
with change as (
    select * from unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::text[], $6::numeric[])
                  as c (id, subscriber_id, day, channel, name, value)
)
insert into usage_rollups as r
    (subscriber_id, id, day, channel, interactions, answered, missed, transferred, booked, ai_handled, under_15_s,
     duration_s, messages_in, messages_out,
     outcome_rescheduled, outcome_cancelled, outcome_message_taken, outcome_answered, outcome_voicemail, outcome_abandoned,
     outcome_blocked, outcome_failed, outcome_other,
     billed_minutes, segments, cost, price)
select subscriber_id, (array_agg(id))[1], day, channel,
       coalesce(sum(value) filter (where name = 'interactions'), 0),
       coalesce(sum(value) filter (where name = 'answered'), 0),
       coalesce(sum(value) filter (where name = 'missed'), 0),
       coalesce(sum(value) filter (where name = 'transferred'), 0),
       coalesce(sum(value) filter (where name = 'booked'), 0),
       coalesce(sum(value) filter (where name = 'ai_handled'), 0),
       coalesce(sum(value) filter (where name = 'under_15_s'), 0),
       coalesce(sum(value) filter (where name = 'duration_s'), 0),
       coalesce(sum(value) filter (where name = 'messages_in'), 0),
       coalesce(sum(value) filter (where name = 'messages_out'), 0),
       coalesce(sum(value) filter (where name = 'outcome_rescheduled'), 0),
       coalesce(sum(value) filter (where name = 'outcome_cancelled'), 0),
       coalesce(sum(value) filter (where name = 'outcome_message_taken'), 0),
       coalesce(sum(value) filter (where name = 'outcome_answered'), 0),
       coalesce(sum(value) filter (where name = 'outcome_voicemail'), 0),
       coalesce(sum(value) filter (where name = 'outcome_abandoned'), 0),
       coalesce(sum(value) filter (where name = 'outcome_blocked'), 0),
       coalesce(sum(value) filter (where name = 'outcome_failed'), 0),
       coalesce(sum(value) filter (where name = 'outcome_other'), 0),
       coalesce(sum(value) filter (where name = 'billed_minutes'), 0),
       coalesce(sum(value) filter (where name = 'segments'), 0),
       coalesce(sum(value) filter (where name = 'cost'), 0),
       coalesce(sum(value) filter (where name = 'price'), 0)
  from change
 group by subscriber_id, day, channel
 order by subscriber_id, day, channel
on conflict (subscriber_id, day, channel) do update
   set interactions = r.interactions + excluded.interactions,
       answered = r.answered + excluded.answered,
       missed = r.missed + excluded.missed,
       transferred = r.transferred + excluded.transferred,
       booked = r.booked + excluded.booked,
       ai_handled = r.ai_handled + excluded.ai_handled,
       under_15_s = r.under_15_s + excluded.under_15_s,
       duration_s = r.duration_s + excluded.duration_s,
       messages_in = r.messages_in + excluded.messages_in,
       messages_out = r.messages_out + excluded.messages_out,
       outcome_rescheduled = r.outcome_rescheduled + excluded.outcome_rescheduled,
       outcome_cancelled = r.outcome_cancelled + excluded.outcome_cancelled,
       outcome_message_taken = r.outcome_message_taken + excluded.outcome_message_taken,
       outcome_answered = r.outcome_answered + excluded.outcome_answered,
       outcome_voicemail = r.outcome_voicemail + excluded.outcome_voicemail,
       outcome_abandoned = r.outcome_abandoned + excluded.outcome_abandoned,
       outcome_blocked = r.outcome_blocked + excluded.outcome_blocked,
       outcome_failed = r.outcome_failed + excluded.outcome_failed,
       outcome_other = r.outcome_other + excluded.outcome_other,
       billed_minutes = r.billed_minutes + excluded.billed_minutes,
       segments = r.segments + excluded.segments,
       cost = r.cost + excluded.cost,
       price = r.price + excluded.price
