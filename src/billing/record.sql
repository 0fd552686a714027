-- One statement writes usage record, ledger entry, account, period and the day's sums.
-- Rows are locked in one order everywhere: period, account, rollup. $22 says whether there is a charge at all;
-- without one only the sums change.
--
-- A usage is priced by what it changes: the units over the included ones with it, less those without it. So a month
-- comes to its units over the included ones, whatever was corrected in which order, and a correction that changes no
-- units leaves the price as it was, whatever the plan is by then. A price below zero gives back included units that
-- paid for something else meanwhile.
with plan as (
    select p.included_minutes, p.included_texts, p.per_minute, p.per_text, p.currency
      from plans p
     where p.code = coalesce((select s.plan from subscriptions s
                               where s.subscriber_id = $1 and s.status <> 'CANCELLED'), 'FREE')
       and $22
),
-- What was charged for this source before: a correction starts from where that one stood. Two at once for one source
-- are kept apart by the lock on its interaction; without it the second would break usage_records_source_key.
old as (
    select u.id, u.revision, u.period, u.billed_minutes, u.segments, u.price, u.cost, u.cost_currency, u.charged_from
      from usage_records u
     where u.subscriber_id = $1 and u.source = $4
     order by u.revision desc limit 1
),
wanted as (
    select plan.*, coalesce(old.revision + 1, 0) as revision, old.id as corrects_id, old.charged_from,
           -- a correction stays in the month that was charged, though the start of the call or the zone moved
           coalesce(old.period, $14) as starts_on,
           $7::int - coalesce(old.billed_minutes, 0) as more_minutes,
           $8::int - coalesce(old.segments, 0) as more_segments,
           coalesce(old.price, 0) as old_price, coalesce(old.cost, 0) as old_cost,
           coalesce($11::numeric, old.cost) as cost, coalesce($12, old.cost_currency) as cost_currency
      from plan left join old on true
     -- told again, and nothing new: nothing to do
     where old.id is null or old.billed_minutes <> $7 or old.segments <> $8
        or $11 <> coalesce(old.cost, 0)
),
period as (
    insert into usage_periods as p
        (subscriber_id, id, starts_on, included_minutes, used_minutes, included_texts, used_texts)
    select $1, $13, starts_on, included_minutes, more_minutes, included_texts, more_segments from wanted
    on conflict (subscriber_id, starts_on) do update
       set used_minutes = p.used_minutes + excluded.used_minutes,
           used_texts = p.used_texts + excluded.used_texts
    returning p.included_minutes, p.used_minutes, p.included_texts, p.used_texts
),
-- The row of the month is locked now: these are the units before and after this charge, and no other.
month as (
    select greatest(0, used_minutes - p.included_minutes)
         - greatest(0, used_minutes - more_minutes - p.included_minutes) as paid_minutes,
           greatest(0, used_texts - p.included_texts)
         - greatest(0, used_texts - more_segments - p.included_texts) as paid_segments,
           greatest(0, p.included_minutes - used_minutes + more_minutes) as free_before,
           greatest(0, p.included_minutes - used_minutes) as free_after
      from wanted, period p
),
priced as (
    select wanted.*, month.free_before, month.free_after,
           old_price + paid_minutes * per_minute + paid_segments * per_text as price,
           $7::int * per_minute + $8::int * per_text as full_price
      from wanted, month
),
account as (
    insert into credit_accounts as a (subscriber_id, id, balance, currency)
    select $1, $15, old_price - price, currency from priced
    on conflict (subscriber_id) do update
       set balance = a.balance + excluded.balance, updated_at = now()
    returning a.balance
),
usage as (
    insert into usage_records
        (subscriber_id, id, usage_type, source, revision, corrects_id, interaction_id, day, period, occurred_at,
         duration_seconds, billed_minutes, segments, not_billed_reason, cost, cost_currency, price, currency,
         charged_from, balance_before, balance_after, free_minutes_before, free_minutes_after, created_at)
    select $1, $2, $3, $4, revision, corrects_id, $5, $21, starts_on, $6, $9, $7, $8, $10, cost, cost_currency,
           price, currency,
           case when price <= 0 then 'INCLUDED'
                when more_minutes = 0 and more_segments = 0 then charged_from
                when price >= full_price then 'BALANCE'
                else 'MIXED' end,
           account.balance + price - old_price, account.balance, free_before, free_after, $17
      from priced, account
    returning id, price, currency
),
entry as (
    insert into ledger_entries
        (subscriber_id, id, usage_record_id, leg, kind, revision, amount, currency, corrects_id, reason, source_event,
         balance_after, created_at)
    select $1, $16, $2, $18, case revision when 0 then 'CHARGE' else 'CORRECTION' end, revision, old_price - price,
           currency,
           (select e.id from ledger_entries e
             where e.subscriber_id = $1 and e.usage_record_id = priced.corrects_id
             order by e.id limit 1),
           case revision when 0 then null else 'more became known of the usage' end, $19, account.balance, $17
      from priced, account
),
rollup as (
    insert into usage_rollups as r
        (subscriber_id, id, day, channel, interactions, answered, missed, transferred, booked, ai_handled, under_15_s,
         duration_s, messages_in, messages_out,
         outcome_rescheduled, outcome_cancelled, outcome_message_taken, outcome_answered, outcome_voicemail, outcome_abandoned,
         outcome_blocked, outcome_failed, outcome_other,
         billed_minutes, segments, cost, price)
    select $1, $20, $21, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33,
           ($34::int[])[1], ($34::int[])[2], ($34::int[])[3], ($34::int[])[4], ($34::int[])[5], ($34::int[])[6], ($34::int[])[7], ($34::int[])[8], ($34::int[])[9],
           coalesce(priced.more_minutes, 0), coalesce(priced.more_segments, 0),
           coalesce(priced.cost - priced.old_cost, 0), coalesce(priced.price - priced.old_price, 0)
      from (select 1) as one
      left join priced on true
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
)
select id as "id!: UsageId", price as "price!", currency as "currency!" from usage
