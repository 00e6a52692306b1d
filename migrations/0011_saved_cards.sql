-- Saved cards, what they are charged without their owner's presence, and auto-recharge.

-- Checkout also saves cards: on its own (kind card, nothing is paid), or beside a payment where its buyer wants so.
alter table purchases
    drop constraint purchases_kind_check,
    add constraint purchases_kind_check check (kind in ('pack', 'credits', 'request', 'card')),
    add constraint purchases_of_card check (kind <> 'card' or total_mc = 0),
    -- the card that pays is to be saved; false again once that is done
    add column save_card boolean not null default false;
-- the sweep also looks at those whose card is not saved yet
drop index open_purchases;
create index purchases_to_sweep on purchases (next_check_at)
    where status = 'open' or status = 'credited' and save_card;

-- Cards as Stripe keeps them for us; no number ever comes here.
create table saved_cards (
    workspace_id    bigint not null references workspaces,
    -- pm_…
    payment_method  text not null,
    customer_id     text not null,
    brand           text not null,
    last4           text not null check (last4 ~ '^[0-9]{4}$'),
    exp_month       int not null check (exp_month between 1 and 12),
    exp_year        int not null check (exp_year between 2000 and 9999),
    -- when the Checkout that saved it was begun: of two, the later one counts
    asked_at        timestamptz not null,
    -- current → leaving (replaced or removed here, still to be detached at Stripe) → gone
    status          text not null check (status in ('current', 'leaving', 'gone')),
    primary key (workspace_id, payment_method)
);
-- one card of a workspace is charged
create unique index current_card on saved_cards (workspace_id) where status = 'current';
create index leaving_cards on saved_cards (workspace_id) where status = 'leaving';
create index cards_by_payment_method on saved_cards (payment_method);

-- Charges of saved cards. Each is one attempt, stored before it is sent.
create table topups (
    workspace_id     bigint not null references workspaces,
    -- pur_…; stands in the payment intent's metadata
    id               text not null unique,
    cause            text not null check (cause in ('api', 'auto_recharge')),
    amount_mc        bigint not null check (amount_mc % 1000 = 0 and amount_mc between 50000 and 1000000000),
    payment_method   text not null,
    customer_id      text not null,
    status           text not null default 'pending' check (status in ('pending', 'succeeded', 'failed')),
    -- why it failed, and the bank's own word for it
    failure          text check (failure in ('declined', 'authentication_required', 'refused', 'not_made', 'unmatched')),
    decline_code     text,
    -- the attempt: its key, the exact bytes of its body, and when it was first sent
    idempotency_key  text not null unique,
    request          text not null,
    asked_at         timestamptz not null,
    -- when auto-recharge was switched off: from then on it is only read back
    withdrawn_at     timestamptz,
    -- pi_…, once it is known; the ledger's key of the credit
    payment_intent   text unique,
    created_at       timestamptz not null,
    settled_at       timestamptz,
    -- when the sweep looks again
    next_check_at    timestamptz not null,
    primary key (workspace_id, id),
    foreign key (workspace_id, payment_method) references saved_cards,
    check ((status = 'failed') = (failure is not null)),
    check (decline_code is null or failure = 'declined'),
    check ((status = 'pending') = (settled_at is null)),
    check (status <> 'succeeded' or payment_intent is not null)
);
create index pending_topups on topups (next_check_at) where status = 'pending';
-- one automatic charge of a workspace is in flight, whoever begins it
create unique index recharge_in_flight on topups (workspace_id) where cause = 'auto_recharge' and status = 'pending';
-- the month's sum, and the latest ones
create index recharges on topups (workspace_id, created_at) where cause = 'auto_recharge';

-- Settings of auto-recharge, and how it stands. Its row lock is held while a charge is sent: switched off means that
-- none is on its way, and none is sent any more.
create table auto_recharges (
    workspace_id    bigint primary key references workspaces,
    enabled         boolean not null,
    -- below this much available, so much is added, and at most so much in a calendar month of the workspace's zone
    threshold_mc    bigint not null check (threshold_mc % 1000 = 0 and threshold_mc between 1000 and 1000000000),
    topup_mc        bigint not null check (topup_mc % 1000 = 0 and topup_mc between 50000 and 1000000000),
    monthly_cap_mc  bigint not null check (monthly_cap_mc % 1000 = 0 and monthly_cap_mc <= 100000000000),
    -- declines since the last success, and when the next attempt may be made
    declines        int not null default 0 check (declines between 0 and 4),
    retry_at        timestamptz,
    -- why it is paused until a new card comes or it is switched on again
    paused          text check (paused in ('declined', 'authentication_required')),
    paused_at       timestamptz,
    -- first day of the month whose cap was reached and told
    capped_month    date,
    changed_by      bigint references users,
    changed_at      timestamptz not null,
    check (topup_mc >= threshold_mc),
    check (monthly_cap_mc >= topup_mc),
    check ((paused is null) = (paused_at is null))
);
create index armed_recharges on auto_recharges (workspace_id) where enabled and paused is null;

-- A recharge that fails is news, too.
alter table wallet_events
    drop constraint wallet_events_type_check,
    add constraint wallet_events_type_check check (type in ('wallet.low', 'wallet.paused', 'wallet.resumed',
        'wallet.credited', 'auto_recharge.failed'));
