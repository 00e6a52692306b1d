//! The agency's pages, one file each.

mod client;
mod clients;
mod deeds;
mod form;
mod outcome;

pub use client::{ClientDialog, ClientTab, ClientView, Content, Turned, client_page};
pub use clients::{ClientsView, clients_page};
pub use form::DeskForm;
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
