//! Whatever leads to Checkout: a purchase of packs or credits, the payment of a request, or a card to save. Packs are
//! copied from the catalogue when it is begun, and never read from there again.

use jiff::{SignedDuration, Timestamp};

use super::attempt::Attempt;
use crate::ledger::{Command, LotGrant, LotSource};
use crate::tenants::UserId;
use crate::units::{Meter, MilliCents, WorkspaceId, words};

/// How long the same bytes and key may be sent again; Stripe keeps a key for 24 hours (SPEC §5).
const REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);

/// A purchase as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `pur_…`
    pub id: String,
    /// One-use key of the form.
    pub purchase_key: String,
    /// Who bought.
    pub bought_by: UserId,
    /// What is bought.
    pub bought: Bought,
    /// The card that pays is to be saved; false again once that is done.
    pub save_card: bool,
    /// The workspace's Stripe customer.
    pub customer: String,
    /// What became of it.
    pub status: PurchaseStatus,
    /// What was asked of Stripe.
    pub attempt: Attempt,
    /// Stripe's answer: id and address of the Checkout session.
    pub session: Option<(String, String)>,
    /// When it was begun, before anything was sent.
    pub created_at: Timestamp,
}

/// What a purchase is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bought {
    /// Packs of one kind: one lot each.
    Packs(Packs),
    /// Money in the wallet.
    Credits {
        /// Whole cents.
        amount: MilliCents,
    },
    /// Nothing new: what the client owes the agency.
    Request(RequestPayment),
    /// Nothing: a card is saved for later.
    Card,
}

/// The payment of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPayment {
    /// `req_…`
    pub request: String,
    /// Name of the plan or pack that it is for.
    pub title: String,
    /// Whole cents.
    pub amount: MilliCents,
}

/// Packs as they were offered when they were bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packs {
    /// Key of the pack.
    pub pack_id: i64,
    /// Public id of the pack, `pack_…`.
    pub pack: String,
    /// Name of the pack at that time.
    pub name: String,
    /// Unit.
    pub meter: Meter,
    /// Seconds or calls of one pack.
    pub units_each: i64,
    /// Price of one pack, whole cents.
    pub price_each: MilliCents,
    /// How many packs.
    pub quantity: i64,
    /// What was owed, paid beside them; whole cents.
    pub balance: MilliCents,
}

/// What became of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseStatus {
    /// Not paid yet, or not known yet.
    Open,
    /// Paid, and what was bought is posted.
    Credited,
    /// The session ended without a payment.
    Expired,
    /// Stripe made no session, or the payment failed for good.
    Failed,
    /// Paid, but not as it was asked; lies in the agency's inbox.
    Unmatched,
}

words!(PurchaseStatus {
    Open = "open",
    Credited = "credited",
    Expired = "expired",
    Failed = "failed",
    Unmatched = "unmatched"
});

/// Who pays, as Stripe gets to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// Public id of the workspace.
    pub workspace: String,
    /// Name of the workspace.
    pub name: String,
    /// Address of its first owner.
    pub email: Option<String>,
}

impl Bought {
    /// What must be paid.
    pub fn total(&self) -> MilliCents {
        match self {
            Bought::Packs(packs) => MilliCents(packs.price().0 + packs.balance.0),
            Bought::Credits { amount } => *amount,
            Bought::Request(payment) => payment.amount,
            Bought::Card => MilliCents(0),
        }
    }

    /// What it is, as a receipt says it: `2 × Medium, 100 minutes`.
    pub fn words(&self) -> String {
        match self {
            Bought::Packs(packs) => {
                let contents = packs.meter.pieces(packs.units_each / packs.meter.per_piece());
                let times = if packs.quantity > 1 { format!("{} × ", packs.quantity) } else { String::new() };
                format!("{times}{}, {contents}", packs.name)
            }
            Bought::Credits { .. } => "Credits".to_owned(),
            Bought::Request(payment) => payment.title.clone(),
            Bought::Card => "A saved card".to_owned(),
        }
    }

