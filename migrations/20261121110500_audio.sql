-- What the receptionist says, as sound: made once where many hear it, for minutes where one does.

create table audio_cache (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  key bytea,                                     -- a hash of voice, model, language, settings, format and words;
                                                 -- null: said to one person, and found by its own link alone
  audio bytea not null,
  content_type text not null,
  is_personal boolean not null,
  characters int not null,                       -- what the provider billed for it
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (subscriber_id, id),
  constraint audio_cache_key_key unique (subscriber_id, key),
  constraint audio_cache_personal_check check (is_personal = (key is null))
);
create index audio_cache_expired on audio_cache (expires_at);
call protect('audio_cache');

-- What was billed for speech, by day (UTC, as the provider counts). What came from the cache is not in it.
create table speech_usage (
  subscriber_id uuid not null references subscribers (id),
  id uuid not null,
  day date not null,
  requests int not null,
  characters bigint not null,
  primary key (subscriber_id, id),
  constraint speech_usage_day_key unique (subscriber_id, day)
);
call protect('speech_usage');
