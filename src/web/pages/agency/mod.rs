//! The agency's pages, one file each.

mod client;
mod clients;
mod deeds;
mod fields;
mod form;
mod inbox;
mod inbox_top;
mod new_client;
mod outcome;
mod pack;
mod packs;
mod people;
mod plan;
mod plan_terms;
mod plans;
mod request_words;
mod requests;
mod settings;
mod turns;

pub use client::{ClientDialog, ClientTab, ClientView, Content, client_page};
pub use clients::{ClientsView, clients_page};
pub use fields::Filled;
pub use form::DeskForm;
pub use inbox::{InboxView, Verdict, inbox_page};
pub use new_client::{NewClientView, new_client_page};
pub use outcome::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
pub use pack::{PackView, pack_page};
pub use packs::packs_page;
pub use people::{PeopleView, people_page};
pub use plan::{PlanView, plan_page};
pub use plan_terms::{TermsView, plan_terms_page};
pub use plans::plans_page;
pub use requests::{RequestDialog, RequestsView, requests_page};
pub use settings::{DeskProfileView, Said, desk_keys_page, desk_profile_page};
pub use turns::Turned;
