-- The ledger. workspace_id leads every key, so that wallets could be spread over machines; no triggers, and no
-- foreign keys on the posting path (they cost 12 %): `reconcile` checks what they would.

-- Immutable copies of a plan's terms, taken when a workspace subscribes. A call keeps the one it was placed under.
create table plan_snapshots (
    workspace_id  bigint not null references workspaces,
    snapshot_id   bigint not null,
    plan_id       bigint not null references plans,
    terms         jsonb not null,
    taken_at      timestamptz not null,
    primary key (workspace_id, snapshot_id)
);

-- One row per workspace: the balances, the head of the chain, and what is held. Its row lock guards lots and calls.
create table wallets (
    workspace_id         bigint primary key references workspaces,
    -- counts saves; lets a cached copy be checked with one comparison
    version              bigint not null default 0,
    time_zone            text not null,
    -- number and hash of the last posting
    seq                  bigint not null default 0,
    head_hash            bytea not null check (length(head_hash) = 32),
    last_posted_at       timestamptz not null,
    lots_created         bigint not null default 0,
    -- the current snapshot, and how often the workspace has subscribed
    snapshot_id          bigint,
    subscriptions        bigint not null default 0,
    -- ending: cancelled, and open calls still draw from allowance and lots; canceled: only credits go on
    subscription_status  text not null default 'none'
        check (subscription_status in ('none', 'active', 'ending', 'canceled')),
    -- what happens at the period's end
    next_snapshot_id     bigint,
    cancel_at_end        boolean not null default false,
    -- how the agency's payment requests stand
    payment_state        text not null default 'current' check (payment_state in ('current', 'past_due', 'unpaid')),
    anchor_at            timestamptz,
    period_index         int,
    period_starts_at     timestamptz,
    period_ends_at       timestamptz,
    -- units of the plan's meter
    allowance_left       bigint not null default 0 check (allowance_left >= 0),
    -- unused units of all lots, by unit
    packs_secs           bigint not null default 0 check (packs_secs >= 0),
    packs_calls          bigint not null default 0 check (packs_calls >= 0),
    credits_mc           bigint not null default 0 check (credits_mc >= 0),
    -- usage billed afterwards, since the first day and up to the current period's start
    excess_mc            bigint not null default 0 check (excess_mc >= 0),
    excess_before_mc     bigint not null default 0 check (excess_before_mc >= 0),
    -- owed after a refund or dispute of units already used
    debt_mc              bigint not null default 0 check (debt_mc >= 0),
    -- open holds, summed by the snapshot that they were placed under; three arrays of one length
    held_snapshots       bigint[] not null default '{}',
    held_calls           bigint[] not null default '{}',
    held_units           bigint[] not null default '{}',
    check (cardinality(held_snapshots) = cardinality(held_calls)),
    check (cardinality(held_snapshots) = cardinality(held_units)),
    check (subscription_status = 'none' or period_ends_at > period_starts_at)
) with (fillfactor = 70);
-- periods that are due are opened by a sweep
create index wallets_by_period_end on wallets (period_ends_at) where subscription_status = 'active';

-- Units from one purchase, application or grant. They never expire.
create table lots (
    workspace_id  bigint not null,
    lot_no        bigint not null,
    public_id     text not null,
    meter         text not null check (meter in ('minutes', 'calls')),
    name          text not null,
    granted       bigint not null check (granted > 0),
    remaining     bigint not null,
    price_mc      bigint not null check (price_mc >= 0),
    source        text not null check (source in ('stripe', 'agency', 'grant')),
    -- what it came from: a purchase's id, an application's id, a reason
    reference     text not null,
    -- posting that granted it
    seq           bigint not null,
    created_at    timestamptz not null,
    used_up_at    timestamptz,
    -- flips once, so that every other update stays heap-only (a predicate on remaining would not)
    open          boolean not null,
    primary key (workspace_id, lot_no),
    unique (workspace_id, public_id),
    check (remaining between 0 and granted),
    check (open = (remaining > 0))
) with (fillfactor = 70);
create index open_lots on lots (workspace_id, lot_no) where open;

