-- What members want to be told by mail (SPEC §2.3). A workspace without a row here has the defaults: its owners are told
-- everything, and the balance is low where one call fits.
create table alert_settings (
    workspace_id     bigint primary key references workspaces,
    -- low is less than this in credits; null: money alone is never low
    low_below_mc     bigint check (low_below_mc between 1 and 1000000000),
    -- low is where fewer calls than this fit; null: calls are not counted
    low_below_calls  integer check (low_below_calls between 1 and 1000),
    updated_by       bigint not null references users,
    updated_at       timestamptz not null
);

-- Who is told what. Whoever is no member any more is told nothing.
create table alert_recipients (
    workspace_id     bigint not null,
    user_id          bigint not null,
    low              boolean not null,
    paused           boolean not null,
    recharge_failed  boolean not null,
    receipts         boolean not null,
    primary key (workspace_id, user_id),
    foreign key (workspace_id, user_id) references members (workspace_id, user_id) on delete cascade,
    check (low or paused or recharge_failed or receipts)
);

-- How each wallet stood when it was last looked at. Each crossing is told once: by whoever writes it here.
create table alert_levels (
    workspace_id  bigint primary key references workspaces,
    -- the wallet's version at that time
    version       bigint not null,
    low           boolean not null,
    paused        boolean not null
);
