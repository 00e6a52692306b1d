-- The outbox: what programs and people want to hear about a wallet, written in the transaction that makes it true.
-- Whoever delivers it marks it as dispatched.
create table wallet_events (
    workspace_id   bigint not null,
    -- grows in the order of writing
    no             bigint generated always as identity,
    type           text not null check (type in ('wallet.low', 'wallet.paused', 'wallet.resumed', 'wallet.credited')),
    occurred_at    timestamptz not null,
    -- the wallet's last posting at that moment
    seq            bigint not null,
    data           jsonb not null,
    dispatched_at  timestamptz,
    primary key (workspace_id, no)
);
create index wallet_events_to_dispatch on wallet_events (no) where dispatched_at is null;
