-- Events out: where a workspace wants to hear of them, and what became of each.

-- Every type that there is.
alter table wallet_events
    drop constraint wallet_events_type_check,
    add constraint wallet_events_type_check check (type in ('wallet.low', 'wallet.paused', 'wallet.resumed',
        'wallet.credited', 'auto_recharge.failed', 'call.settled'));

-- An address that a workspace's owner chose.
create table event_endpoints (
    workspace_id   bigint not null references workspaces,
    -- we_…
    id             text not null,
    url            text not null check (length(url) <= 2000),
    -- what it is told
    types          text[] not null
        check (cardinality(types) > 0 and types <@ array['wallet.low', 'wallet.paused', 'wallet.resumed',
            'wallet.credited', 'auto_recharge.failed', 'call.settled']),
    -- what its events are signed with; kept as it is, because signing needs it. Null until it is shown, which is when
    -- it is made
    secret         bytea check (length(secret) = 32),
    -- a new secret is to be made and shown
    secret_due     boolean not null default true,
    -- the one before signs beside it until then, so that a receiver has time to change over
    old_secret     bytea check (length(old_secret) = 32),
    old_until      timestamptz,
    created_at     timestamptz not null,
    disabled_at    timestamptz,
    -- one-use key of the form
    form_key       text not null,
    primary key (workspace_id, id),
    unique (workspace_id, form_key),
    check ((old_secret is null) = (old_until is null)),
    check (secret is not null or secret_due)
);

-- Whether any endpoint is told of settled calls. The writer reads it with the wallet, so that where nobody is, a
-- settlement writes no event; it never writes it.
alter table wallets add column tells_settled boolean not null default false;

-- One event on its way to one endpoint. The row is written when the event is handed out, and kept as its log.
create table event_deliveries (
    workspace_id     bigint not null,
    endpoint_id      text not null,
    event_no         bigint not null,
    attempts         int not null default 0,
    -- null: delivered, or given up
    next_attempt_at  timestamptz,
    attempted_at     timestamptz,
    delivered_at     timestamptz,
    -- of the last attempt: the answer's status, or why there was none
    status           int,
    error            text,
    primary key (workspace_id, endpoint_id, event_no),
    foreign key (workspace_id, endpoint_id) references event_endpoints on delete cascade,
    foreign key (workspace_id, event_no) references wallet_events on delete cascade,
    check (delivered_at is null or next_attempt_at is null)
);
create index event_deliveries_due on event_deliveries (next_attempt_at) where next_attempt_at is not null;
create index event_deliveries_newest on event_deliveries (workspace_id, event_no);

-- What was handed out is removed after some weeks.
create index wallet_events_by_age on wallet_events (occurred_at) where dispatched_at is not null;
