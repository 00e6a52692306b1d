//! Use cases, one file per verb; reads for the pages. `app` owns begin and commit, stores only borrow a connection.

pub mod buy_pack;
pub mod fulfil_purchase;
pub mod overview;
pub mod stripe_event;
pub mod sweep_purchases;
