//! The outbox is emptied: whatever was written with its cause is sent, and tried again while the mail server fails.

use std::time::Duration;

use jiff::SignedDuration;

use super::{forgot_password, sign_up};
use crate::notify::mail::{Mailer, Outgoing, pause_after, repo};
use crate::state::AppState;
use crate::tenants::{self, password};

/// Pause between two looks at what is due.
const PAUSE: Duration = Duration::from_secs(2);
/// Mails taken at once.
const BATCH: i64 = 20;
/// Longer than all of them take; if this process dies meanwhile, another one sends them afterwards.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Answers requests for links and sends mail until it is dropped. Without a mailer mails stay in the outbox.
pub async fn keep_sending(state: AppState, mailer: Option<Mailer>) {
    loop {
        let mut done = answer_requests(&state).await;
        if let (Ok(()), Some(mailer)) = (&done, &mailer) {
            done = send_due(&state, mailer).await;
        }
        if let Err(error) = done {
            tracing::warn!(%error, "the outbox could not be emptied");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Writes the mails that people have asked for.
async fn answer_requests(state: &AppState) -> sqlx::Result<()> {
    forgot_password::answer_requests(state).await?;
    sign_up::answer_sign_ups(state).await
}

/// Sends everything that is due, one by one.
///
/// # Errors
/// Where the database failed; the mail server's failures only put things off.
pub async fn send_due(state: &AppState, mailer: &Mailer) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    repo::delete_expired(&mut db, state.clock.now()).await?;
    let due = repo::take_due(&mut db, BATCH, LEASE, state.clock.now()).await?;
    // Mail servers take long; the connection is for others meanwhile.
    drop(db);
    for mail in &due {
        send(state, mailer, mail).await?;
    }
    Ok(())
}

/// Sends one mail and notes what became of it. The log does not name its reader.
async fn send(state: &AppState, mailer: &Mailer, mail: &Outgoing) -> sqlx::Result<()> {
    let sent = mailer.send(mail).await;
    let mut db = state.db.acquire().await?;
    let Err(error) = sent else {
        return repo::note_sent(&mut db, mail.id, state.clock.now()).await;
    };
    let pause = if error.is_final() { None } else { pause_after(mail.attempts) };
    match pause {
        Some(_) => tracing::warn!(mail = mail.id, %error, "a mail was not sent; it is tried again"),
        None => tracing::error!(mail = mail.id, %error, "a mail was not sent and is given up"),
    }
    repo::put_off(&mut db, mail.id, pause.map(|pause| state.clock.now() + pause)).await
}

/// The newest mails, for the demo's list of what would have been sent; requests for links are answered first, here or by
/// the chore that is at it, because whoever looks has just asked for one.
///
/// # Errors
/// Where the database failed.
pub async fn demo_mails(state: &AppState) -> sqlx::Result<Vec<Outgoing>> {
    answer_requests(state).await?;
    let mut db = state.db.acquire().await?;
    password::repo::wait_for_answers(&mut db).await?;
    tenants::sign_up::repo::wait_for_answers(&mut db).await?;
    repo::newest(&mut db, 50).await
}
