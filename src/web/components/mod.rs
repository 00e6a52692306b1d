//! Reusable parts of pages; rendered on the server only.

mod alert;
mod bar;
mod bill;
mod field;
mod icon;
mod pill;
mod posted;
mod section;
mod select;

pub use alert::{Alert, Tone};
pub use bar::{Bar, Key, Segment, Source, percent};
pub use bill::{PayButton, Paying, bill_table, request_title};
pub use field::{Field, FieldKind};
pub use icon::{Icon, Mark};
pub use pill::{BalancePill, Pill, PillTone, StandingPill, balance_words, calls_state};
pub use posted::{Changed, PaidBy, changes, held_words, open_row, receipt_address, sum, unpaid_row, what_of};
pub use section::{Broken, SectionError, Slot};
pub use select::Select;
