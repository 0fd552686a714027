-- As before, with a plan that a connection keeps: a function in SQL is planned anew by every statement that calls it,
-- and every turn of a call does.
create or replace function keeps_words(subscriber uuid) returns boolean
language plpgsql stable as $$
begin
  return coalesce((select not handles_health_data from subscribers where id = subscriber), true);
end
$$;
