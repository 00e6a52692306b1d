//! The dialogs over the page: each says what will be lost, or done, before it is.

use leptos::prelude::*;

use super::apply::ApplyDialog;
use super::refund::RefundDialog;
use super::subscription::EndDialog;
use super::{ClientDialog, Scene};
use crate::payments::request::{PaymentRequest, RequestType};
use crate::pricing::PackOffer;
use crate::web::components::{Field, FieldKind, Icon};
use crate::web::pages::agency::form::FormKeys;
use crate::web::pages::agency::outcome::{DeskRefusal, RefusalAlert};

/// The dialog as the address asks for it.
pub(super) fn dialog(scene: &Scene, dialog: ClientDialog, refused: Option<DeskRefusal>) -> AnyView {
    let scene = scene.clone();
    match dialog {
        ClientDialog::Apply(pack) => view! { <ApplyDialog scene=scene pack=pack refused=refused /> }.into_any(),
        ClientDialog::Remove(pack) => view! { <RemoveDialog scene=scene pack=pack refused=refused /> }.into_any(),
        ClientDialog::MarkPaid(request) => {
            view! { <PaidDialog scene=scene request=request refused=refused /> }.into_any()
        }
        ClientDialog::CancelRequest(request) => {
            view! { <WaiveDialog scene=scene request=request refused=refused /> }.into_any()
        }
        ClientDialog::Refund(quote) => view! { <RefundDialog scene=scene quote=quote /> }.into_any(),
        ClientDialog::End => view! { <EndDialog scene=scene refused=refused /> }.into_any(),
    }
}

/// A dialog that the server shows open.
#[component]
pub(super) fn Dialog(children: Children) -> impl IntoView {
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            {children()}
        </dialog>
    }
}

/// Title, one line, and why the attempt before did nothing. `back` is the page without the dialog.
#[component]
pub(super) fn DialogHead(
    #[prop(into)] title: String,
    line: String,
    back: String,
    refused: Option<DeskRefusal>,
) -> impl IntoView {
    view! {
        <div class="dialog-title">
            <h2 id="dialog-title">{title}</h2>
            <a class="close" href=back aria-label="Close">
                {Icon::Close.svg()}
            </a>
        </div>
        <p class="dialog-line">{line}</p>
        {refused.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
    }
}

#[component]
fn RemoveDialog(scene: Scene, pack: PackOffer, refused: Option<DeskRefusal>) -> impl IntoView {
    let noun = pack.meter.noun();
    let line = format!(
        "{} no longer sees {} and can no longer buy it; you cannot apply it until you assign it again. {} already \
         bought or applied stay.",
        scene.name(),
        pack.name,
        if noun == "minutes" { "Minutes" } else { "Calls" },
    );
    view! {
        <Dialog>
            <form method="post" action=scene.action("packs/remove")>
                <DialogHead title=format!("Remove {}?", pack.name) line=line back=scene.here() refused=refused />
                <FormKeys csrf=scene.csrf.clone() key=scene.form.key("remove") />
                <input type="hidden" name="pack" value=pack.id />
                <div class="dialog-end">
                    <a class="button" href=scene.here() autofocus>
                        "Keep it"
                    </a>
                    <button class="button danger" type="submit">
                        "Remove Assignment"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn PaidDialog(scene: Scene, request: PaymentRequest, refused: Option<DeskRefusal>) -> impl IntoView {
    let line = format!(
        "{} for {}. The client pays it nowhere else: a Checkout that is open for it ends.",
        request.amount, request.asked.title
    );
    view! {
        <Dialog>
            <form method="post" action=scene.action("requests/paid")>
                <DialogHead title="Mark this request as paid?" line=line back=scene.here() refused=refused />
                <Settling scene=scene.clone() request=request.id form="paid" />
                <Field
                    kind=FieldKind::Reason
                    name="external_reference"
                    label="External reference (optional)"
                    optional=true
                    help="Where the money can be found, e.g. a bank transfer's number."
                    value=scene.form.typed("external_reference").unwrap_or_default()
                    wrong=scene.form.wrong(&["external_reference"])
                />
                <div class="dialog-end">
                    <a class="button" href=scene.here()>
                        "Cancel"
                    </a>
                    <button class="button primary" type="submit">
                        "Mark paid"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn WaiveDialog(scene: Scene, request: PaymentRequest, refused: Option<DeskRefusal>) -> impl IntoView {
    let keeps = match request.type_ {
        RequestType::Pack => "The units that were credited stay.",
        RequestType::Cycle => "The subscription goes on, and the next period asks for its own price.",
    };
    let line = format!(
        "{} no longer owes {} for {}: the money is waived. {keeps} It cannot be undone.",
        scene.name(),
        request.amount,
        request.asked.title
    );
    view! {
        <Dialog>
            <form method="post" action=scene.action("requests/cancel")>
                <DialogHead title="Cancel this request?" line=line back=scene.here() refused=refused />
                <Settling scene=scene.clone() request=request.id form="waive" />
                <div class="dialog-end">
                    <a class="button" href=scene.here() autofocus>
                        "Keep request"
                    </a>
                    <button class="button danger" type="submit">
                        "Cancel request"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// What a form about a request carries: it leads back to the tab that it stands on.
#[component]
fn Settling(scene: Scene, request: String, form: &'static str) -> impl IntoView {
    view! {
        <FormKeys csrf=scene.csrf.clone() key=scene.form.key(form) />
        <input type="hidden" name="request" value=request />
        <input type="hidden" name="sub" value=scene.tab.as_str() />
    }
}
