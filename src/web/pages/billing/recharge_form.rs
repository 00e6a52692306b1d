//! The three amounts of auto-recharge, as they are typed.

use leptos::prelude::*;

use crate::app::set_recharge::RechargeView;
use crate::payments::recharge::{Amounts, WrongAmounts};
use crate::pricing::{CENTS, DollarsError, parse_dollars};
use crate::units::MilliCents;

/// What is typed into the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// When the balance is below.
    pub threshold: String,
    /// Add.
    pub topup: String,
    /// At most per month.
    pub cap: String,
}

impl From<&Amounts> for Typed {
    fn from(amounts: &Amounts) -> Self {
        let Amounts { threshold, topup, monthly_cap } = *amounts;
        Self { threshold: typed(threshold), topup: typed(topup), cap: typed(monthly_cap) }
    }
}

/// An amount as somebody would type it: `1250.50`.
pub(super) fn typed(amount: MilliCents) -> String {
    let cents = amount.cents_down();
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Typed {
    /// The amounts.
    ///
    /// # Errors
    /// What is wrong with each field, in the words that stand beside it.
    pub fn read(&self) -> Result<Amounts, [Option<String>; 3]> {
        let read = [&self.threshold, &self.topup, &self.cap].map(|typed| parse_dollars(typed, CENTS));
        let [Ok(threshold), Ok(topup), Ok(monthly_cap)] = read else {
            return Err(read.map(|one| one.err().map(|error| words(error).to_owned())));
        };
        let amounts = Amounts { threshold, topup, monthly_cap };
        amounts.check().map(|()| amounts).map_err(|wrong| {
            let words = Some(wrong.to_string());
            match wrong {
                WrongAmounts::Threshold => [words, None, None],
                WrongAmounts::TopUp | WrongAmounts::BelowThreshold => [None, words, None],
                WrongAmounts::Cap | WrongAmounts::CapBelowTopUp => [None, None, words],
            }
        })
    }
}

const fn words(error: DollarsError) -> &'static str {
    match error {
        DollarsError::NotAnAmount => "Enter an amount in dollars, such as 25 or 25.50.",
        DollarsError::TooFine => "Enter whole cents: at most two digits after the point.",
    }
}

/// What stands in the fields at first: what was typed, what is set, or what this use suggests.
fn at_first(view: &RechargeView, typed: Option<Typed>) -> Typed {
    let set = || view.recharge.as_ref().map(|recharge| Typed::from(&recharge.amounts));
    typed.or_else(set).unwrap_or_else(|| Typed::from(&suggested(view.used_in_week)))
}

/// A tenth of the weekly use, in whole dollars and five at least; top-ups of five times that, twice a week.
fn suggested(used_in_week: MilliCents) -> Amounts {
    let tenth = (used_in_week.0 / 10 / MilliCents::PER_DOLLAR + 1).clamp(5, 500);
    let dollars = |dollars| MilliCents(dollars * MilliCents::PER_DOLLAR);
    Amounts { threshold: dollars(tenth), topup: dollars(5 * tenth), monthly_cap: dollars(40 * tenth) }
}

/// The form.
#[component]
pub(super) fn Fields(view: RechargeView, typed: Option<Typed>, csrf: String, words: &'static str) -> impl IntoView {
    let faults = typed.as_ref().and_then(|typed| typed.read().err()).unwrap_or_default();
    let [no_threshold, no_topup, no_cap] = faults;
    let used = view.used_in_week;
    let hint = match used.0 {
        0 => "About 10% of your weekly use is typical.".to_owned(),
        _ => format!("About 10% of your weekly use is typical: {} of {used}.", MilliCents(used.0 / 10)),
    };
    let Typed { threshold, topup, cap } = at_first(&view, typed);
    view! {
        <form method="post" action="/billing/recharge">
            <input type="hidden" name="csrf" value=csrf />
            <div class="amounts-of">
                <Amount name="threshold" label="When the balance is below" value=threshold help=hint wrong=no_threshold />
                <Amount name="topup" label="Add" value=topup help="At least the amount before." wrong=no_topup />
                <Amount name="cap" label="At most per month" value=cap help="Per calendar month." wrong=no_cap />
            </div>
            <div class="row">
                <button class="button primary" type="submit" name="switch" value="on">{words}</button>
                <small>"Turning it off stops every charge from that moment."</small>
            </div>
        </form>
    }
}

#[component]
fn Amount(
    name: &'static str,
    label: &'static str,
    value: String,
    #[prop(into)] help: String,
    wrong: Option<String>,
) -> impl IntoView {
    let (id, note) = (format!("recharge-{name}"), format!("recharge-{name}-note"));
    let (class, role) = if wrong.is_some() { ("wrong", Some("alert")) } else { ("help", None) };
    let invalid = wrong.is_some().then_some("true");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                inputmode="decimal"
                autocomplete="off"
                maxlength="20"
                required
                value=value
                aria-invalid=invalid
                aria-describedby=note.clone()
            />
            <p class=class id=note role=role>
                {wrong.unwrap_or(help)}
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(threshold: &str, topup: &str, cap: &str) -> Result<Amounts, [Option<String>; 3]> {
        Typed { threshold: threshold.into(), topup: topup.into(), cap: cap.into() }.read()
    }

    #[test]
    fn what_is_wrong_stands_beside_its_field() {
        assert_eq!(read("$20", "50.00", "1,000").unwrap().monthly_cap.to_string(), "$1,000.00");
        let beside = |typed: [&str; 3]| read(typed[0], typed[1], typed[2]).unwrap_err().map(|it| it.is_some());
        assert_eq!(beside(["", "ten", "2.005"]), [true, true, true]);
        assert_eq!(beside(["0", "50", "200"]), [true, false, false]);
        assert_eq!(beside(["20", "10", "200"]), [false, true, false]);
        assert_eq!(beside(["20", "50", "40"]), [false, false, true]);
    }

    #[test]
    fn what_is_suggested_is_taken() {
        for used in [0, 1_234_567, 10_000_000_000, 900_000_000_000] {
            let amounts = suggested(MilliCents(used));
            assert_eq!(Typed::from(&amounts).read(), Ok(amounts));
        }
    }
}