    /// The same where so much of the money has paid debt: `$6.00 in credits, $4.00 toward your outstanding balance`.
    pub fn words_beside(&self, debt_paid: MilliCents) -> String {
        let toward = format!("{debt_paid} toward your outstanding balance");
        match self {
            _ if debt_paid.0 == 0 => self.words(),
            Bought::Credits { amount } if *amount <= debt_paid => toward,
            Bought::Credits { amount } => format!("{} in credits, {toward}", MilliCents(amount.0 - debt_paid.0)),
            _ => format!("{}, {toward}", self.words()),
        }
    }
}

impl Packs {
    /// What all packs cost.
    pub fn price(&self) -> MilliCents {
        MilliCents(self.price_each.0 * self.quantity)
    }

    /// Minutes or calls of all packs.
    pub fn pieces(&self) -> i64 {
        self.units_each * self.quantity / self.meter.per_piece()
    }

    /// One lot per pack.
    fn lots(&self, purchase: &str) -> Vec<LotGrant> {
        let lot = LotGrant {
            name: self.name.clone(),
            meter: self.meter,
            units: self.units_each,
            price: self.price_each,
            source: LotSource::Stripe,
            reference: purchase.to_owned(),
        };
        (0..self.quantity).map(|_| lot.clone()).collect()
    }
}

impl Purchase {
    /// What must be paid.
    pub fn total(&self) -> MilliCents {
        self.bought.total()
    }

    /// What the ledger is told once the session is paid; nothing where a request was paid or a card saved. The session's
    /// id makes it happen once.
    pub fn credit(&self, session: &str) -> Option<Command> {
        let key = session.to_owned();
        match &self.bought {
            Bought::Packs(packs) => {
                let (lots, balance) = (packs.lots(&self.id), packs.balance);
                let debt = balance.0 > 0;
                Some(if debt {
                    Command::CreditLotsAndDebt { key, lots, balance }
                } else {
                    Command::CreditLots { key, lots }
                })
            }
            Bought::Credits { amount } => Some(Command::CreditMoney { key, amount: *amount }),
            Bought::Request(_) | Bought::Card => None,
        }
    }

    /// Whether the attempt may still be sent again; later its outcome can only be read back.
    pub fn may_send(&self, now: Timestamp) -> bool {
        now.duration_since(self.created_at) < REPLAYED_WITHIN
    }
}

#[cfg(test)]
pub(super) fn sample() -> Purchase {
    Purchase {
        workspace: WorkspaceId(1),
        id: "pur_sample".into(),
        purchase_key: "key".into(),
        bought_by: UserId(1),
        bought: Bought::Packs(Packs {
            pack_id: 1,
            pack: "pack_medium".into(),
            name: "Medium".into(),
            meter: Meter::Minutes,
            units_each: 6_000,
            price_each: MilliCents::from_cents(1_000),
            quantity: 3,
            balance: MilliCents(0),
        }),
        save_card: false,
        customer: "cus_sample".into(),
        status: PurchaseStatus::Open,
        attempt: Attempt { key: "attempt".into(), body: String::new() },
        session: None,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_of_three_is_three_lots() {
        let purchase = sample();
        assert_eq!(purchase.total().to_string(), "$30.00");
        let Some(Command::CreditLots { key, lots }) = purchase.credit("cs_test_1") else {
            panic!("packs are lots");
        };
        assert_eq!((key.as_str(), lots.len()), ("cs_test_1", 3));
        assert!(lots.iter().all(|lot| lot.units == 6_000 && lot.reference == "pur_sample"));
    }

    #[test]
    fn a_purchase_of_credits_is_money() {
        let amount = MilliCents::from_cents(2_550);
        let purchase = Purchase { bought: Bought::Credits { amount }, ..sample() };
        assert_eq!(purchase.total(), amount);
        let credit = purchase.credit("cs_test_1");
        assert!(
            matches!(credit, Some(Command::CreditMoney { key, amount: paid }) if key == "cs_test_1" && paid == amount)
        );
    }

    #[test]
    fn an_attempt_is_sent_again_for_23_hours() {
        let purchase = sample();
        let after = |hours| purchase.created_at + SignedDuration::from_hours(hours);
        assert!(purchase.may_send(after(22)));
        assert!(!purchase.may_send(after(23)));
    }
}
