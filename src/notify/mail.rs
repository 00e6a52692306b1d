//! Mail: written to the outbox in the transaction of its cause, sent afterwards, tried again while that fails.
//!
//! A mail is sent at least once: whoever dies between the server's yes and our note of it sends it again, under the
//! same Message-ID.

pub mod repo;

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::Url;

use crate::config::MailConfig;
use crate::units::MilliCents;

/// The longest that a mail server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Address.
    pub recipient: String,
    /// One line.
    pub subject: &'static str,
    /// Plain text.
    pub body: String,
    /// When it is of no use any more, and not sent.
    pub expires_at: Option<Timestamp>,
}

impl Mail {
    /// The link with which somebody sets a new password.
    pub fn password_link(recipient: &str, name: &str, link: &Url, expires_at: Timestamp) -> Self {
        let body = format!(
            "Hello {name},\n\nsomebody asked for a new password for {recipient}. To set it, open this link within \
             30 minutes:\n\n{link}\n\nThe link works once. If it was not you, do nothing: your password stays as it \
             is.\n\nMinutebank\n"
        );
        Self {
            recipient: recipient.to_owned(),
            subject: "Set a new password for Minutebank",
            body,
            expires_at: Some(expires_at),
        }
    }

    /// The link with which somebody becomes a member of a workspace, or an administrator of an agency, called `name`.
    pub fn invitation(recipient: &str, person: Option<&str>, name: &str, link: &Url, expires_at: Timestamp) -> Self {
        let hello = person.map_or_else(|| "Hello".to_owned(), |person| format!("Hello {person}"));
        let body = format!(
            "{hello},\n\nyou are invited to {name} on Minutebank. To accept, open this link within 7 days:\n\n{link}\n\n\
             The link works once. If you do not know what this is about, do nothing.\n\nMinutebank\n"
        );
        Self {
            recipient: recipient.to_owned(),
            subject: "Your invitation to Minutebank",
            body,
            expires_at: Some(expires_at),
        }
    }

    /// The link with which a newcomer proves an address and signs up with an agency. It says nothing of what was typed:
    /// who typed it may not have the address, and would have their words delivered.
    pub fn sign_up(recipient: &str, agency: &str, link: &Url, expires_at: Timestamp) -> Self {
        let body = format!(
            "Hello,\n\nsomebody signs up with {agency} on Minutebank, with this address. To go on, open this link \
             within 24 hours and choose a password:\n\n{link}\n\nThe link works once. If it was not you, do nothing: \
             nothing is made without it.\n\nMinutebank\n"
        );
        Self {
            recipient: recipient.to_owned(),
            subject: "Finish your sign-up to Minutebank",
            body,
            expires_at: Some(expires_at),
        }
    }

    /// Tells who asked to sign up with an agency that their address has an account.
    pub fn known_address(recipient: &str, agency: &str, sign_in: &Url, forgot: &Url) -> Self {
        let body = format!(
            "Hello,\n\nsomebody wants to sign up with {agency} on Minutebank, with this address. It has an account \
             already, so nothing was made. Sign in with it here:\n\n{sign_in}\n\nIf you forgot the password, set a \
             new one:\n\n{forgot}\n\nIf it was not you, do nothing.\n\nMinutebank\n"
        );
        Self { recipient: recipient.to_owned(), subject: "You have a Minutebank account", body, expires_at: None }
    }

    /// Tells somebody that their password is another one now. `forgot` is where a new link can be had.
    pub fn password_changed(recipient: &str, name: &str, forgot: &Url, at: Timestamp) -> Self {
        let at = at.strftime("%b %-d, %Y, %-H:%M UTC");
        let body = format!(
            "Hello {name},\n\nthe password for {recipient} was changed on {at}, and other browsers were signed out. If \
             it was not you, set a new one:\n\n{forgot}\n\nMinutebank\n"
        );
        Self {
            recipient: recipient.to_owned(),
            subject: "Your Minutebank password was changed",
            body,
            expires_at: None,
        }
    }
}

/// What alerts say. `billing` is where more can be bought, `settings` where they are switched off.
impl Mail {
    /// Less is left than the workspace wants; `left` says how much.
    pub fn low_balance(recipient: &str, workspace: &str, left: &str, billing: &Url, settings: &Url) -> Self {
        let what = format!("the balance of {workspace} is low: {left}. To add more, open");
        Self::alert(recipient, "Your balance is low", &what, billing, settings)
    }

