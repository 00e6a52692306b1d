-- Numbers that clients rent, and campaigns that they announce.

-- A rented number: its first month is paid as it begins, each further one on the anniversary of that day. A month's
-- posting has the key `{id}:{month}`, so a month is paid once, whatever becomes of this row.
create table numbers (
    workspace_id     bigint not null references workspaces,
    -- given by the platform
    id               text not null,
    -- as the platform writes it; it stands here only, never in the hashed postings
    number           text not null,
    -- anniversaries are counted from here, in the workspace's zone
    rented_at        timestamptz not null,
    -- 0: the order was stored, and cut off before its first month was answered
    paid_months      int not null default 0 check (paid_months >= 0),
    -- when the oldest month that is not paid was last tried in vain
    refused_at       timestamptz,
    released_at      timestamptz,
    -- when a month is to be paid next; null: none will be due any more
    next_attempt_at  timestamptz,
    primary key (workspace_id, id),
    check (released_at >= rented_at)
);
create index numbers_due on numbers (next_attempt_at) where next_attempt_at is not null;

-- The agency hears of a month that cannot be paid.
alter table inbox_items
    drop constraint inbox_items_kind_check,
    add constraint inbox_items_kind_check check (kind in ('unmatched_payment', 'overpayment', 'overrun', 'dispute',
        'failed_recharge', 'failed_delivery', 'unpaid_number'));

-- What a campaign was announced with: it reserves nothing, and never changes.
create table campaigns (
    workspace_id      bigint not null references workspaces,
    -- given by the platform
    id                text not null,
    calls             bigint not null check (calls between 1 and 1000000),
    expected_seconds  bigint not null check (expected_seconds between 1 and 86400),
    created_at        timestamptz not null,
    primary key (workspace_id, id)
);
revoke update, delete, truncate on campaigns from minutebank_app;
