//! What newcomers who sign up by themselves are offered.

use crate::pricing::Terms;
use crate::tenants::AgencyId;

/// An agency's sign-up plan as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpOffer {
    /// Whose.
    pub agency: AgencyId,
    /// Public id of the agency, `ag_…`.
    pub agency_public_id: String,
    /// Name of the agency.
    pub agency_name: String,
    /// The plan's key.
    pub plan_row: i64,
    /// Public id of the plan, `plan_…`.
    pub plan: String,
    /// What the plan promises.
    pub terms: Terms,
}

impl SignUpOffer {
    /// Changes with every term: a form that carries it accepts what it has shown, and nothing else.
    pub fn seal(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.plan.as_bytes());
        hasher.update(&serde_json::to_vec(&self.terms).expect("terms are plain data"));
        hasher.finalize().to_hex()[..32].to_owned()
    }
}
