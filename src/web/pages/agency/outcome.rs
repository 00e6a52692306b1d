//! The words for what became of a form of the agency's pages.

use leptos::prelude::*;

use crate::units::words;
use crate::web::components::{Alert, Tone};

/// What was done; shown once, at the bottom of the page that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskNotice {
    /// A pack was applied, to be paid.
    PackPending,
    /// A pack was applied, paid already.
    PackPaid,
    /// Packs were assigned.
    PacksAssigned,
    /// An assignment was removed.
    AssignmentRemoved,
    /// A request is paid.
    RequestPaid,
    /// A request is canceled.
    RequestCanceled,
    /// What was unused of a purchase went back.
    UnusedRefunded,
    /// Units or credits were granted.
    Granted,
    /// The plan is changed.
    PlanChanged,
    /// The plan will change.
    PlanChangeSet,
    /// The subscription has begun.
    Subscribed,
    /// The subscription is canceled, or will be.
    SubscriptionCanceled,
    /// A client was created and its owner invited.
    ClientCreated,
    /// A plan or pack is stored.
    Saved,
    /// A plan or pack is archived.
    Archived,
    /// A plan's terms hold for the clients that were named.
    TermsApplied,
    /// A payment of the inbox was counted.
    PaymentAccepted,
    /// A payment of the inbox was sent back.
    PaymentRefunded,
    /// An item of the inbox is settled.
    ItemDismissed,
    /// A key was ended.
    KeyRevoked,
    /// Somebody was invited, or once more.
    Invited,
    /// An invitation opens nothing any more.
    InviteWithdrawn,
}

words!(DeskNotice {
    PackPending = "pack_pending",
    PackPaid = "pack_paid",
    PacksAssigned = "packs_assigned",
    AssignmentRemoved = "assignment_removed",
    RequestPaid = "request_paid",
    RequestCanceled = "request_canceled",
    UnusedRefunded = "unused_refunded",
    Granted = "granted",
    PlanChanged = "plan_changed",
    PlanChangeSet = "plan_change_set",
    Subscribed = "subscribed",
    SubscriptionCanceled = "subscription_canceled",
    ClientCreated = "client_created",
    Saved = "saved",
    Archived = "archived",
    TermsApplied = "terms_applied",
    PaymentAccepted = "payment_accepted",
    PaymentRefunded = "payment_refunded",
    ItemDismissed = "item_dismissed",
    KeyRevoked = "key_revoked",
    Invited = "invited",
    InviteWithdrawn = "invite_withdrawn",
});

impl DeskNotice {
    /// SPEC §3 has the first two.
    const fn sentence(self) -> &'static str {
        match self {
            DeskNotice::PackPending => "Addon pack credited. Payment request created as pending.",
            DeskNotice::PackPaid => "Addon pack credited. Payment request created and marked as paid.",
            DeskNotice::PacksAssigned => "Addon packs assigned.",
            DeskNotice::AssignmentRemoved => "Assignment removed. The client no longer sees this pack.",
            DeskNotice::RequestPaid => "Payment request marked as paid.",
            DeskNotice::RequestCanceled => "Payment request canceled.",
            DeskNotice::UnusedRefunded => "The unused part is refunded to the card that paid for it.",
            DeskNotice::Granted => "Granted. The client has it already.",
            DeskNotice::PlanChanged => "Plan changed.",
            DeskNotice::PlanChangeSet => "The plan changes when the current period ends.",
            DeskNotice::Subscribed => "Subscription started.",
            DeskNotice::SubscriptionCanceled => "Subscription canceled.",
            DeskNotice::ClientCreated => "Client created. The invitation is on its way to the owner.",
            DeskNotice::Saved => "Saved.",
            DeskNotice::Archived => "Archived.",
            DeskNotice::TermsApplied => "The plan's terms hold for the clients you named.",
            DeskNotice::PaymentAccepted => "Payment accepted and credited.",
            DeskNotice::PaymentRefunded => "Payment refunded.",
            DeskNotice::ItemDismissed => "Item settled.",
            DeskNotice::KeyRevoked => "Key revoked.",
            DeskNotice::Invited => "The invitation is on its way.",
            DeskNotice::InviteWithdrawn => "Invitation withdrawn. Its link opens nothing any more.",
        }
    }
}

