-- What the period had used of each allowance when the plan last changed: whoever goes to another plan and back finds
-- the period's use again, not a new allowance.
alter table wallets
    add column used_before_secs not_negative not null default 0,
    add column used_before_calls not_negative not null default 0;
