-- Refunds and disputes: what is taken back of what was bought.

-- Credits that wait until open calls have ended to be taken back further; most wallets have none, so nothing is read
-- for them.
alter table wallets add column waiting bigint not null default 0 check (waiting >= 0);

-- Units that were taken back, or are owed to somebody else than the lot's owner: they are neither left nor used.
alter table lots
    add column taken bigint not null default 0 check (taken >= 0),
    add constraint lots_taken_of_unused check (remaining + taken <= granted);

-- One row per purchase whose payment went back, wholly or in part, however often.
create table take_backs (
    workspace_id  bigint not null,
    -- the posting that credited it
    seq           bigint not null,
    credit        text not null check (credit in ('lots', 'money')),
    key           text collate "C" not null,
    -- units of all its lots, or milli-cents, and what had been paid for it
    granted       bigint not null check (granted > 0),
    paid_mc       bigint not null check (paid_mc > 0),
    lots          bigint[] not null,
    -- units (or milli-cents) taken; used ones that are debt
    taken         bigint not null check (taken >= 0),
    owed          bigint not null check (owed >= 0),
    -- each refund and dispute: id, cause, amount, and whether it stands
    reversals     jsonb not null,
    since         timestamptz not null,
    -- some of it is kept by open holds
    waiting       boolean not null,
    primary key (workspace_id, seq),
    unique (workspace_id, credit, key),
    check (taken + owed <= granted),
    check ((credit = 'money') = (cardinality(lots) = 0))
);
create index waiting_take_backs on take_backs (workspace_id) where waiting;
