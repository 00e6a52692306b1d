-- The application works as minutebank_app, which has no right to change or remove what was posted.
-- Migrations run as the owner; pools run `set role minutebank_app` on every connection.

do $$
begin
    if not exists (select from pg_roles where rolname = 'minutebank_app') then
        create role minutebank_app nologin;
    end if;
exception
    -- another instance made it in the same moment, or another database of this cluster
    when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
    execute format('grant minutebank_app to %I', current_user);
end
$$;

grant usage on schema public to minutebank_app;
grant select, insert, update, delete on all tables in schema public to minutebank_app;
grant usage, select on all sequences in schema public to minutebank_app;
revoke update, delete, truncate on postings, plan_snapshots from minutebank_app;
revoke insert, update, delete, truncate on _sqlx_migrations from minutebank_app;

-- Tables of later migrations, too; what must not change is revoked where it is made.
alter default privileges in schema public grant select, insert, update, delete on tables to minutebank_app;
alter default privileges in schema public grant usage, select on sequences to minutebank_app;
