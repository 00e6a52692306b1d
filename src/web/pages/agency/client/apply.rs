//! The dialog before a pack is applied (SPEC §3, word for word).

use leptos::prelude::*;

use super::Scene;
use super::dialogs::{Dialog, DialogHead};
use crate::pricing::PackOffer;
use crate::web::components::Icon;
use crate::web::pages::agency::form::FormKeys;
use crate::web::pages::agency::outcome::DeskRefusal;

#[component]
pub(super) fn ApplyDialog(scene: Scene, pack: PackOffer, refused: Option<DeskRefusal>) -> impl IntoView {
    let noun = pack.meter.noun();
    let points = [
        format!("Credit the selected addon pack {noun} to this client's wallet immediately."),
        "Set the payment request due date per the plan's 'Payment due after period start' setting (e.g. 1 day after \
         application)."
            .to_owned(),
        "Create a payment request for this addon pack.".to_owned(),
    ];
    let due = scene.client.pack_due().map(|at| format!(" Due {}.", scene.calendar.day(at)));
    let paid = scene.form.typed("payment").is_some_and(|typed| typed == "paid");
    view! {
        <Dialog>
            <form method="post" action=scene.action("packs/apply")>
                <DialogHead title="Apply addon pack to client?" line=scene.name().to_owned() back=scene.here() refused=refused />
                <FormKeys csrf=scene.csrf.clone() key=scene.form.key("apply") />
                <input type="hidden" name="pack" value=pack.id.clone() />
                <p class="picked">
                    <span>
                        <strong>{pack.name.clone()}</strong>
                        <small>{pack.meter.pieces(pack.pieces())}</small>
                    </span>
                    <strong>{pack.price.to_string()}</strong>
                </p>
                <ul class="points">
                    {points.map(|point| view! { <li>{Icon::Check.svg()} <span>{point}</span></li> }).collect_view()}
                </ul>
                <fieldset>
                    <legend class="seen">"Payment request"</legend>
                    <Choice value="pending" checked=!paid name="Pending">
                        " - the pack is credited now; the payment request stays open until you mark it paid."
                        <span>{due}</span>
                    </Choice>
                    <Choice value="paid" checked=paid name="Paid">
                        " - the pack is credited and the payment request is immediately recorded as paid."
                    </Choice>
                </fieldset>
                <div class="dialog-end">
                    <a class="button" href=scene.here()>
                        "Cancel"
                    </a>
                    <button class="button primary" type="submit">
                        "Credit addon & create request"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// A choice of the payment request's status.
#[component]
fn Choice(value: &'static str, checked: bool, name: &'static str, children: Children) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name="payment" value=value checked=checked required />
            <span class="what">
                <strong>{name}</strong>
                {children()}
            </span>
        </label>
    }
}
