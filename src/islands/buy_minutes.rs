//! The Buy Minutes dialog: packs, quantity, what is left afterwards, and the sum on the button (SPEC §2.2).
//!
//! Without JavaScript it is an open `<dialog>` with an ordinary form. Awake, it becomes modal and counts along.

use leptos::prelude::*;

use super::checkout::Checkout;
use crate::pricing::{PERIODS, PackOffer, QUANTITIES, Upgrade, after_purchase, parse_quantity, total};
use crate::units::{Meter, MilliCents};

/// The dialog's form. `children` are its head, hidden fields and the packs as radio fields named `pack`.
#[island]
pub fn BuyMinutes(
    /// The packs on offer.
    packs: Vec<PackOffer>,
    /// Units left in all packs now.
    remaining: i64,
    /// What is owed, paid beside the packs.
    balance: MilliCents,
    /// Id of the pack that is checked at first.
    pack: String,
    /// What stands in the quantity field at first.
    quantity: String,
    /// A larger plan would have been cheaper.
    advice: Option<Upgrade>,
    /// The card is to be saved.
    save_card: bool,
    children: Children,
) -> impl IntoView {
    let meter = packs.first().map(|pack| pack.meter).unwrap_or_default();
    let typed = quantity.clone();
    let form = Form::new(packs, remaining, balance, pack, quantity);
    let content = view! {
        {children()}
        {quantity_field(form, typed)}
        {sums(form, meter, remaining, balance)}
    };
    let sum = Signal::derive(move || form.outcome.get().map(|(_, sum)| sum));
    let note = "You pay on Stripe and come back here. One-time, no renewal.";
    form.checkout.saving(save_card).dialog("/billing/buy", move || form.read(), sum, note, content, advice.map(advised))
}

/// What the dialog knows while it is open.
#[derive(Clone, Copy)]
struct Form {
    checkout: Checkout,
    /// Id of the checked pack.
    chosen: RwSignal<String>,
    /// The quantity as it is typed.
    quantity: RwSignal<String>,
    /// The quantity, once it is one.
    count: Memo<Option<i64>>,
    /// Units in all packs afterwards and the sum to pay, once both fields are filled.
    outcome: Memo<Option<(i64, MilliCents)>>,
}

impl Form {
    fn new(packs: Vec<PackOffer>, remaining: i64, balance: MilliCents, pack: String, quantity: String) -> Self {
        let chosen = RwSignal::new(pack);
        let quantity = RwSignal::new(quantity);
        let count = Memo::new(move |_| parse_quantity(&quantity.read()));
        let outcome = Memo::new(move |_| {
            let pack = packs.iter().find(|pack| pack.id == *chosen.read())?;
            let count = count.get()?;
            Some((after_purchase(remaining, pack, count), MilliCents(total(pack, count).0 + balance.0)))
        });
        Self { checkout: Checkout::new(), chosen, quantity, count, outcome }
    }

    /// Takes over what stands in the fields.
    fn read(self) {
        if let Some(pack) = self.checkout.value("[name=pack]:checked") {
            self.chosen.set(pack);
        }
        if let Some(typed) = self.checkout.value("[name=quantity]") {
            self.quantity.set(typed);
        }
    }

    fn step(self, by: i64) {
        let (least, most) = (*QUANTITIES.start(), *QUANTITIES.end());
        let next = self.count.get_untracked().map_or(least, |count| count + by);
        self.quantity.set(next.clamp(least, most).to_string());
    }
}

/// The arithmetic, and what to do.
fn advised(advice: Upgrade) -> impl IntoView {
    let Upgrade { from, to, meter, included, packs, difference } = advice.clone();
    let plan = format!("{to} ({}) instead of {from}: {PERIODS} × {difference} = ", meter.short(included));
    view! {
        <p class="advice">
            {format!("Packs in your last {PERIODS} periods: ")} <strong>{packs.to_string()}</strong> ". " {plan}
            <strong>{advice.extra().to_string()}</strong> {format!(". {to} would have cost ")}
            <strong>{format!("{} less", advice.saved())}</strong> ". Ask your provider to change your plan."
        </p>
    }
}

fn quantity_field(form: Form, typed: String) -> impl IntoView {
    let is = move |bound: i64| form.count.get() == Some(bound);
    view! {
        <div class="quantity">
            <label for="quantity">"Quantity " <span>"1 to 20"</span></label>
            <div class="stepper">
                <button
                    type="button"
                    aria-label="One fewer"
                    disabled=move || is(*QUANTITIES.start())
                    on:click=move |_| form.step(-1)
                >
                    "−"
                </button>
                <input
                    id="quantity"
                    name="quantity"
                    type="number"
                    inputmode="numeric"
                    min="1"
                    max="20"
                    required=true
                    value=typed
                    prop:value=form.quantity
                    aria-invalid=move || form.count.get().is_none().then_some("true")
                    aria-describedby="quantity-wrong"
                />
                <button
                    type="button"
                    aria-label="One more"
                    disabled=move || is(*QUANTITIES.end())
                    on:click=move |_| form.step(1)
                >
                    "+"
                </button>
            </div>
            <p class="wrong" id="quantity-wrong" role="alert">
                {move || form.count.get().is_none().then_some("Enter a quantity from 1 to 20.")}
            </p>
        </div>
    }
}

fn sums(form: Form, meter: Meter, remaining: i64, balance: MilliCents) -> impl IntoView {
    view! {
        <dl class="sums">
            <dt>{format!("Extra {} now", meter.noun())}</dt>
            <dd>{meter.short(remaining)}</dd>
            <dt>"After this purchase"</dt>
            <dd class="after" aria-live="polite">
                {move || form.outcome.get().map_or_else(|| "–".to_owned(), |(after, _)| meter.short(after))}
            </dd>
            {(balance.0 > 0).then(|| view! { <dt>"Outstanding balance"</dt> <dd>{balance.to_string()}</dd> })}
        </dl>
    }
}
