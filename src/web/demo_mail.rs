//! `/demo/mail`: what a demo would have sent. There is no such page outside demo mode.

use axum::extract::State;
use axum::response::Response;

use super::answer::page;
use super::document::render;
use super::error::Error;
use super::pages::{Letter, demo_mail_page};
use crate::app::send_mail::demo_mails;
use crate::notify::mail::Outgoing;
use crate::state::AppState;

/// `GET /demo/mail`, newest first.
///
/// # Errors
/// `NotFound` outside demo mode; faults of the database.
pub async fn show(State(state): State<AppState>) -> Result<Response, Error> {
    if !state.config.demo {
        return Err(Error::NotFound);
    }
    let letters = demo_mails(&state).await?.into_iter().map(letter).collect();
    let own = state.config.public_url.as_str();
    Ok(page(&state.config, render(|| demo_mail_page(letters, own))))
}

fn letter(mail: Outgoing) -> Letter {
    Letter { recipient: mail.recipient, subject: mail.subject, body: mail.body, at: mail.created_at }
}
