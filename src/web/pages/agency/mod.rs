//! The agency's pages, one file each.

mod clients;
mod inbox_top;
mod new_client;
mod outcome;

pub use clients::{ClientsView, clients_page};
pub use new_client::{NewClientView, new_client_page};
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
