//! The dialog before what is unused of a purchase is refunded: what the client loses, and what goes back.

use leptos::prelude::*;

use super::Scene;
use super::dialogs::{Dialog, DialogHead};
use crate::app::refund_unused::Quote;
use crate::web::pages::agency::form::FormKeys;
use crate::web::pages::packages::unused_words;

#[component]
pub(super) fn RefundDialog(scene: Scene, quote: Option<Quote>) -> impl IntoView {
    let title = "Refund unused?";
    let Some(quote) = quote else {
        let line = "Nothing can be refunded: everything is used, refunded already, or kept by a call in progress.";
        return view! {
            <Dialog>
                <DialogHead title=title line=line.to_owned() back=scene.here() refused=None />
                <div class="dialog-end">
                    <a class="button" href=scene.here() autofocus>
                        "Close"
                    </a>
                </div>
            </Dialog>
        }
        .into_any();
    };
    let line = format!(
        "{} loses {} at once. {} goes back to the card that paid for it. It cannot be undone.",
        scene.name(),
        unused_words(&quote),
        quote.amount
    );
    view! {
        <Dialog>
            <form method="post" action=scene.action("packs/refund")>
                <DialogHead title=title line=line back=scene.here() refused=None />
                <FormKeys csrf=scene.csrf.clone() key=scene.form.key("refund") />
                <input type="hidden" name="purchase" value=quote.purchase />
                <div class="dialog-end">
                    <a class="button" href=scene.here() autofocus>
                        "Keep it"
                    </a>
                    <button class="button danger" type="submit">
                        {format!("Refund {}", quote.amount)}
                    </button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
