-- Agencies, their workspaces, the people in them and the keys of their programs.
-- E-mail, key hash, public id and session are global look-ups; everything about a wallet is keyed by workspace_id.

create table agencies (
    id          bigint generated always as identity primary key,
    public_id   text not null unique,
    name        text not null check (name <> ''),
    created_at  timestamptz not null
);

create table workspaces (
    id          bigint generated always as identity primary key,
    public_id   text not null unique,
    agency_id   bigint not null references agencies,
    name        text not null check (name <> ''),
    -- IANA name; days and periods are computed in it
    time_zone   text not null,
    created_at  timestamptz not null
);
create index workspaces_of_agency on workspaces (agency_id, id);

create table users (
    id             bigint generated always as identity primary key,
    -- lower case, so that one address is one user
    email          text not null unique check (email = lower(email)),
    name           text not null,
    -- PHC string, argon2id
    password_hash  text not null,
    created_at     timestamptz not null
);

create table members (
    workspace_id  bigint not null references workspaces,
    user_id       bigint not null references users,
    role          text not null check (role in ('owner', 'billing', 'viewer')),
    created_at    timestamptz not null,
    primary key (workspace_id, user_id)
);
create index members_of_user on members (user_id);

create table agency_admins (
    agency_id   bigint not null references agencies,
    user_id     bigint not null references users,
    created_at  timestamptz not null,
    primary key (agency_id, user_id)
);
create index agency_admins_of_user on agency_admins (user_id);

create table api_keys (
    id            bigint generated always as identity primary key,
    -- blake3 of the whole key; the key itself is shown once and never stored
    key_hash      bytea not null unique check (length(key_hash) = 32),
    -- the first characters, to tell keys apart in a list
    hint          text not null,
    agency_id     bigint not null references agencies,
    -- null: an agency's key, which names the workspace in a header
    workspace_id  bigint references workspaces,
    name          text not null,
    scopes        text[] not null
        check (scopes <@ array['calls:write', 'wallet:read', 'wallet:charge', 'admin']),
    created_at    timestamptz not null,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
create index api_keys_of_workspace on api_keys (workspace_id);

create table sessions (
    -- blake3 of the cookie's value: who reads this table can impersonate nobody
    id_hash     bytea primary key check (length(id_hash) = 32),
    data        jsonb not null,
    expires_at  timestamptz not null
);
create index sessions_by_expiry on sessions (expires_at);
