//! The audit trail in words.

use crate::tenants::audit::Action;

/// What was done, in a few words; the line's details say to what.
pub(super) const fn deed_words(action: Action) -> &'static str {
    match action {
        Action::CreateAgency => "Agency created",
        Action::CreateClient => "Client created",
        Action::CreatePlan => "Plan created",
        Action::EditPlan => "Plan edited",
        Action::ArchivePlan => "Plan archived",
        Action::CreatePack => "Pack created",
        Action::EditPack => "Pack edited",
        Action::ArchivePack => "Pack archived",
        Action::AssignPacks => "Addon packs assigned",
        Action::RemoveAssignment => "Assignment removed",
        Action::ApplyPack => "Addon pack applied",
        Action::MarkPaid => "Payment request marked as paid",
        Action::PayRequest => "Payment request paid",
        Action::CancelRequest => "Payment request canceled",
        Action::Grant => "Granted",
        Action::ChangePlan => "Plan changed",
        Action::CancelSubscription => "Subscription canceled",
        Action::Resubscribe => "Subscription started",
        Action::AcceptPayment => "Payment accepted",
        Action::RefundPayment => "Payment refunded",
        Action::DismissItem => "Inbox item settled",
        Action::InviteMember => "Member invited",
        Action::WithdrawInvite | Action::EndInvite => "Invitation withdrawn",
        Action::ResendInvite => "Invitation sent again",
        Action::ChangeRole => "Role changed",
        Action::RemoveMember => "Member removed",
        Action::RefundUnused => "Unused part refunded",
        Action::ReopenRequest => "Payment request reopened",
        Action::CreateKey => "API key made",
        Action::RevokeKey => "API key revoked",
        Action::SetRecharge => "Auto-recharge set",
        Action::InviteAdmin => "Administrator invited",
        Action::SetSignUp => "Sign-up plan set",
        Action::SignUp => "Client signed up",
    }
}
