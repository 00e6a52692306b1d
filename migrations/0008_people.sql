-- Passwords that are changed or forgotten, sessions that end together, keys whose text is shown once, and mail.

alter table users
    -- grows when all sessions of a person end; a session that began under a smaller number opens nothing
    add column session_epoch  integer not null default 0;

-- What earlier sessions hold lacks the columns below, so their people sign in once more.
delete from sessions;
alter table sessions
    -- null: nobody has signed in with it yet
    add column user_id       bigint references users,
    -- browser and system in words, so that people know their own again
    add column device        text,
    add column signed_in_at  timestamptz,
    -- to the hour
    add column seen_at       timestamptz,
    add constraint sessions_of_somebody_are_told check
        (user_id is null or (device is not null and signed_in_at is not null and seen_at is not null));
create index sessions_of_user on sessions (user_id) where user_id is not null;

-- Who asked for a link to set a new password. Known or not, an address is written here and nothing else happens before
-- the answer: neither the words nor the time tell who has an account. A chore makes links of it.
create table password_requests (
    email         text primary key check (email = lower(email)),
    requested_at  timestamptz not null
);

-- A link is used by deleting its row: of two that try, one finds it.
create table password_links (
    -- blake3 of the link's token
    token_hash  bytea primary key check (length(token_hash) = 32),
    user_id     bigint not null references users,
    expires_at  timestamptz not null
);
create index password_links_of_user on password_links (user_id);

-- The outbox: written in the transaction of its cause, sent afterwards.
create table mails (
    id               bigint generated always as identity primary key,
    recipient        text not null,
    subject          text not null,
    -- emptied once sent: a link in it opens an account
    body             text not null,
    created_at       timestamptz not null,
    -- after this it is of no use to its reader and is not sent any more
    expires_at       timestamptz,
    sent_at          timestamptz,
    attempts         integer not null default 0,
    -- null: sent, or given up
    next_attempt_at  timestamptz,
    check (sent_at is null or (next_attempt_at is null and body = ''))
);
create index mails_to_send on mails (next_attempt_at) where next_attempt_at is not null;

alter table api_keys
    -- null until the key is shown: its text is made in that moment and never stored
    alter column key_hash drop not null,
    -- the form that asked for it; sent twice, it makes one key
    add column form_key text,
    add constraint api_keys_of_form unique (workspace_id, form_key);
