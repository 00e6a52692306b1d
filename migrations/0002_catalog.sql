-- What an agency sells: plans, packs, and which client may see which pack.

create table plans (
    id           bigint generated always as identity primary key,
    public_id    text not null unique,
    agency_id    bigint not null references agencies,
    -- position among the agency's plans; a higher rank is the larger plan
    rank         int not null,
    public       boolean not null,
    -- the typed terms (crate::pricing::Terms); a subscription keeps a copy
    terms        jsonb not null
        check (terms ->> 'meter' in ('minutes', 'calls') and (terms ->> 'included')::bigint >= 0),
    created_at   timestamptz not null,
    archived_at  timestamptz,
    unique (agency_id, id)
);

create table packs (
    id           bigint generated always as identity primary key,
    public_id    text not null unique,
    agency_id    bigint not null references agencies,
    name         text not null check (name <> ''),
    description  text not null default '',
    meter        text not null check (meter in ('minutes', 'calls')),
    -- seconds or calls
    units        bigint not null check (units > 0),
    -- whole cents, and Stripe's floor of $0.50
    price_mc     bigint not null check (price_mc >= 50000 and price_mc % 1000 = 0),
    popular      boolean not null default false,
    created_at   timestamptz not null,
    archived_at  timestamptz,
    unique (agency_id, id)
);

create table pack_assignments (
    workspace_id  bigint not null references workspaces,
    pack_id       bigint not null references packs,
    created_at    timestamptz not null,
    primary key (workspace_id, pack_id)
);
