-- An endpoint hears of events in their order: whoever sends to it has it alone until then, and what is newer waits.
alter table event_endpoints add column sending_until timestamptz;

-- What an endpoint is due, in that order; its log grows, this does not.
create index event_deliveries_of_endpoint on event_deliveries (workspace_id, endpoint_id, event_no)
    where next_attempt_at is not null;
