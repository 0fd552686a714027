-- The conversation as it was, locked. `saved` reads it, so it is looked at before it is written. No key update: a row
-- that only names the conversation (a usage record, say) need not wait, and does not while it holds the account.
with before as materialized (
    select status, outcome_type, handled_by, duration_seconds, summary is not null or analysis is not null as is_analyzed
      from interactions
     where subscriber_id = $1 and provider = $3 and external_id = $4
       for no key update
),
saved as (
    insert into interactions as i
        (subscriber_id, id, channel, provider, external_id, provider_agent_id, direction, transport_provider,
         ai_provider, mode, from_number, to_number, counterpart, contact_id, status, outcome_type, handled_by, day,
         started_at, ended_at, last_message_at, duration_seconds, provider_cost_cents, provider_cost_currency,
         summary, sentiment, disconnection_reason, transfer_destination, analysis)
    select $1, $2, $35, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
           $18, $19, coalesce($19::timestamptz, $18::timestamptz), $20, $21, case when $21::numeric is not null then 'USD' end,
           $22, $23, $24, $25, $26
      from (select 1) as one
      left join before on true
    on conflict (subscriber_id, provider, external_id) do update set
        provider_agent_id = coalesce(excluded.provider_agent_id, i.provider_agent_id),
        from_number = coalesce(i.from_number, excluded.from_number),
        to_number = coalesce(i.to_number, excluded.to_number),
        counterpart = coalesce(i.counterpart, excluded.counterpart),
        contact_id = coalesce(i.contact_id, excluded.contact_id),
        -- an end that we gave it for want of its provider's gives way to that one
        status = case
            when i.status = 'OPEN' or (i.disconnection_reason = $36 and excluded.status <> 'OPEN')
            then excluded.status else i.status end,
        outcome_type = case
            when coalesce(array_position($27::text[], excluded.outcome_type), 0)
               > coalesce(array_position($27::text[], i.outcome_type), 0)
            then excluded.outcome_type else i.outcome_type end,
        handled_by = coalesce(i.handled_by, excluded.handled_by),
        started_at = least(i.started_at, excluded.started_at),
        ended_at = case
            when i.disconnection_reason = $36 then coalesce(excluded.ended_at, i.ended_at)
            else coalesce(i.ended_at, excluded.ended_at) end,
        last_message_at = greatest(i.last_message_at, excluded.last_message_at),
        duration_seconds = greatest(i.duration_seconds, excluded.duration_seconds),
        provider_cost_cents = greatest(i.provider_cost_cents, excluded.provider_cost_cents),
        provider_cost_currency = coalesce(i.provider_cost_currency, excluded.provider_cost_currency),
        summary = coalesce(excluded.summary, i.summary),
        sentiment = coalesce(excluded.sentiment, i.sentiment),
        disconnection_reason = coalesce(excluded.disconnection_reason, i.disconnection_reason),
        transfer_destination = coalesce(excluded.transfer_destination, i.transfer_destination),
        analysis = coalesce(excluded.analysis, i.analysis),
        updated_at = now()
    returning i.id, (xmax = 0) as is_new, i.day, i.status, i.outcome_type, i.handled_by, i.started_at,
              i.duration_seconds, i.provider_cost_cents, i.words_cleared_at is not null as is_cleared
),
turns as (
    insert into interaction_messages as m (subscriber_id, id, interaction_id, role, text, position, created_at)
    select $1, turn.id, saved.id, turn.role, turn.text, turn.position, turn.created_at
      from saved, unnest($28::uuid[], $29::text[], $30::text[], $31::timestamptz[])
                  with ordinality as turn (id, role, text, created_at, position)
    -- a transcript grows: the longer text of a turn wins
    on conflict (subscriber_id, interaction_id, position) do update set text = excluded.text
     where length(excluded.text) > length(m.text)
),
sound as (
    insert into recordings as r (subscriber_id, id, interaction_id, provider, kind, provider_url, duration_seconds,
                                 created_at)
    select $1, recording.id, saved.id, $3, recording.kind, recording.url, saved.duration_seconds, saved.started_at
      from saved, unnest($32::uuid[], $33::text[], $34::text[]) as recording (id, kind, url)
    on conflict (subscriber_id, interaction_id, kind) do update set provider_url = excluded.provider_url
     where r.provider_url <> excluded.provider_url
)
select saved.id as "id: InteractionId", saved.is_new as "is_new!", saved.day, saved.status as "status: Status",
       saved.outcome_type as "outcome: Outcome", saved.handled_by as "handled_by: HandledBy", saved.started_at,
       saved.duration_seconds as duration_s, saved.provider_cost_cents as cost_cents,
       saved.is_cleared as "is_cleared!",
       before.status as "before_status?: Status", before.outcome_type as "before_outcome?: Outcome",
       before.handled_by as "before_handled_by?: HandledBy", before.duration_seconds as "before_duration_s?",
       coalesce(before.is_analyzed, false) as "was_analyzed!"
  from saved left join before on true
