//! The agency's pages, one file each.

mod client;
mod clients;
mod deeds;
mod form;
mod inbox_top;
mod new_client;
mod outcome;
mod people;
mod settings;

pub use client::{ClientDialog, ClientTab, ClientView, Content, Turned, client_page};
pub use clients::{ClientsView, clients_page};
pub use form::DeskForm;
pub use new_client::{NewClientView, new_client_page};
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
pub use people::{PeopleView, people_page};
pub use settings::{DeskProfileView, Said, desk_keys_page, desk_profile_page};
