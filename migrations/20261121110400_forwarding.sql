-- Test calls by which an owner learns whether the line forwards to us.
create table forwarding_tests (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  owner_phone text not null,
  number text not null,                          -- ours: it calls, and it should be reached
  call_sid text,
  state text not null default 'CALLING'
    check (state in ('CALLING', 'RINGING', 'FORWARDED', 'PICKED_UP', 'NO_FORWARDING', 'BUSY', 'FAILED')),
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (subscriber_id, id)
);
create index forwarding_tests_started on forwarding_tests (subscriber_id, started_at desc, id desc);
call protect('forwarding_tests');
