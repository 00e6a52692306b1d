//! One file per page. A page is a function from data already read to a document; it reads nothing itself.

mod billing;
mod demo_mail;
mod error;
mod forgot;
mod frozen;
mod narrow;
mod packages;
mod settings;
mod sign_in;

pub use billing::{BillingView, Buying, Crediting, CreditingError, Notice, Refused, billing_page};
pub use demo_mail::{Letter, demo_mail_page};
pub use error::{Problem, error_page};
pub use forgot::{ForgotView, ResetView, forgot_page, forgot_sent_page, reset_expired_page, reset_page};
pub use packages::{PackagesView, packages_page};
pub use settings::{
    KeyForm, KeysView, PasswordFaults, ProfileView, SessionRow, ShownKey, keys_page, keys_withheld_page, profile_page,
};
pub use sign_in::{DemoLogin, SignInNotice, SignInView, sign_in_page};

#[cfg(test)]
pub(in crate::web) mod fixtures;
#[cfg(test)]
mod tests;
