-- The agency's side: what its people order, what clients owe it, what it must look at, and who did what.

-- One row per period, written with the posting that opens it; billed once (a cycle request, or carried over).
create table periods (
    workspace_id  bigint not null,
    -- the period's posting
    seq           bigint not null,
    subscription  bigint not null,
    -- 0 begins at the anchor; null: the subscription's end, after which nothing is granted
    index         int,
    -- what it is on, as it opens
    snapshot_id   bigint not null,
    starts_at     timestamptz not null,
    ends_at       timestamptz,
    billed_at     timestamptz,
    -- less than $0.50, which the next cycle request asks for
    carried_mc    bigint not null default 0 check (carried_mc between 0 and 49999),
    primary key (workspace_id, seq),
    foreign key (workspace_id, snapshot_id) references plan_snapshots,
    check (ends_at > starts_at),
    check (billed_at is not null or carried_mc = 0)
);
create index periods_to_bill on periods (workspace_id, seq) where billed_at is null;

-- Periods that began before there were requests: nobody is billed for them afterwards.
insert into periods (workspace_id, seq, subscription, index, snapshot_id, starts_at, billed_at)
select p.workspace_id, p.seq, split_part(p.key, ':', 1)::bigint, nullif(split_part(p.key, ':', 2), 'end')::int,
    w.snapshot_id, p.occurred_at, p.recorded_at
from postings p join wallets w on w.workspace_id = p.workspace_id
where p.kind = 1;

-- What somebody of the agency ordered about a client's wallet: stored before the ledger is told, settled afterwards, so
-- that a form sent ten times is carried out once and an order cut off in between is finished.
create table instructions (
    workspace_id  bigint not null references workspaces,
    -- ins_…; the ledger's key of what it credits
    id            text not null,
    -- one-use key of the form
    form_key      text not null,
    given_by      bigint references users,
    -- the typed order (crate::payments::instruction::Deed)
    deed          jsonb not null,
    status        text not null default 'open' check (status in ('open', 'done', 'refused')),
    -- why the ledger refused
    refusal       text,
    created_at    timestamptz not null,
    settled_at    timestamptz,
    primary key (workspace_id, id),
    unique (workspace_id, form_key),
    check ((status = 'open') = (settled_at is null)),
    check ((status = 'refused') = (refusal is not null))
);
create index open_instructions on instructions (created_at) where status = 'open';

-- What a client owes the agency.
create table payment_requests (
    workspace_id        bigint not null references workspaces,
    -- req_…
    id                  text not null,
    type                text not null check (type in ('cycle', 'pack')),
    -- name of the plan or pack
    title               text not null,
    -- what it is for: one request for each period, one for each application of a pack
    period_seq          bigint,
    instruction_id      text,
    -- what it is made of: plan or pack, excess of the ended period, what was too little before
    price_mc            bigint not null check (price_mc >= 0),
    excess_mc           bigint not null default 0 check (excess_mc >= 0),
    carried_mc          bigint not null default 0 check (carried_mc >= 0),
    -- whole cents, rounded down, and Stripe's floor of $0.50
    amount_mc           bigint not null check (amount_mc >= 50000),
    due_at              timestamptz not null,
    -- end of the days of grace: unpaid from here on, calls are refused
    blocks_at           timestamptz not null,
    -- failed: a payment was tried and failed; it is still owed
    status              text not null default 'pending'
        check (status in ('pending', 'overdue', 'failed', 'paid', 'canceled')),
    external_reference  text,
    -- the Checkout session that paid it; null where the agency marked it
    paid_session        text,
    created_at          timestamptz not null,
    closed_at           timestamptz,
    primary key (workspace_id, id),
    unique (workspace_id, period_seq),
    unique (workspace_id, instruction_id),
    foreign key (workspace_id, period_seq) references periods,
    foreign key (workspace_id, instruction_id) references instructions,
    check ((type = 'cycle') = (period_seq is not null)),
    check ((type = 'pack') = (instruction_id is not null)),
    check (amount_mc = (price_mc + excess_mc + carried_mc) / 1000 * 1000),
    check ((status in ('paid', 'canceled')) = (closed_at is not null)),
    check (status = 'paid' or (paid_session is null and external_reference is null)),
    check (blocks_at >= due_at)
);
-- what falls due is found by a sweep, and by each payment
create index owed_requests on payment_requests (due_at) where status in ('pending', 'overdue', 'failed');
-- wallets whose state may have to be set back
create index wallets_behind on wallets (workspace_id) where payment_state <> 'current';

