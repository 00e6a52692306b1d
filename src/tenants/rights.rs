//! Who may do what: the one place that decides.
//!
//! A person has a role in a workspace and a program has the scopes of its key. Handlers ask for a right by name
//! (`viewer.require(Role::may_buy)?`, an extractor of `web::api::key` for a scope) and compare neither roles nor scopes
//! themselves.

use crate::units::words;

/// What a member may do in a workspace (SPEC §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Reads and pays.
    Billing,
    /// Reads.
    Viewer,
}

words!(Role { Owner = "owner", Billing = "billing", Viewer = "viewer" });

impl Role {
    /// True where the member may spend the workspace's money.
    pub const fn may_buy(self) -> bool {
        matches!(self, Role::Owner | Role::Billing)
    }

    /// True where the member may choose who is told what by mail.
    pub const fn may_set_alerts(self) -> bool {
        matches!(self, Role::Owner | Role::Billing)
    }

    /// True where the member may invite others, change what they may do, and remove them.
    pub const fn may_manage_members(self) -> bool {
        matches!(self, Role::Owner)
    }

    /// True where the member may send back what was bought and not used.
    pub const fn may_refund(self) -> bool {
        matches!(self, Role::Owner)
    }

    /// True where the member may make and end the workspace's API keys.
    pub const fn may_manage_keys(self) -> bool {
        matches!(self, Role::Owner)
    }
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Places and ends calls, and reads them.
    CallsWrite,
    /// Reads the wallet.
    WalletRead,
    /// Charges saved cards.
    WalletCharge,
    /// Everything.
    Admin,
}

words!(Scope {
    CallsWrite = "calls:write",
    WalletRead = "wallet:read",
    WalletCharge = "wallet:charge",
    Admin = "admin",
});

impl Scope {
    /// Every scope, narrowest first.
    pub const ALL: [Scope; 4] = [Scope::WalletRead, Scope::CallsWrite, Scope::WalletCharge, Scope::Admin];

    /// True where a key with these scopes may do what asks for this one; `admin` implies all.
    pub fn is_among(self, granted: &[Scope]) -> bool {
        granted.contains(&self) || granted.contains(&Scope::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_what_they_may_do() {
        let table: [(Role, bool, bool); 3] =
            [(Role::Owner, true, true), (Role::Billing, true, false), (Role::Viewer, false, false)];
        for (role, buys, owns) in table {
            let may = [role.may_manage_keys(), role.may_manage_members(), role.may_refund()];
            assert_eq!(may, [owns; 3], "{role:?}");
            assert_eq!([role.may_buy(), role.may_set_alerts()], [buys; 2], "{role:?}");
        }
    }

    #[test]
    fn admin_implies_every_scope_and_no_other_scope_does() {
        for asked in Scope::ALL {
            for granted in Scope::ALL {
                let expected = asked == granted || granted == Scope::Admin;
                assert_eq!(asked.is_among(&[granted]), expected, "{asked:?} {granted:?}");
            }
            assert!(!asked.is_among(&[]));
        }
    }
}
