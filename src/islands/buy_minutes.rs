//! The Buy Minutes dialog: packs, quantity, what is left afterwards, and the sum on the button (SPEC §2.2).
//!
//! Without JavaScript it is an open `<dialog>` with an ordinary form. Awake, it becomes modal and counts along.

use leptos::either::Either;
use leptos::ev::{Event, SubmitEvent};
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, HtmlInputElement};

use crate::pricing::{PackOffer, QUANTITIES, after_purchase, parse_quantity, total};
use crate::units::{Meter, MilliCents};

/// The dialog's form. `children` are its head, hidden fields and the packs as radio fields named `pack`.
#[island]
pub fn BuyMinutes(
    /// The packs on offer.
    packs: Vec<PackOffer>,
    /// Units left in all packs now.
    remaining: i64,
    /// Id of the pack that is checked at first.
    pack: String,
    /// What stands in the quantity field at first.
    quantity: String,
    children: Children,
) -> impl IntoView {
    let meter = packs.first().map(|pack| pack.meter).unwrap_or_default();
    let typed = quantity.clone();
    let form = Form::new(packs, remaining, pack, quantity);
    Effect::new(move |_| form.wake());
    let leave = move |event: Event| {
        event.prevent_default();
        let _ = location().set_href("/billing");
    };
    view! {
        <dialog
            node_ref=form.dialog
            class="dialog"
            open=true
            tabindex="-1"
            autofocus=true
            aria-labelledby="buy-title"
            on:cancel=leave
        >
            <form
                method="post"
                action="/billing/buy"
                on:input=move |_| form.read()
                on:submit=move |event| form.send(&event)
            >
                {children()}
                {quantity_field(form, typed)}
                {sums(form, meter, remaining)}
                {buttons(form)}
                <p class="note">"You pay on Stripe and come back here. One-time, no renewal."</p>
            </form>
        </dialog>
    }
}

/// What the dialog knows while it is open.
#[derive(Clone, Copy)]
struct Form {
    dialog: NodeRef<Dialog>,
    /// Id of the checked pack.
    chosen: RwSignal<String>,
    /// The quantity as it is typed.
    quantity: RwSignal<String>,
    /// The form is on its way.
    busy: RwSignal<bool>,
    /// The quantity, once it is one.
    count: Memo<Option<i64>>,
    /// Units in all packs afterwards and the sum to pay, once both fields are filled.
    outcome: Memo<Option<(i64, MilliCents)>>,
}

impl Form {
    fn new(packs: Vec<PackOffer>, remaining: i64, pack: String, quantity: String) -> Self {
        let chosen = RwSignal::new(pack);
        let quantity = RwSignal::new(quantity);
        let count = Memo::new(move |_| parse_quantity(&quantity.read()));
        let outcome = Memo::new(move |_| {
            let pack = packs.iter().find(|pack| pack.id == *chosen.read())?;
            let count = count.get()?;
            Some((after_purchase(remaining, pack, count), total(pack, count)))
        });
        Self { dialog: NodeRef::new(), chosen, quantity, busy: RwSignal::new(false), count, outcome }
    }

    /// Makes the dialog, which the server showed open, modal. Who was typing goes on typing.
    fn wake(self) {
        let Some(dialog) = self.dialog.get() else {
            return;
        };
        let typing = document().active_element().filter(|at| dialog.contains(Some(at)));
        // Only a closed dialog can become modal.
        dialog.close();
        let _ = dialog.show_modal();
        if let Some(field) = typing.and_then(|at| at.dyn_into::<HtmlElement>().ok()) {
            let _ = field.focus();
        }
        // The browser may have restored what was chosen before.
        self.read();
        // A page that comes back from the browser's cache was sent once already.
        let _ = window_event_listener_untyped("pageshow", move |_| self.busy.set(false));
    }

    /// Takes over what stands in the fields.
    fn read(self) {
        let field = |selector| {
            let found = self.dialog.get_untracked()?.query_selector(selector).ok()??;
            Some(found.dyn_into::<HtmlInputElement>().ok()?.value())
        };
        if let Some(pack) = field("[name=pack]:checked") {
            self.chosen.set(pack);
        }
        if let Some(typed) = field("[name=quantity]") {
            self.quantity.set(typed);
        }
    }

    fn step(self, by: i64) {
        let (least, most) = (*QUANTITIES.start(), *QUANTITIES.end());
        let next = self.count.get_untracked().map_or(least, |count| count + by);
        self.quantity.set(next.clamp(least, most).to_string());
    }

    /// A second click while the first is on its way does nothing.
    fn send(self, event: &SubmitEvent) {
        if self.busy.get_untracked() {
            event.prevent_default();
        }
        self.busy.set(true);
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

fn sums(form: Form, meter: Meter, remaining: i64) -> impl IntoView {
    view! {
        <dl class="sums">
            <dt>{format!("Extra {} now", meter.noun())}</dt>
            <dd>{meter.short(remaining)}</dd>
            <dt>"After this purchase"</dt>
            <dd class="after" aria-live="polite">
                {move || form.outcome.get().map_or_else(|| "–".to_owned(), |(after, _)| meter.short(after))}
            </dd>
        </dl>
    }
}

/// The button with the sum; below it, only where nothing counts along, one that asks the server for the sum.
fn buttons(form: Form) -> impl IntoView {
    let label = move || {
        if form.busy.get() {
            return Either::Left(view! { <span class="spinner"></span> "Opening Stripe" });
        }
        let sum = form.outcome.get().map(|(_, sum)| format!(" {sum}")).unwrap_or_default();
        Either::Right(format!("Pay{sum}"))
    };
    view! {
        <button class="button primary large" type="submit" aria-disabled=move || form.busy.get().then_some("true")>
            {label}
        </button>
        <button class="button large update" type="submit" name="update" value="1" formnovalidate=true>
            "Update total"
        </button>
    }
}