/// A notice as a toast. In a demo nothing is mailed: where an invitation was, the toast leads to where it is shown.
#[component]
pub fn Toast(notice: DeskNotice, #[prop(optional)] demo: bool) -> impl IntoView {
    let mailed = matches!(notice, DeskNotice::ClientCreated | DeskNotice::Invited);
    view! {
        <p class="toast" role="status">
            {notice.sentence()}
            {(demo && mailed).then(|| view! { " " <a href="/demo/mail">"Open the demo's mail"</a> })}
        </p>
    }
}

/// Title and sentence where the client's plan has add-on packs Off (SPEC §3).
pub(super) const ADDONS_OFF: (&str, &str) = (
    "Add-on packs are disabled for this subscription.",
    "The plan snapshot for this client has add-ons turned off. Turn on add-ons on the billing plan product (or \
     re-subscribe after changing the plan), then refresh - you cannot assign packs or apply credits until add-ons are \
     enabled on the plan.",
);

/// Why a form was refused. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskRefusal {
    /// Fields are wrong; what is wrong stands beside them.
    Fields,
    /// The form was used for something else.
    FormUsed,
    /// Add-on packs are Off.
    AddonsDisabled,
    /// There is no active subscription.
    NoSubscription,
    /// There is one.
    AlreadySubscribed,
    /// Open calls would not be covered.
    CallsInProgress,
    /// It is settled.
    Settled,
    /// The payment is not there any more.
    WentBack,
    /// Nothing is left that could be refunded.
    NothingUnused,
    /// Stripe gave no answer.
    StripeUnreachable,
    /// Stripe said no.
    StripeRefused,
}

impl DeskRefusal {
    /// What it means, and what to do, where it stands beside what was refused.
    pub(super) const fn sentence(self) -> &'static str {
        self.words().1
    }

    /// Title and sentence. SPEC §3 has those of add-on packs.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            DeskRefusal::Fields => ("Nothing was saved", "Look at the marked fields."),
            DeskRefusal::FormUsed => ("This form was used before", "Nothing was done twice. Here is a new one."),
            DeskRefusal::AddonsDisabled => ADDONS_OFF,
            DeskRefusal::NoSubscription => {
                ("No active subscription", "Subscribe this client to a plan, then apply packs or change the plan.")
            }
            DeskRefusal::AlreadySubscribed => {
                ("There is a subscription already", "Change its plan, or cancel it before you start another one.")
            }
            DeskRefusal::CallsInProgress => (
                "Calls in progress",
                "Open calls would not be covered after this change. Wait until they end, or let it happen at the end \
                 of the period.",
            ),
            DeskRefusal::Settled => ("Settled already", "Somebody was here before you. The page shows how it stands."),
            DeskRefusal::WentBack => (
                "This payment went back",
                "It was refunded or disputed at Stripe, in whole or in part, so it buys nothing. Refund what is left, or \
                 settle the item.",
            ),
            DeskRefusal::NothingUnused => (
                "Nothing was refunded",
                "Everything of this purchase is used, refunded already, or kept by a call in progress.",
            ),
            DeskRefusal::StripeUnreachable => (
                "Stripe gives no answer",
                "It is not known yet whether this was done. It goes on by itself; sending the form again does nothing \
                 twice.",
            ),
            DeskRefusal::StripeRefused => {
                ("Stripe refused", "Nothing was done: no money has moved and nothing was taken away.")
            }
        }
    }
}

/// A refusal at the top of its page.
#[component]
pub fn RefusalAlert(refusal: DeskRefusal) -> impl IntoView {
    let (title, sentence) = refusal.words();
    view! { <Alert tone=Tone::Amber title=title sentence=sentence action=None /> }
}