-- A purchase can also pay a request.
alter table purchases
    drop constraint purchases_kind_check,
    add constraint purchases_kind_check check (kind in ('pack', 'credits', 'request')),
    add column request_id text,
    add constraint purchases_of_request check ((kind = 'request') = (request_id is not null)),
    add constraint purchases_request_fkey foreign key (workspace_id, request_id) references payment_requests;
create index purchases_by_request on purchases (workspace_id, request_id) where request_id is not null;

-- The inbox takes everything that somebody must look at, one item for each cause.
alter table inbox_items
    drop constraint inbox_items_kind_check,
    add constraint inbox_items_kind_check check (kind in ('unmatched_payment', 'overpayment', 'overrun', 'dispute',
        'failed_recharge', 'failed_delivery')),
    drop constraint inbox_items_kind_reference_key,
    alter column workspace_id set not null,
    add constraint inbox_items_of_cause unique (workspace_id, kind, reference),
    -- what it is about in money, where it is about money
    add column amount_mc bigint,
    add column resolution text check (resolution in ('accepted', 'refunded', 'dismissed')),
    add constraint inbox_items_resolved check ((resolution is null) = (resolved_at is null));

-- Money sent back through Stripe: one attempt after the other, each stored before it is sent.
create table refunds (
    workspace_id     bigint not null references workspaces,
    inbox_item_id    bigint not null references inbox_items,
    -- of the payment that is sent back
    payment_intent   text not null,
    -- the attempt: its key, and the exact bytes of its body
    idempotency_key  text not null unique,
    request          text not null,
    asked_at         timestamptz not null,
    asked_by         bigint references users,
    -- open → succeeded | failed (known: another attempt may follow)
    status           text not null default 'open' check (status in ('open', 'succeeded', 'failed')),
    -- re_…, once it is known
    refund_id        text unique,
    primary key (workspace_id, inbox_item_id),
    check ((status = 'succeeded') = (refund_id is not null))
);
create index open_refunds on refunds (asked_at) where status = 'open';

-- Links that let somebody in: single use, known by their hash alone.
create table invites (
    -- blake3 of the link's token
    token_hash    bytea primary key check (length(token_hash) = 32),
    agency_id     bigint not null references agencies,
    -- null: an administrator of the agency
    workspace_id  bigint references workspaces,
    role          text check (role in ('owner', 'billing', 'viewer')),
    email         text not null check (email = lower(email)),
    invited_by    bigint references users,
    created_at    timestamptz not null,
    expires_at    timestamptz not null,
    accepted_at   timestamptz,
    check ((workspace_id is null) = (role is null))
);
create index invites_of_workspace on invites (workspace_id, created_at);

-- Who did what. A form's key is written with what it did, once: the same form again finds it.
create table audit_trail (
    agency_id     bigint not null references agencies,
    no            bigint generated always as identity,
    workspace_id  bigint references workspaces,
    -- null: Minutebank itself, or whoever sits at its command line
    actor         bigint references users,
    action        text not null,
    -- public id of what it was done to
    target        text not null,
    details       text not null,
    form_key      text,
    occurred_at   timestamptz not null,
    primary key (agency_id, no),
    unique (agency_id, form_key)
);
create index audit_of_workspace on audit_trail (workspace_id, no);
revoke update, delete, truncate on audit_trail from minutebank_app;

-- Clients are searched by name.
create index workspaces_by_name on workspaces (agency_id, lower(name));
