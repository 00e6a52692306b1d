//! What the dialogs that lead to Checkout share: becoming modal, and reading their fields.

use leptos::ev::Event;
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, HtmlInputElement};

use crate::units::MilliCents;

/// A dialog around a form that is answered with Checkout's address.
#[derive(Clone, Copy)]
pub(super) struct Checkout {
    dialog: NodeRef<Dialog>,
    /// The card is to be saved at first.
    save_card: bool,
}

impl Checkout {
    pub(super) fn new() -> Self {
        Self { dialog: NodeRef::new(), save_card: false }
    }

    /// The same with the box for saving the card as it was left.
    pub(super) fn saving(self, save_card: bool) -> Self {
        Self { save_card, ..self }
    }

    /// The dialog. `read` takes over what stands in the fields, `sum` is what will be paid, `note` stands below the
    /// buttons, `last` below everything.
    pub(super) fn dialog(
        self,
        action: &'static str,
        read: impl Fn() + Copy + 'static,
        sum: Signal<Option<MilliCents>>,
        note: &'static str,
        content: impl IntoView + 'static,
        last: impl IntoView + 'static,
    ) -> impl IntoView {
        Effect::new(move |_| self.wake(read));
        view! {
            <dialog
                node_ref=self.dialog
                class="dialog"
                open=true
                tabindex="-1"
                autofocus=true
                aria-labelledby="dialog-title"
                on:cancel=leave
            >
                <form method="post" action=action on:input=move |_| read()>
                    {content}
                    <label class="check">
                        <input type="checkbox" name="save_card" value="1" checked=self.save_card />
                        "Save this card"
                    </label>
                    {buttons(sum)}
                    <p class="note">{note}</p>
                    {last}
                </form>
            </dialog>
        }
    }

    /// What stands in a field.
    pub(super) fn value(self, selector: &str) -> Option<String> {
        Some(self.field(selector)?.value())
    }

    /// A field of the form.
    pub(super) fn field(self, selector: &str) -> Option<HtmlInputElement> {
        let found = self.dialog.get_untracked()?.query_selector(selector).ok()??;
        found.dyn_into().ok()
    }

    /// Makes the dialog, which the server showed open, modal. Who was typing goes on typing.
    fn wake(self, read: impl Fn()) {
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
        read();
    }
}

/// The button with the sum; below it, only where nothing counts along, one that asks the server for the sum.
fn buttons(sum: Signal<Option<MilliCents>>) -> impl IntoView {
    let label = move || format!("Pay{}", sum.get().map(|sum| format!(" {sum}")).unwrap_or_default());
    view! {
        <button class="button primary large" type="submit">
            <span class="idle">{label}</span>
            <span class="working">
                <span class="spinner"></span>
                "Opening Stripe"
            </span>
        </button>
        <button class="button large update" type="submit" name="update" value="1" formnovalidate=true>
            "Update total"
        </button>
    }
}

fn leave(event: Event) {
    event.prevent_default();
    let _ = location().set_href("/billing");
}
