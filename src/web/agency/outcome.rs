//! What became of a form of the agency's pages: a notice on the page that follows, or the same page again with what was
//! refused.

use axum::http::StatusCode;
use axum::response::Redirect;

use crate::app::agency::AgencyError;
use crate::catalog::FieldError;
use crate::ledger::LedgerError;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal};

/// To a page of the agency, which says what was done. `path` may have a query.
pub fn done(path: &str, notice: DeskNotice) -> Redirect {
    let joint = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{joint}notice={}", notice.as_str()))
}

/// Why a form was refused: its page is shown again with this, under [`status`]. The second part names wrong fields.
///
/// # Errors
/// What is no matter of the form: nothing there, faults of the database.
pub fn refused(error: AgencyError) -> Result<(DeskRefusal, Vec<FieldError>), Error> {
    let refusal = match error {
        AgencyError::NotFound => return Err(Error::NotFound),
        AgencyError::Database(error) => return Err(error.into()),
        AgencyError::Ledger(LedgerError::Unavailable) => return Err(Error::Unavailable),
        AgencyError::Ledger(error) => return Err(Error::Failed(error.to_string())),
        AgencyError::Invalid(fields) => return Ok((DeskRefusal::Fields, fields)),
        AgencyError::FormUsed => DeskRefusal::FormUsed,
        AgencyError::AddonsDisabled => DeskRefusal::AddonsDisabled,
        AgencyError::NoSubscription => DeskRefusal::NoSubscription,
        AgencyError::AlreadySubscribed => DeskRefusal::AlreadySubscribed,
        AgencyError::CallsInProgress => DeskRefusal::CallsInProgress,
        AgencyError::Settled => DeskRefusal::Settled,
        AgencyError::WentBack => DeskRefusal::WentBack,
        AgencyError::NothingUnused => DeskRefusal::NothingUnused,
        AgencyError::StripeUnreachable => DeskRefusal::StripeUnreachable,
        AgencyError::StripeRefused(why) => {
            tracing::warn!(why, "Stripe refused what an agency asked for");
            DeskRefusal::StripeRefused
        }
    };
    Ok((refusal, Vec::new()))
}

/// The status of a page that shows a refusal.
pub fn status(refusal: DeskRefusal) -> StatusCode {
    match refusal {
        DeskRefusal::Fields => StatusCode::UNPROCESSABLE_ENTITY,
        DeskRefusal::StripeUnreachable | DeskRefusal::StripeRefused => StatusCode::BAD_GATEWAY,
        _ => StatusCode::CONFLICT,
    }
}
