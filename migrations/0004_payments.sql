-- Purchases, what was asked of Stripe for them, and what Stripe told us.

-- One stored Stripe customer per workspace, made before its first Checkout session.
create table stripe_customers (
    workspace_id     bigint primary key references workspaces,
    -- the attempt, stored before it is sent: its key, and the exact bytes of its body
    idempotency_key  text not null unique,
    request          text not null,
    asked_at         timestamptz not null,
    -- null until the attempt's outcome is known
    customer_id      text unique
);

create table purchases (
    workspace_id         bigint not null references workspaces,
    -- pur_…; Stripe's client_reference_id
    id                   text not null unique,
    -- one-use key of the form: the same key is the same purchase and the same Checkout address
    purchase_key         text not null,
    bought_by            bigint not null references users,
    kind                 text not null check (kind in ('pack', 'credits')),
    -- what must be paid
    total_mc             bigint not null check (total_mc % 1000 = 0),
    -- of packs, copied from the catalogue: a paid session credits this, whatever became of the pack
    pack_id              bigint references packs,
    pack_name            text,
    meter                text check (meter in ('minutes', 'calls')),
    units_each           bigint check (units_each > 0),
    price_each_mc        bigint check (price_each_mc >= 50000 and price_each_mc % 1000 = 0),
    quantity             int check (quantity between 1 and 20),
    customer_id          text not null,
    -- open → credited | expired (ended without payment) | failed (Stripe made no session) | unmatched (in the inbox)
    status               text not null default 'open'
        check (status in ('open', 'credited', 'expired', 'failed', 'unmatched')),
    -- the attempt, stored before it is sent: its key, and the exact bytes of its body
    idempotency_key      text not null unique,
    request              text not null,
    checkout_session_id  text unique,
    checkout_url         text,
    created_at           timestamptz not null,
    credited_at          timestamptz,
    -- when the sweep looks again
    next_check_at        timestamptz not null,
    primary key (workspace_id, id),
    unique (workspace_id, purchase_key),
    check (num_nonnulls(pack_id, pack_name, meter, units_each, price_each_mc, quantity)
        = case kind when 'pack' then 6 else 0 end),
    check (kind <> 'pack' or total_mc = price_each_mc * quantity),
    check (kind <> 'credits' or total_mc between 50000 and 1000000000),
    check ((checkout_session_id is null) = (checkout_url is null)),
    check ((status = 'credited') = (credited_at is not null))
);
-- the sweep looks at purchases whose outcome is open
create index open_purchases on purchases (next_check_at) where status = 'open';

-- Raw events, stored before they are processed; processed_at is set once the effect is committed.
create table stripe_events (
    id             text primary key,
    type           text not null,
    livemode       boolean not null,
    payload        text not null,
    received_at    timestamptz not null,
    processed_at   timestamptz,
    outcome        text,
    -- when the sweep tries again
    next_check_at  timestamptz not null,
    check ((processed_at is null) = (outcome is null))
);
create index unprocessed_events on stripe_events (next_check_at) where processed_at is null;

-- What somebody of the agency must look at; nothing that cost money is dropped.
create table inbox_items (
    id            bigint generated always as identity primary key,
    agency_id     bigint not null references agencies,
    workspace_id  bigint references workspaces,
    kind          text not null check (kind in ('unmatched_payment')),
    -- what it is about, e.g. a checkout session's id; one item each
    reference     text not null,
    detail        text not null,
    created_at    timestamptz not null,
    resolved_at   timestamptz,
    unique (kind, reference)
);
create index inbox_of_agency on inbox_items (agency_id, created_at);
