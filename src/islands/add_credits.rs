//! The Add credits dialog: the amount, what is left afterwards, and the sum on the button (SPEC §2.2).
//!
//! Without JavaScript it is an open `<dialog>` with an ordinary form. Awake, it becomes modal and counts along.

use leptos::prelude::*;

use super::checkout::Checkout;
use crate::pricing::{AmountError, CREDIT_PRESETS, Standing, chosen_amount, preset_name};
use crate::units::MilliCents;

/// The choice that stands for the typed amount.
const OTHER: &str = "other";

/// The dialog's form. `children` are its head and hidden fields.
#[island]
pub fn AddCredits(
    /// The wallet before the payment.
    standing: Standing,
    /// Owed; the payment pays it first.
    debt: MilliCents,
    /// The radio field that is checked at first.
    choice: String,
    /// What stands in the amount's field at first.
    amount: String,
    /// The typed amount was sent, so what is wrong with it is said at once.
    sent: bool,
    /// The card is to be saved.
    save_card: bool,
    children: Children,
) -> impl IntoView {
    let typed = amount.clone();
    let form = Form::new(choice, amount, sent);
    let content = view! {
        {children()}
        <fieldset class="amounts">
            <legend>"Amount"</legend>
            {presets(form)}
            {amount_field(form, typed)}
        </fieldset>
        {sums(form, standing, debt)}
    };
    Effect::new(move |_| form.guard());
    let sum = Signal::derive(move || form.sum.get().ok());
    let note = "You pay on Stripe and come back here. Credits never expire.";
    form.checkout.saving(save_card).dialog("/billing/credits", move || form.read(), sum, note, content, ())
}

/// What the dialog knows while it is open.
#[derive(Clone, Copy)]
struct Form {
    checkout: Checkout,
    /// Value of the checked radio field.
    choice: RwSignal<String>,
    /// The amount as it is typed.
    amount: RwSignal<String>,
    /// What is typed is no longer a beginning, so what is wrong with it is said.
    finished: RwSignal<bool>,
    /// What will be paid, or what is wrong with it.
    sum: Memo<Result<MilliCents, AmountError>>,
}

impl Form {
    fn new(choice: String, amount: String, sent: bool) -> Self {
        let choice = RwSignal::new(choice);
        let amount = RwSignal::new(amount);
        let sum = Memo::new(move |_| chosen_amount(&choice.read(), &amount.read()));
        Self { checkout: Checkout::new(), choice, amount, finished: RwSignal::new(sent), sum }
    }

    /// Takes over what stands in the fields. Whoever types has chosen so, and whoever chooses a preset types no more.
    fn read(self) {
        let typed = self.checkout.value("[name=amount]").unwrap_or_default();
        if typed != self.amount.get_untracked() {
            self.finished.set(false);
            self.amount.set(typed);
            if let Some(other) = self.checkout.field("[name=choice][value=other]") {
                other.set_checked(true);
            }
        }
        let choice = self.checkout.value("[name=choice]:checked").unwrap_or_default();
        if choice != OTHER && choice != self.choice.get_untracked() {
            self.finished.set(false);
            self.amount.set(String::new());
            if let Some(field) = self.checkout.field("[name=amount]") {
                field.set_value("");
            }
        }
        self.choice.set(choice);
    }

    /// What is wrong with the typed amount.
    fn fault(self) -> Option<String> {
        self.sum.get().err().map(|error| error.to_string())
    }

    /// The same, once it is worth a word.
    fn wrong(self) -> Option<String> {
        self.fault().filter(|_| self.finished.get())
    }

    /// Keeps the browser from sending an amount that cannot be paid.
    fn guard(self) {
        let fault = self.fault().unwrap_or_default();
        if let Some(field) = self.checkout.field("[name=amount]") {
            field.set_custom_validity(&fault);
        }
    }
}

fn presets(form: Form) -> impl IntoView {
    CREDIT_PRESETS
        .map(|preset| {
            let name = preset_name(preset);
            let dollars = format!("${name}");
            let checked = *form.choice.read_untracked() == name;
            view! {
                <label class="choice">
                    <input type="radio" name="choice" value=name checked=checked />
                    <strong>{dollars}</strong>
                </label>
            }
        })
        .collect_view()
}

fn amount_field(form: Form, typed: String) -> impl IntoView {
    view! {
        <div class="field other">
            <label>
                <input type="radio" name="choice" value=OTHER checked=form.choice.get_untracked() == OTHER />
                <span id="amount-label">"Other amount"</span>
            </label>
            <input
                name="amount"
                inputmode="decimal"
                autocomplete="off"
                maxlength="20"
                placeholder="$0.50 to $10,000.00"
                value=typed
                aria-labelledby="amount-label"
                aria-describedby="amount-wrong"
                aria-invalid=move || form.wrong().map(|_| "true")
                on:change=move |_| form.finished.set(true)
                on:invalid=move |_| form.finished.set(true)
            />
            <p class="wrong" id="amount-wrong" role="alert">
                {move || form.wrong()}
            </p>
        </div>
    }
}

fn sums(form: Form, standing: Standing, debt: MilliCents) -> impl IntoView {
    let after = move || match form.sum.get() {
        Ok(sum) => after_words(&standing, debt, sum),
        Err(_) => "–".to_owned(),
    };
    view! {
        <dl class="sums">
            <dt>"Balance now"</dt>
            <dd>{standing.available_mc().to_string()}</dd>
            {(debt.0 > 0)
                .then(|| {
                    view! {
                        <dt>"Outstanding balance"</dt>
                        <dd>{format!("−{}", MilliCents::from_cents(debt.cents_up()))}</dd>
                    }
                })}
            <dt>"After this payment"</dt>
            <dd class="after" aria-live="polite">
                {after}
            </dd>
        </dl>
    }
}

/// `$26.88, 8 calls fit`; the money alone where credits do not decide whether calls fit.
fn after_words(standing: &Standing, debt: MilliCents, paid: MilliCents) -> String {
    let posted = MilliCents(standing.posted.0 + (paid.0 - debt.0).max(0));
    let after = Standing { posted, ..*standing };
    let money = after.available_mc();
    if after.postpaid || after.sigma.0 == 0 {
        return money.to_string();
    }
    format!("{money}, {}", after.fit().words())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn northwind() -> Standing {
        let rate = MilliCents(5_000);
        Standing { posted: MilliCents(188_000), sigma: rate, sigma_max: rate, hold: 3_600, ..Standing::default() }
    }

    #[test]
    fn the_dialog_says_what_the_payment_brings() {
        let dollars = |dollars| MilliCents(dollars * MilliCents::PER_DOLLAR);
        assert_eq!(after_words(&northwind(), MilliCents(0), dollars(25)), "$26.88, 8 calls fit");
        assert_eq!(after_words(&northwind(), MilliCents(0), dollars(1)), "$2.88, Calls paused");
        assert_eq!(after_words(&northwind(), dollars(5), dollars(25)), "$21.88, 7 calls fit");
        assert_eq!(after_words(&northwind(), dollars(5), dollars(1)), "$1.88, Calls paused");
        let messages_only = Standing { sigma: MilliCents(0), sigma_max: MilliCents(0), ..northwind() };
        assert_eq!(after_words(&messages_only, MilliCents(0), dollars(10)), "$11.88");
    }
}
