//! What both dialogs that lead to Checkout begin with.

use leptos::prelude::*;

use crate::web::components::Icon;

use super::refused::{Refused, RefusedAlert};

/// Title, one line, why the attempt before bought nothing, and the hidden fields.
#[component]
pub(super) fn DialogHead(
    title: &'static str,
    line: String,
    /// Why the attempt before bought nothing.
    refused: Option<Refused>,
    csrf: String,
    purchase_key: String,
) -> impl IntoView {
    view! {
        <div class="dialog-title">
            <h2 id="dialog-title">{title}</h2>
            <a class="close" href="/billing" aria-label="Close">
                {Icon::Close.svg()}
            </a>
        </div>
        <p class="dialog-line">{line}</p>
        {refused.map(|refused| view! { <RefusedAlert refused=refused /> })}
        <input type="hidden" name="csrf" value=csrf />
        <input type="hidden" name="purchase_key" value=purchase_key />
    }
}