    /// Calls are refused; `why` is a sentence.
    pub fn calls_paused(recipient: &str, workspace: &str, why: &str, billing: &Url, settings: &Url) -> Self {
        let what = format!("{workspace} places no calls now. {why}\n\nTo go on, open");
        Self::alert(recipient, "Calls paused", &what, billing, settings)
    }

    /// An auto-recharge has failed; `why` is a sentence.
    pub fn recharge_failed(recipient: &str, workspace: &str, why: &str, billing: &Url, settings: &Url) -> Self {
        let what = format!("the auto-recharge of {workspace} did not go through. {why}\n\nTo look at it, open");
        Self::alert(recipient, "Auto-recharge failed", &what, billing, settings)
    }

    /// Something was paid: `bought` for `amount`.
    pub fn receipt(
        recipient: &str,
        workspace: &str,
        bought: &str,
        amount: MilliCents,
        billing: &Url,
        settings: &Url,
    ) -> Self {
        let what = format!("{workspace} paid {amount}: {bought}. To see it, open");
        Self::alert(recipient, "Your receipt", &what, billing, settings)
    }

    fn alert(recipient: &str, subject: &'static str, what: &str, billing: &Url, settings: &Url) -> Self {
        let body =
            format!("Hello,\n\n{what}:\n\n{billing}\n\nWho is told what is chosen here:\n\n{settings}\n\nMinutebank\n");
        Self { recipient: recipient.to_owned(), subject, body, expires_at: None }
    }
}

/// A mail in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its row.
    pub id: i64,
    /// Address.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often it has been tried, this time included.
    pub attempts: i32,
}

/// When a mail that failed for the `attempts`-th time is tried again; `None` once there is no more hope.
pub fn pause_after(attempts: i32) -> Option<SignedDuration> {
    let minutes = match attempts {
        ..=1 => 1,
        2 => 5,
        3 => 30,
        4 => 2 * 60,
        5 => 8 * 60,
        6 => 24 * 60,
        _ => return None,
    };
    Some(SignedDuration::from_mins(minutes))
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The address is no address.
    #[error("it cannot be written: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// It cannot be put into the form of a mail.
    #[error("it cannot be written: {0}")]
    Form(#[from] lettre::error::Error),
    /// The mail server refused it, or did not answer.
    #[error("{0}")]
    Server(#[from] smtp::Error),
}

impl MailError {
    /// Trying again would end the same way.
    pub fn is_final(&self) -> bool {
        match self {
            MailError::Address(_) | MailError::Form(_) => true,
            MailError::Server(error) => error.is_permanent(),
        }
    }
}

/// The way to the mail server.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// Where the address of the server cannot be used.
    pub fn new(config: &MailConfig) -> Result<Self, smtp::Error> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(config.smtp_url.reveal())?;
        Ok(Self { transport: transport.timeout(Some(PATIENCE)).build(), from: config.from.clone() })
    }

    /// Hands one mail to the server.
    ///
    /// # Errors
    /// Where it did not take it.
    pub async fn send(&self, mail: &Outgoing) -> Result<(), MailError> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(mail.recipient.parse()?)
            .subject(&mail.subject)
            .date(SystemTime::from(mail.created_at))
            .message_id(Some(format!("<mail-{}@{}>", mail.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())?;
        self.transport.send(message).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_mail_is_tried_less_and_less_often_and_not_for_ever() {
        let pauses: Vec<_> = (1..).map_while(pause_after).map(|pause| pause.as_mins()).collect();
        assert_eq!(pauses, [1, 5, 30, 120, 480, 1_440]);
    }

    #[test]
    fn mails_say_what_to_do() {
        let at: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let url = |text: &str| Url::parse(text).unwrap();
        let link = Mail::password_link("owner@harbor.test", "Dana", &url("https://b.example/reset/reset_1"), at);
        assert!(link.body.contains("\n\nhttps://b.example/reset/reset_1\n\n"), "the link has its own line");
        assert_eq!(link.expires_at, Some(at));
        let changed = Mail::password_changed("owner@harbor.test", "Dana", &url("https://b.example/forgot"), at);
        assert!(changed.body.contains("changed on Nov 20, 2026, 15:00 UTC"));
    }
}
