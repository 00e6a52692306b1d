//! The audit trail: who of the agency did what, to what, when. Rows are only ever added; the application's role has no
//! right to change or remove one.
//!
//! A form's key is written with what the form did. UNIQUE decides that this happens once, in the transaction of the
//! deed itself, so the trail is also what makes a form safe to send twice.

pub mod repo;

use jiff::Timestamp;

use super::{AgencyId, UserId};
use crate::units::{WorkspaceId, words};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An agency was created on the command line.
    CreateAgency,
    /// A client was created, with plan and invited owner.
    CreateClient,
    /// A plan was added.
    CreatePlan,
    /// A plan was edited; snapshots stay as they were.
    EditPlan,
    /// A plan is no longer offered.
    ArchivePlan,
    /// A pack was added.
    CreatePack,
    /// A pack was edited.
    EditPack,
    /// A pack is no longer offered.
    ArchivePack,
    /// A client may see packs.
    AssignPacks,
    /// A client no longer sees a pack.
    RemoveAssignment,
    /// A pack was credited and asked for.
    ApplyPack,
    /// A request was recorded as paid.
    MarkPaid,
    /// A client paid a request through Checkout.
    PayRequest,
    /// A request was waived.
    CancelRequest,
    /// Credits or units were given for free.
    Grant,
    /// A subscription went, or will go, to other terms.
    ChangePlan,
    /// A subscription was ended, or will end.
    CancelSubscription,
    /// A client subscribed again.
    Resubscribe,
    /// A payment counts as what it was meant for.
    AcceptPayment,
    /// A payment was sent back.
    RefundPayment,
    /// An item of the inbox was looked at.
    DismissItem,
    /// An owner invited somebody.
    InviteMember,
    /// An owner took an invitation back.
    WithdrawInvite,
    /// An owner gave a member another role.
    ChangeRole,
    /// An owner ended a membership.
    RemoveMember,
    /// The unused part of a purchase was sent back.
    RefundUnused,
    /// A request is owed again, because its payment went back.
    ReopenRequest,
    /// A key of the agency was made.
    CreateKey,
    /// A key of the agency was ended.
    RevokeKey,
    /// Somebody was invited to administrate the agency.
    InviteAdmin,
    /// An invitation was sent once more.
    ResendInvite,
    /// An invitation of the agency was taken back.
    EndInvite,
    /// A client, or a program of its, changed the settings of auto-recharge.
    SetRecharge,
    /// Newcomers sign up on another plan, or no longer.
    SetSignUp,
    /// A client signed up by itself.
    SignUp,
}

words!(Action {
    CreateAgency = "agency.create",
    CreateClient = "client.create",
    CreatePlan = "plan.create",
    EditPlan = "plan.edit",
    ArchivePlan = "plan.archive",
    CreatePack = "pack.create",
    EditPack = "pack.edit",
    ArchivePack = "pack.archive",
    AssignPacks = "packs.assign",
    RemoveAssignment = "packs.remove",
    ApplyPack = "pack.apply",
    MarkPaid = "request.mark_paid",
    PayRequest = "request.pay",
    CancelRequest = "request.cancel",
    Grant = "wallet.grant",
    ChangePlan = "subscription.change",
    CancelSubscription = "subscription.cancel",
    Resubscribe = "subscription.resubscribe",
    AcceptPayment = "payment.accept",
    RefundPayment = "payment.refund",
    DismissItem = "inbox.dismiss",
    InviteMember = "member.invite",
    WithdrawInvite = "member.withdraw",
    ChangeRole = "member.change_role",
    RemoveMember = "member.remove",
    RefundUnused = "purchase.refund_unused",
    ReopenRequest = "request.reopen",
    CreateKey = "key.create",
    RevokeKey = "key.revoke",
    InviteAdmin = "admin.invite",
    ResendInvite = "invite.resend",
    EndInvite = "invite.withdraw",
    SetRecharge = "recharge.set",
    SetSignUp = "sign_up.set",
    SignUp = "client.sign_up",
});

/// A deed to write down.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// In whose trail.
    pub agency: AgencyId,
    /// About which client, where it is about one.
    pub workspace: Option<WorkspaceId>,
    /// By whom; `None`: Minutebank itself, or whoever sits at its command line.
    pub actor: Option<UserId>,
    /// What.
    pub action: Action,
    /// Public id of what it was done to.
    pub target: &'a str,
    /// In a line.
    pub details: &'a str,
    /// Key of the form that asked for it.
    pub form_key: Option<&'a str>,
}

/// A line of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Grows with time; the next page lies below the last one.
    pub number: i64,
    /// Name of who did it; `None`: Minutebank itself.
    pub actor: Option<String>,
    /// Public id and name of the client that it is about.
    pub workspace: Option<(String, String)>,
    /// What.
    pub action: Action,
    /// Public id of what it was done to.
    pub target: String,
    /// In a line.
    pub details: String,
    /// When.
    pub occurred_at: Timestamp,
}
