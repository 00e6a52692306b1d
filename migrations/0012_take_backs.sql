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

-- Which payment paid: refunds and disputes name it. Null where it was never told, until something asks for it.
alter table purchases
    add column payment_intent text unique,
    -- what was owed, paid beside the packs as a line of its own
    add column balance_mc bigint not null default 0 check (balance_mc >= 0 and balance_mc % 1000 = 0),
    drop constraint purchases_check1,
    add constraint purchases_total_of_packs
        check (kind <> 'pack' or total_mc = price_each_mc * quantity + balance_mc),
    add constraint purchases_balance_of_packs check (kind = 'pack' or balance_mc = 0);

-- Refunds and disputes, as far as Stripe has told of them: each counts once, whatever order its events come in.
create table reversals (
    workspace_id    bigint not null references workspaces,
    -- re_… or du_…; of a refund that was asked for here its own id, ref_…
    id              text not null,
    payment_intent  text not null,
    cause           text not null check (cause in ('refund', 'dispute')),
    -- how much went back of what was bought, and of the outstanding balance that was paid beside it
    bought_mc       bigint not null check (bought_mc >= 0),
    balance_mc      bigint not null check (balance_mc >= 0),
    -- false once it has failed or was won; it never stands again
    stands          boolean not null,
    noted_at        timestamptz not null,
    -- null until the wallet, or the request, has followed
    followed_at     timestamptz,
    primary key (workspace_id, id),
    check (bought_mc + balance_mc > 0)
);
create index reversals_of_payment on reversals (workspace_id, payment_intent);

-- Money is sent back for an inbox item, or for the unused part of a purchase: there, units are taken first.
alter table refunds add column id text;
update refunds set id = 'ref_' || lpad(inbox_item_id::text, 22, '0');
alter table refunds
    drop constraint refunds_pkey,
    alter column id set not null,
    add primary key (workspace_id, id),
    alter column inbox_item_id drop not null,
    add constraint refunds_of_item unique (workspace_id, inbox_item_id),
    add column purchase_id text,
    -- one-use key of the form
    add column form_key text,
    add constraint refunds_of_form unique (workspace_id, form_key),
    add constraint refunds_purchase_fkey foreign key (workspace_id, purchase_id) references purchases,
    add constraint refunds_cause check (num_nonnulls(inbox_item_id, purchase_id) = 1),
    add constraint refunds_form check ((purchase_id is null) = (form_key is null)),
    -- null: the whole payment
    add column amount_mc bigint check (amount_mc > 0 and amount_mc % 1000 = 0),
    -- taking (units) → open (Stripe is asked) → succeeded | returning (known failed: units come back) → failed
    drop constraint refunds_status_check,
    add constraint refunds_status_check check (status in ('taking', 'open', 'succeeded', 'returning', 'failed')),
    drop constraint refunds_check,
    add constraint refunds_made check (status <> 'succeeded' or refund_id is not null),
    alter column request drop not null,
    add constraint refunds_request check (request is not null or status in ('taking', 'failed'));
drop index open_refunds;
create index unfinished_refunds on refunds (asked_at) where status in ('taking', 'open', 'returning');
