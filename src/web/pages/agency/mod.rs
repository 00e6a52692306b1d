//! The agency's pages, one file each.

mod clients;
mod outcome;

pub use clients::{ClientsView, clients_page};
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
