//! A charge of a saved card that adds credits: what was asked, and what became of it. Its id stands in the payment
//! intent; the payment intent's id is the ledger's key of the credit.

pub mod repo;

use jiff::{SignedDuration, Timestamp};

use super::attempt::Attempt;
use crate::ledger::Command;
use crate::units::{MilliCents, WorkspaceId, words};

/// How long the same bytes and key may be sent again; Stripe keeps a key for 24 hours (SPEC §5).
const REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);
/// An attempt that Stripe knows nothing of for this long after it was last sent was never made: a request does not
/// live that long.
pub(super) const IN_TRANSIT: SignedDuration = SignedDuration::from_mins(15);

/// A charge as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topup {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `pur_…`
    pub id: String,
    /// Who wanted it.
    pub cause: Cause,
    /// Whole cents.
    pub amount: MilliCents,
    /// `pm_…`: what is charged.
    pub payment_method: String,
    /// `cus_…`
    pub customer: String,
    /// What became of it.
    pub status: TopupStatus,
    /// What was asked of Stripe.
    pub attempt: Attempt,
    /// When that was stored, just before it was first sent.
    pub asked_at: Timestamp,
    /// When auto-recharge was switched off, or the card left, meanwhile: it was never sent after that.
    pub withdrawn_at: Option<Timestamp>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its outcome became known.
    pub settled_at: Option<Timestamp>,
}

/// Who wanted a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A program of the workspace, now.
    Api,
    /// The settings of auto-recharge.
    AutoRecharge,
}

words!(Cause { Api = "api", AutoRecharge = "auto_recharge" });

/// What became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopupStatus {
    /// Not known yet.
    Pending,
    /// The credit is posted.
    Succeeded,
    /// Nothing was charged.
    Failed(Why),
}

/// Why nothing was charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The bank declined, perhaps with a word for it, e.g. `insufficient_funds`.
    Declined(Option<String>),
    /// The bank wants the owner to confirm, who is not there.
    AuthenticationRequired,
    /// Stripe refused: the card or its customer cannot be charged at all.
    Refused,
    /// The attempt got lost before anything was made of it.
    NotMade,
    /// Something was charged, but not as it was asked; it lies in the agency's inbox.
    Unmatched,
}

impl Why {
    /// What Stripe's and the bank's words for an error mean.
    pub fn told(code: Option<&str>, decline_code: Option<&str>) -> Self {
        match (code, decline_code) {
            (Some("authentication_required"), _) | (_, Some("authentication_required")) => Self::AuthenticationRequired,
            (Some("card_declined"), reason) => Self::Declined(reason.map(str::to_owned)),
            // `expired_card`, `incorrect_cvc` and the like say it themselves.
            (code, reason) => Self::Declined(reason.or(code).map(str::to_owned)),
        }
    }

    /// The word under which it is stored.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Declined(_) => "declined",
            Self::AuthenticationRequired => "authentication_required",
            Self::Refused => "refused",
            Self::NotMade => "not_made",
            Self::Unmatched => "unmatched",
        }
    }

    /// What the word stands for.
    pub fn of_word(word: &str, decline_code: Option<String>) -> Option<Self> {
        Some(match word {
            "declined" => Self::Declined(decline_code),
            "authentication_required" => Self::AuthenticationRequired,
            "refused" => Self::Refused,
            "not_made" => Self::NotMade,
            "unmatched" => Self::Unmatched,
            _ => return None,
        })
    }

    /// `Declined, insufficient funds`
    pub fn sentence(&self) -> String {
        match self {
            Self::Declined(Some(reason)) if reason != "generic_decline" => {
                format!("Declined, {}", reason.replace('_', " "))
            }
            Self::Declined(_) => "Declined".to_owned(),
            Self::AuthenticationRequired => "Your bank asks you to confirm".to_owned(),
            Self::Refused => "The card cannot be charged".to_owned(),
            Self::NotMade => "Not sent".to_owned(),
            Self::Unmatched => "With your provider".to_owned(),
        }
    }
}

impl Topup {
    /// Whether the attempt may be sent (again); else its outcome can only be read back.
    pub fn may_send(&self, now: Timestamp) -> bool {
        self.withdrawn_at.is_none() && now.duration_since(self.asked_at) < REPLAYED_WITHIN
    }

    /// Whether it still waits to be sent: its outcome is not known, and nobody has withdrawn it.
    pub fn waits(&self) -> bool {
        self.status == TopupStatus::Pending && self.withdrawn_at.is_none()
    }

    /// Whether an attempt that Stripe knows nothing of is known to have made nothing.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        let sent_until = self.withdrawn_at.unwrap_or(self.asked_at + REPLAYED_WITHIN);
        now.duration_since(sent_until) >= IN_TRANSIT
    }

    /// What the ledger is told once this payment intent has succeeded.
    pub fn credit(&self, payment_intent: &str) -> Command {
        Command::CreditMoney { key: payment_intent.to_owned(), amount: self.amount }
    }
}

#[cfg(test)]
pub(super) fn sample() -> Topup {
    Topup {
        workspace: WorkspaceId(1),
        id: "pur_sample".into(),
        cause: Cause::AutoRecharge,
        amount: MilliCents::from_cents(5_000),
        payment_method: "pm_sample".into(),
        customer: "cus_sample".into(),
        status: TopupStatus::Pending,
        attempt: Attempt { key: "key".into(), body: String::new() },
        asked_at: Timestamp::UNIX_EPOCH,
        withdrawn_at: None,
        created_at: Timestamp::UNIX_EPOCH,
        settled_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_sent_again_for_23_hours_and_never_once_it_is_withdrawn() {
        let after = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let sent = sample();
        assert!(sent.may_send(after(22 * 60)) && !sent.may_send(after(23 * 60)));
        assert!(!sent.is_lost(after(23 * 60)) && sent.is_lost(after(23 * 60 + 15)));
        let withdrawn = Topup { withdrawn_at: Some(after(60)), ..sample() };
        assert!(!withdrawn.may_send(after(60)));
        assert!(!withdrawn.is_lost(after(74)) && withdrawn.is_lost(after(75)));
    }

    #[test]
    fn what_the_bank_says_is_told_in_words() {
        let told = |code, decline_code| Why::told(code, decline_code);
        assert_eq!(told(Some("card_declined"), Some("insufficient_funds")).sentence(), "Declined, insufficient funds");
        assert_eq!(told(Some("card_declined"), Some("generic_decline")).sentence(), "Declined");
        assert_eq!(told(Some("expired_card"), None).sentence(), "Declined, expired card");
        assert_eq!(told(None, None), Why::Declined(None));
        assert_eq!(told(Some("authentication_required"), None), Why::AuthenticationRequired);
        assert_eq!(told(Some("card_declined"), Some("authentication_required")), Why::AuthenticationRequired);
        for why in [Why::Declined(None), Why::AuthenticationRequired, Why::Refused, Why::NotMade, Why::Unmatched] {
            assert_eq!(Why::of_word(why.word(), None), Some(why));
        }
    }
}
