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
    let dialog = NodeRef::<Dialog>::new();
    let typed = quantity.clone();
    let chosen = RwSignal::new(pack);
    let quantity = RwSignal::new(quantity);
    let busy = RwSignal::new(false);
    let meter = packs.first().map(|pack| pack.meter).unwrap_or_default();

    let count = Memo::new(move |_| parse_quantity(&quantity.read()));
    // The pack and how often, once both are known; units afterwards and the sum follow from it.
    let choice = Memo::new(move |_| {
        let pack = packs.iter().find(|pack| pack.id == *chosen.read())?;
        let count = count.get()?;
        Some((after_purchase(remaining, pack, count), total(pack, count)))
    });

    let read_form = move || {
        let field = |selector| {
            let found = dialog.get_untracked()?.query_selector(selector).ok()??;
            Some(found.dyn_into::<HtmlInputElement>().ok()?.value())
        };
        if let Some(pack) = field("[name=pack]:checked") {
            chosen.set(pack);
        }
        if let Some(typed) = field("[name=quantity]") {
            quantity.set(typed);
        }
    };
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Shown open by the server; only a closed dialog can become modal. Who was typing goes on typing.
            let typing = document().active_element().filter(|at| dialog.contains(Some(at)));
            dialog.close();
            let _ = dialog.show_modal();
            if let Some(field) = typing.and_then(|at| at.dyn_into::<HtmlElement>().ok()) {
                let _ = field.focus();
            }
            // The browser may have restored what was chosen before.
            read_form();
            // A page that comes back from the cache was sent once already.
            let _ = window_event_listener_untyped("pageshow", move |_| busy.set(false));
        }
    });
    let leave = move |event: Event| {
        event.prevent_default();
        let _ = location().set_href("/billing");
    };
    let send = move |event: SubmitEvent| {
        if busy.get_untracked() {
            event.prevent_default();
        }
        busy.set(true);
    };
    let step = move |by: i64| {
        let next = count.get_untracked().unwrap_or(*QUANTITIES.start()) + by;
        quantity.set(next.clamp(*QUANTITIES.start(), *QUANTITIES.end()).to_string());
    };

    view! {
        <dialog node_ref=dialog class="dialog" open=true tabindex="-1" autofocus=true aria-labelledby="buy-title" on:cancel=leave>
            <form method="post" action="/billing/buy" on:input=move |_| read_form() on:submit=send>
                {children()}
                <div class="quantity">
                    <label for="quantity">"Quantity " <span>"1 to 20"</span></label>
                    <div class="stepper">
                        <button
                            type="button"
                            aria-label="One fewer"
                            disabled=move || count.get() == Some(*QUANTITIES.start())
                            on:click=move |_| step(-1)
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
                            prop:value=quantity
                            aria-invalid=move || count.get().is_none().then_some("true")
                            aria-describedby="quantity-wrong"
                        />
                        <button
                            type="button"
                            aria-label="One more"
                            disabled=move || count.get() == Some(*QUANTITIES.end())
                            on:click=move |_| step(1)
                        >
                            "+"
                        </button>
                    </div>
                    <p class="wrong" id="quantity-wrong" role="alert">
                        {move || count.get().is_none().then_some("Enter a quantity from 1 to 20.")}
                    </p>
                </div>
                <dl class="sums">
                    <dt>{format!("Extra {} now", meter.noun())}</dt>
                    <dd>{meter.short(remaining)}</dd>
                    <dt>"After this purchase"</dt>
                    <dd class="after" aria-live="polite">
                        {move || choice.get().map_or_else(|| "–".to_owned(), |(after, _)| meter.short(after))}
                    </dd>
                </dl>
                <button class="button primary large" type="submit" aria-disabled=move || busy.get().then_some("true")>
                    {move || {
                        if busy.get() {
                            Either::Left(view! { <span class="spinner"></span> "Opening Stripe" })
                        } else {
                            Either::Right(match choice.get() {
                                Some((_, sum)) => format!("Pay {sum}"),
                                None => "Pay".to_owned(),
                            })
                        }
                    }}
                </button>
                <button class="button large update" type="submit" name="update" value="1" formnovalidate=true>
                    "Update total"
                </button>
                <p class="note">"You pay on Stripe and come back here. One-time, no renewal."</p>
            </form>
        </dialog>
    }
}
