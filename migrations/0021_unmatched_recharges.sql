-- Auto-recharge also pauses where a charge came back otherwise than it was asked, e.g. as another amount: money has
-- moved that nobody asked for, so nothing is charged until somebody switches it on again.
alter table auto_recharges
    drop constraint auto_recharges_paused_check,
    add constraint auto_recharges_paused_check
        check (paused in ('declined', 'authentication_required', 'unmatched'));
