//! The agency's pages, one file each.

mod clients;

pub use clients::{ClientsView, clients_page};
