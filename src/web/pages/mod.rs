//! One file per page. A page is a function from data already read to a document; it reads nothing itself.

mod agency;
mod billing;
mod demo_mail;
mod docs;
mod error;
mod forgot;
mod frozen;
mod invite;
mod narrow;
mod packages;
mod payments;
mod receipt;
mod settings;
mod sign_in;
mod sign_up;
mod transactions;

pub use agency::{
    ClientDialog, ClientTab, ClientView, ClientsView, Content, DeskForm, DeskNotice, DeskProfileView, DeskRefusal,
    DeskSignUpView, Filled, InboxView, NewClientView, PackView, PeopleView, PlanView, RequestDialog, RequestsView,
    Said, TermsView, Turned, Verdict, client_page, clients_page, desk_keys_page, desk_profile_page, desk_sign_up_page,
    inbox_page, new_client_page, pack_page, packs_page, people_page, plan_page, plan_terms_page, plans_page,
    requests_page,
};
pub use billing::{
    Asked, AskedRange, AskedRecharge, BillingView, Buying, CardForms, CardView, Crediting, CreditingError, May, Notice,
    PRESSING, RECENT, RangeKind, RechargeTrouble, Refused, Typed, Urgent, UsageView, WrongRange, addon_packs_section,
    billing_page, card_section, payments_section, recent_transactions, recharge_section, usage_section, wallet_section,
};
pub use demo_mail::{Letter, demo_mail_page};
pub use docs::docs_page;
pub use error::{Problem, error_page, no_workspace_page, too_early};
pub use forgot::{ForgotView, ResetView, forgot_page, forgot_sent_page, reset_expired_page, reset_page};
pub use invite::{InviteView, invite_ended_page, invite_page};
pub use packages::{Asking, NotRefunded, Outcome as RefundOutcome, PackagesView, packages_page};
pub use payments::{PaymentsView, payments_page};
pub use receipt::{ReceiptView, receipt_page};
pub use settings::{
    AlertsForm, AlertsView, EndpointForm, EventsView, InviteForm, KeyForm, KeysView, MemberRow, MembersView,
    PasswordFaults, ProfileView, SessionRow, ShownDelivery, ShownKey, alerts_page, keys_page, keys_withheld_page,
    members_page, profile_page,
};
pub use sign_in::{DemoLogin, SignInNotice, SignInRefusal, SignInView, sign_in_page};
pub use sign_up::{
    FinishSignUpView, SignUpEnd, SignUpView, finish_sign_up_page, sign_up_ended_page, sign_up_page, sign_up_sent_page,
};
pub use transactions::{Listed, TransactionsView, transactions_page};

#[cfg(test)]
pub(in crate::web) mod fixtures;
#[cfg(test)]
mod tests;
