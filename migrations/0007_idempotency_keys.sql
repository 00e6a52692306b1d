-- Answers that a repeated POST of the API gets again (SPEC §4, Idempotency-Key). Which of two requests does the work is
-- decided by the primary key, over all instances.

create table idempotency_keys (
    workspace_id  bigint not null references workspaces,
    -- blake3 of method, path and key: of one length, whatever path a client asks for
    scope_hash    bytea not null check (length(scope_hash) = 32),
    -- blake3 of the parsed body, so that the order of its fields does not count
    body_hash     bytea not null check (length(body_hash) = 32),
    -- what is made under this key is named after this, also by a second attempt after a crash
    identity      text not null,
    -- the thirty days count from here
    created_at    timestamptz not null,
    -- who works on it, and until when the others wait; a worker that lives moves it on
    worker        text not null,
    held_until    timestamptz not null,
    -- the answer, once there is one to repeat
    status        smallint check (status between 200 and 599),
    body          text,
    -- what a key must be allowed to see this answer
    api_scope     text,
    primary key (workspace_id, scope_hash),
    check ((status is null) = (body is null))
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
