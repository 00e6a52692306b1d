//! One file per page. A page is a function from data already read to a document; it reads nothing itself.

mod billing;
mod error;
mod frozen;
mod packages;
mod receipt;
mod sign_in;
mod transactions;

pub use billing::{
    BillingView, Buying, Crediting, CreditingError, Notice, RECENT, Refused, billing_page, recent_transactions,
};
pub use error::{Problem, error_page};
pub use packages::{PackagesView, packages_page};
pub use receipt::{ReceiptView, receipt_page};
pub use sign_in::{DemoLogin, SignInView, sign_in_page};
pub use transactions::{Listed, TransactionsView, transactions_page};

#[cfg(test)]
pub(in crate::web) mod fixtures;
#[cfg(test)]
mod tests;
