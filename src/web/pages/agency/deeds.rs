//! The audit trail in words.

use crate::tenants::audit::Action;

/// What was done about a client, in a few words; the line's details say to what. Deeds that are about no client have
/// only the word under which they are stored: they stand in no client's trail.
pub(super) const fn deed_words(action: Action) -> &'static str {
    match action {
        Action::CreateClient => "Client created",
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
        Action::WithdrawInvite => "Invitation withdrawn",
        Action::ChangeRole => "Role changed",
        Action::RemoveMember => "Member removed",
        Action::RefundUnused => "Unused part refunded",
        Action::ReopenRequest => "Payment request reopened",
        Action::CreateKey => "API key made",
        Action::RevokeKey => "API key revoked",
        Action::InviteAdmin => "Administrator invited",
        Action::ResendInvite => "Invitation sent again",
        Action::EndInvite => "Invitation withdrawn",
        _ => action.as_str(),
    }
}
