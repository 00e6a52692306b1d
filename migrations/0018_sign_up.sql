-- Newcomers who become clients by themselves: the plan that they begin on, the links that they are sent, and which
-- addresses had free credits.

alter table agencies
    -- null: nobody signs up by themselves
    add column sign_up_plan_id bigint,
    add constraint agencies_sign_up_plan foreign key (id, sign_up_plan_id) references plans (agency_id, id);

-- Who asked to sign up. Whether the address is known or not, a row is written here and nothing else happens before the
-- answer: neither the words nor the time tell who has an account. A chore makes links of it.
create table sign_up_requests (
    email         text primary key check (email = lower(email)),
    agency_id     bigint not null references agencies,
    -- as they were typed: the workspace's name, and its owner's
    business      text not null check (business <> ''),
    name          text not null check (name <> ''),
    requested_at  timestamptz not null
);

-- What was mailed. A row goes when its link has ended.
create table sign_ups (
    id            bigint generated always as identity primary key,
    -- blake3 of the link's token; null: the address had an account, and was told so
    token_hash    bytea unique check (length(token_hash) = 32),
    agency_id     bigint not null references agencies,
    email         text not null check (email = lower(email)),
    business      text not null,
    name          text not null,
    expires_at    timestamptz not null,
    -- once the password was chosen: the link made these, and makes nothing more
    workspace_id  bigint references workspaces,
    user_id       bigint references users,
    check ((workspace_id is null) = (user_id is null)),
    check (workspace_id is null or token_hash is not null)
);
create index sign_ups_of_address on sign_ups (email, expires_at);
create index sign_ups_by_expiry on sign_ups (expires_at);

-- Who signed up has a plan's free credits once for each verified address, whatever becomes of the account afterwards.
create table free_credits (
    email         text primary key check (email = lower(email)),
    workspace_id  bigint not null references workspaces,
    granted_at    timestamptz not null
);
revoke update, delete, truncate on free_credits from minutebank_app;
