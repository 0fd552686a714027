-- What the migrations make, a line for each thing: the same text on every version of PostgreSQL from 15 on.
-- `migrations/prepare.sh` writes it to catalogue.txt; `migrate --status` compares a running database with that file.
with here as (
    select c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.reloptions, c.relacl
      from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relname not like '\_sqlx\_%'
),
told (line) as (
    select concat_ws(' ', case relpersistence when 'u' then 'unlogged table' else 'table' end, relname,
                     case when relrowsecurity then 'protected' end,
                     case when relforcerowsecurity then 'forced' end)
      from here where relkind in ('r', 'p')
    union all
    select concat_ws(' ', 'column', relname || '.' || attname, format_type(atttypid, atttypmod),
                     case when attnotnull then 'not null' end, 'default ' || pg_get_expr(adbin, adrelid))
      from here join pg_attribute on attrelid = here.oid
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where relkind in ('r', 'p') and attnum > 0 and not attisdropped
    union all
    -- Not those of kind `n`: from PostgreSQL 18 on `not null` stands there as well.
    select concat_ws(' ', 'constraint', relname || '.' || conname, pg_get_constraintdef(con.oid))
      from here join pg_constraint con on conrelid = here.oid where contype in ('p', 'u', 'f', 'c', 'x')
    union all
    select 'index ' || replace(regexp_replace(pg_get_indexdef(indexrelid), '\s+', ' ', 'g'), ' ON ' || quote_ident(current_schema()) || '.', ' ON ')
      from here join pg_index on indrelid = here.oid
     where not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
    union all
    select concat_ws(' ', 'policy', tablename || '.' || policyname, permissive, cmd, roles::text,
                     'using ' || qual, 'check ' || with_check)
      from pg_policies where schemaname = current_schema()
    union all
    select concat_ws(' ', 'trigger', relname || '.' || tgname, tgtype, tgenabled::text)
      from here join pg_trigger on tgrelid = here.oid where not tgisinternal
    union all
    select concat_ws(' ', case prokind when 'p' then 'procedure' else 'function' end, proname,
                     '(' || pg_get_function_identity_arguments(p.oid) || ')', md5(prosrc))
      from pg_proc p
     where pronamespace = current_schema()::regnamespace
       -- what an extension brings is its own
       and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
    union all
    -- Where the server refused to make the role there is nothing to be granted, and nothing is missed.
    select concat_ws(' ', 'grant', relname, string_agg(lower(privilege_type), ', ' order by privilege_type))
      from here, aclexplode(relacl)
     where grantee = (select oid from pg_roles where rolname = 'reception_app')
     group by relname
    union all
    select 'view ' || relname || ' ' || md5(pg_get_viewdef(oid)) from here where relkind in ('v', 'm')
    union all
    select 'sequence ' || relname from here where relkind = 'S'
)
select line as "line!" from told order by line collate "C"
