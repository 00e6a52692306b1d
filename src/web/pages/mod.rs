//! One file per page. A page is a function from data already read to a document; it reads nothing itself.

mod billing;
mod error;
mod frozen;
mod packages;
mod sign_in;

pub use billing::{BillingView, Buying, Crediting, CreditingError, Notice, Refused, billing_page};
pub use error::{Problem, error_page};
pub use packages::{PackagesView, packages_page};
pub use sign_in::{DemoLogin, SignInRefusal, SignInView, sign_in_page};

#[cfg(test)]
pub(in crate::web) mod fixtures;
#[cfg(test)]
mod tests;