-- A call and its hold: `reserved` → `settled` or `released`, once. Its id is its idempotency.
-- Phone numbers and metadata live here only, never in the hashed postings.
create table calls (
    workspace_id   bigint not null,
    id             text not null,
    -- blake3 of the fields it was placed with: the same id with other fields is a conflict
    fingerprint    bytea not null,
    direction      text not null check (direction in ('inbound', 'outbound')),
    agent          text,
    from_number    text,
    to_number      text,
    recording      boolean not null,
    metadata       jsonb,
    snapshot_id    bigint not null,
    -- the snapshot's unit, so that a call is read without it
    meter          text not null check (meter in ('minutes', 'calls')),
    held_units     bigint not null check (held_units >= 0),
    -- the hold's nominal cost; null where the plan has no rates
    hold_mc        bigint,
    status         text not null default 'reserved' check (status in ('reserved', 'settled', 'released')),
    created_at     timestamptz not null,
    expires_at     timestamptz not null,
    -- connected time at the last heartbeat
    connected_secs bigint check (connected_secs between 0 and 86400),
    -- ended by the sweep because nobody else did
    lapsed         boolean not null default false,
    -- what `complete` said, and what came of it
    outcome        text check (outcome in ('answered', 'no_answer', 'busy', 'failed', 'voicemail', 'canceled')),
    duration_secs  bigint,
    billed_secs    bigint check (billed_secs between 0 and duration_secs),
    credits_mc     bigint,
    excess_mc      bigint,
    overrun_secs   bigint,
    -- connected time that was reported after the hold had lapsed; not charged
    late_secs      bigint,
    -- the posting that charged it; null where nothing was charged
    seq            bigint,
    ended_at       timestamptz,
    primary key (workspace_id, id),
    check ((status = 'reserved') = (ended_at is null))
) with (fillfactor = 70);
-- holds that lapse are ended by a sweep; a predicate on status would defeat HOT (measured: a quarter of the writer's speed)
create index calls_by_expiry on calls (expires_at);

-- Balanced, immutable sets of signed entries: accounts[i] changes by amounts[i]. See src/ledger/account.rs for the
-- numbers of accounts. The application's role may not update or delete rows here.
create table postings (
    workspace_id       bigint not null,
    seq                bigint not null check (seq > 0),
    -- src/ledger/posting.rs
    kind               smallint not null,
    -- command id: unique per kind, so a repeated command posts once
    key                text not null,
    occurred_at        timestamptz not null,
    recorded_at        timestamptz not null,
    accounts           bigint[] not null,
    amounts            bigint[] not null,
    -- balances after this posting, so that a page of any age needs no sum
    allowance_after    bigint not null,
    packs_secs_after   bigint not null,
    packs_calls_after  bigint not null,
    credits_mc_after   bigint not null,
    excess_mc_after    bigint not null,
    debt_mc_after      bigint not null,
    -- hash of the posting before; the hash of the last one stands in the wallet
    prev_hash          bytea not null check (length(prev_hash) = 32),
    primary key (workspace_id, seq),
    unique (workspace_id, kind, key),
    check (cardinality(accounts) = cardinality(amounts))
);

-- What each day used, by what paid; written with the postings, so that no page sums the ledger. Dates are the
-- workspace's own.
create table usage_daily (
    workspace_id    bigint not null,
    date            date not null,
    calls           bigint not null,
    -- connected seconds by what paid for them
    allowance_secs  bigint not null,
    packs_secs      bigint not null,
    credits_secs    bigint not null,
    excess_secs     bigint not null,
    -- credits and excess, also of messages
    charged_mc      bigint not null,
    primary key (workspace_id, date)
) with (fillfactor = 70);
