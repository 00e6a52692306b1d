//! The agency's pages, one file each.

mod clients;
mod inbox_top;
mod new_client;
mod outcome;
mod people;
mod settings;

pub use clients::{ClientsView, clients_page};
pub use new_client::{NewClientView, new_client_page};
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
pub use people::{PeopleView, people_page};
pub use settings::{DeskProfileView, Said, desk_keys_page, desk_profile_page};
