//! Newcomers sign up by themselves where their agency has a sign-up plan (SPEC §2.4). Nothing is made, and no password is
//! known, before the address is proved: nobody takes another one's address in advance.
//!
//! 1. [`request_sign_up`] writes down what was typed, whoever has the address, and nothing else: neither words nor time
//!    tell who has an account.
//! 2. [`answer_sign_ups`], a chore, mails a link; an address that has an account is told so instead.
//! 3. [`opened`] says what the link leads to.
//! 4. [`finish_sign_up`](super::finish_sign_up::finish_sign_up) uses it up.

use sqlx::PgConnection;

use super::create_client::{LONGEST_BUSINESS, is_address, is_name};
use super::invite::LONGEST_NAME;
use crate::catalog::{self, FieldError, SignUpOffer};
use crate::ids;
use crate::notify::mail::{self, Mail};
use crate::state::AppState;
use crate::tenants::LinkHash;
use crate::tenants::password::repo::credentials;
use crate::tenants::sign_up::{NewSignUp, Newcomer, SIGN_UP_LASTS, SignUp, repo};

/// Mails of one agency to one address while their links last; further requests send nothing, so that nobody's mailbox is
/// flooded.
const MOST: i64 = 3;
/// Requests answered in one transaction.
const BATCH: i64 = 20;

/// What the agency with this public id offers to newcomers; `None` where there is none, or nobody signs up with it.
///
/// # Errors
/// Where the database failed.
pub async fn sign_up_offer(state: &AppState, agency: &str) -> sqlx::Result<Option<SignUpOffer>> {
    let mut db = state.db.acquire().await?;
    catalog::repo::sign_up_offer(&mut db, agency).await
}

/// What is wrong with the fields `business`, `name` and `email`.
pub fn faults(typed: &Newcomer) -> Vec<FieldError> {
    let checks = [
        (
            is_name(&typed.business, LONGEST_BUSINESS),
            "business",
            "Enter the name of your business, 80 characters at most.",
        ),
        (is_name(&typed.name, LONGEST_NAME), "name", "Enter your name, 60 characters at most."),
        (is_address(typed.email.trim()), "email", "Enter an email address."),
    ];
    let wrong = checks.into_iter().filter(|(good, ..)| !good);
    wrong.map(|(_, field, message)| FieldError { field, message }).collect()
}

/// Notes that somebody wants to sign up; the fields have no [`faults`].
///
/// # Errors
/// Where the database failed.
pub async fn request_sign_up(state: &AppState, typed: &Newcomer) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    repo::request(&mut db, &typed.trimmed(), state.clock.now()).await
}

/// Answers what was asked for by mail, and forgets links that were not used in time.
///
/// # Errors
/// Where the database failed; what was not answered stays to be.
pub async fn answer_sign_ups(state: &AppState) -> sqlx::Result<()> {
    loop {
        let mut transaction = state.db.begin().await?;
        repo::delete_ended(&mut transaction, state.clock.now()).await?;
        let requests = repo::take_requests(&mut transaction, BATCH).await?;
        for (newcomer, agency) in &requests {
            answer(state, &mut transaction, newcomer, agency).await?;
        }
        transaction.commit().await?;
        if requests.is_empty() {
            return Ok(());
        }
    }
}

/// Mails a link, or that there is an account. Sign-up may have been turned off meanwhile.
async fn answer(state: &AppState, db: &mut PgConnection, newcomer: &Newcomer, agency: &str) -> sqlx::Result<()> {
    let Some(offer) = catalog::repo::sign_up_offer(db, agency).await? else {
        return Ok(());
    };
    let now = state.clock.now();
    let expires_at = now + SIGN_UP_LASTS;
    let is_known = credentials(db, &newcomer.email).await?.is_some();
    let token = ids::fresh("sgn");
    let link = (!is_known).then(|| LinkHash::of(&token));
    if !repo::insert(db, &NewSignUp { link, newcomer, expires_at }, MOST, now).await? {
        return Ok(());
    }
    let at = |path: &str| {
        let mut url = state.config.public_url.clone();
        url.set_path(path);
        url
    };
    let letter = if is_known {
        Mail::known_address(&newcomer.email, &offer.agency_name, &at("/sign-in"), &at("/forgot"))
    } else {
        Mail::sign_up(&newcomer.email, &offer.agency_name, &at(&format!("/sign-up/{agency}/{token}")), expires_at)
    };
    mail::repo::write(db, &letter, now).await
}

/// What a link leads to.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A password is chosen, and the offer accepted.
    Ready(SignUp, Box<SignUpOffer>),
    /// It was used.
    Used(SignUp),
    /// The address has got an account in another way.
    Known(SignUp),
    /// The agency takes no sign-ups any more.
    Closed(SignUp),
    /// It is too old, or never was one.
    Ended,
}

impl Opened {
    /// Who has asked, at the address that the link has proved.
    pub fn newcomer(self) -> Option<Newcomer> {
        match self {
            Opened::Ready(it, _) | Opened::Used(it) | Opened::Known(it) | Opened::Closed(it) => Some(it.newcomer),
            Opened::Ended => None,
        }
    }
}

/// What the link leads to, as everything stands now; a link of another agency than this public id is none.
///
/// # Errors
/// Where the database failed.
pub async fn opened(state: &AppState, link: LinkHash, agency: &str) -> sqlx::Result<Opened> {
    let mut db = state.db.acquire().await?;
    let sign_up = repo::find(&mut db, link, state.clock.now()).await?;
    let Some(sign_up) = sign_up.filter(|sign_up| sign_up.agency_public_id == agency) else {
        return Ok(Opened::Ended);
    };
    if sign_up.made.is_some() {
        return Ok(Opened::Used(sign_up));
    }
    if credentials(&mut db, &sign_up.newcomer.email).await?.is_some() {
        return Ok(Opened::Known(sign_up));
    }
    Ok(match catalog::repo::sign_up_offer(&mut db, agency).await? {
        Some(offer) => Opened::Ready(sign_up, offer.into()),
        None => Opened::Closed(sign_up),
    })
}
