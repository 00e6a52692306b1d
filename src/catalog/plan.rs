//! Plans as the agency edits them. An edit changes what is offered from now on, never a snapshot that was taken.

use super::{FieldError, is_whole_cents, named};
use crate::pricing::{ExcessMode, HoldPolicy, Rates, Terms};
use crate::units::{Meter, MilliCents};

/// Most that a plan may cost, or an amount in it be.
const MOST: MilliCents = MilliCents(1_000_000 * MilliCents::PER_DOLLAR);
/// Most minutes or calls in a period.
const MOST_PIECES: i64 = 10_000_000;
/// Longest call, seconds.
const LONGEST_CALL: i64 = 86_400;
/// Most days until a payment is due, and of grace after that.
const MOST_DAYS: u16 = 365;

/// A plan as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanDraft {
    /// Position among the agency's plans; a higher rank is the larger plan.
    pub rank: i32,
    /// Shown to clients as a larger plan to go to.
    pub public: bool,
    /// What it promises.
    pub terms: Terms,
}

/// A plan of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its key.
    pub row: i64,
    /// `plan_…`
    pub id: String,
    /// What is offered.
    pub draft: PlanDraft,
    /// No longer offered.
    pub archived: bool,
    /// How many clients are on it now.
    pub clients: i64,
    /// Newcomers who sign up by themselves begin on it; never where it is archived.
    pub sign_up: bool,
}

impl PlanDraft {
    /// Everything that is wrong with it, by field; empty where it can be offered.
    pub fn faults(&self) -> Vec<FieldError> {
        let Terms { name, price, meter, included, max_call, free_credits, due_days, grace_days, .. } = &self.terms;
        let money = |amount: MilliCents| (0..=MOST.0).contains(&amount.0);
        let checks = [
            (named(name), "name", "Enter a name of at most 80 characters."),
            (money(*price) && is_whole_cents(*price), "price", "Enter $0.00 to $1,000,000.00, in whole cents."),
            (is_amount(*meter, *included), "included", "Enter 0 to 10,000,000 whole minutes or calls."),
            ((1..=LONGEST_CALL).contains(&max_call.0), "max_call", "Enter 1 second to 24 hours."),
            (
                money(*free_credits) && is_whole_cents(*free_credits),
                "free_credits",
                "Enter whole cents, at least $0.00.",
            ),
            (*due_days <= MOST_DAYS, "due_days", "Enter 0 to 365 days."),
            (*grace_days <= MOST_DAYS, "grace_days", "Enter 0 to 365 days."),
            (self.holds_fit(), "hold", "Enter 1 second up to the longest call."),
            (self.excess_is_priced(), "excess", "Billing usage afterwards needs a rate, and a limit of $0.00 or more."),
        ];
        let faults = checks.into_iter().filter(|(good, ..)| !good);
        faults
            .map(|(_, field, message)| FieldError { field, message })
            .chain(rate_faults(*meter, &self.terms.rates))
            .collect()
    }

    fn holds_fit(&self) -> bool {
        match self.terms.hold {
            HoldPolicy::WorstCase => true,
            HoldPolicy::Buffer(seconds) => (1..=self.terms.max_call.0).contains(&seconds),
        }
    }

    /// What is billed afterwards must cost something, or usage would be free without end.
    fn excess_is_priced(&self) -> bool {
        let rate = match self.terms.meter {
            Meter::Minutes => self.terms.rates.sigma(),
            Meter::Calls => self.terms.rates.call.unwrap_or_default(),
        };
        match self.terms.excess {
            ExcessMode::Refuse => true,
            ExcessMode::Postpaid { limit } => rate.0 > 0 && (0..=MOST.0).contains(&limit.0),
        }
    }
}

fn is_amount(meter: Meter, units: i64) -> bool {
    units % meter.per_piece() == 0 && (0..=MOST_PIECES).contains(&(units / meter.per_piece()))
}

fn rate_faults(meter: Meter, rates: &Rates) -> Vec<FieldError> {
    let fields = [
        ("voice", rates.voice),
        ("telephony", rates.telephony),
        ("recording", rates.recording),
        ("message", rates.message),
        ("number", rates.number),
        ("call", rates.call.unwrap_or_default()),
    ];
    let most = 1_000 * MilliCents::PER_DOLLAR;
    let wrong = fields.into_iter().filter(|(_, rate)| !(0..=most).contains(&rate.0));
    let mut faults: Vec<FieldError> =
        wrong.map(|(field, _)| FieldError { field, message: "Enter $0.00 to $1,000.00." }).collect();
    if meter == Meter::Minutes && rates.call.is_some() {
        faults.push(FieldError { field: "call", message: "Only plans that count calls have a price per call." });
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::PurchaseMode;
    use crate::units::Seconds;

    fn starter() -> PlanDraft {
        let terms = Terms {
            name: "Starter".into(),
            price: MilliCents(2_900_000),
            meter: Meter::Minutes,
            included: 6_000,
            rates: Rates::default(),
            addons: true,
            purchase_mode: PurchaseMode::SelfService,
            max_call: Seconds(3_600),
            hold: HoldPolicy::Buffer(60),
            excess: ExcessMode::Refuse,
            free_credits: MilliCents(0),
            due_days: 1,
            grace_days: 7,
        };
        PlanDraft { rank: 1, public: true, terms }
    }

    #[test]
    fn every_fault_names_its_field() {
        assert_eq!(starter().faults(), []);
        type Change = fn(&mut Terms);
        let wrong: [(&str, Change); 13] = [
            ("name", |it| it.name = "  ".into()),
            ("price", |it| it.price = MilliCents(2_900_001)),
            ("price", |it| it.price = MilliCents(-1_000)),
            ("included", |it| it.included = 61),
            ("max_call", |it| it.max_call = Seconds(86_401)),
            ("hold", |it| it.hold = HoldPolicy::Buffer(0)),
            ("hold", |it| it.hold = HoldPolicy::Buffer(3_601)),
            ("excess", |it| it.excess = ExcessMode::Postpaid { limit: MilliCents(0) }),
            ("free_credits", |it| it.free_credits = MilliCents(500)),
            ("due_days", |it| it.due_days = 366),
            ("grace_days", |it| it.grace_days = 366),
            ("voice", |it| it.rates.voice = MilliCents(-1)),
            ("call", |it| it.rates.call = Some(MilliCents(100))),
        ];
        for (field, change) in wrong {
            let mut draft = starter();
            change(&mut draft.terms);
            let fields: Vec<_> = draft.faults().iter().map(|fault| fault.field).collect();
            assert_eq!(fields, [field]);
        }
    }
}
