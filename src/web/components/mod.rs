//! Reusable parts of pages; rendered on the server only.

mod alert;
mod bar;
mod bill;
mod field;
mod icon;
mod pill;
mod posted;
mod section;

pub use alert::{Alert, Tone};
pub use bar::{Bar, Key, Segment, Source, percent};
pub use bill::{PayButton, Paying, bill_table, request_title};
pub use field::{Field, FieldKind};
pub use icon::{Icon, Mark};
pub use pill::{BalancePill, Pill, PillTone, calls_state};
pub use posted::{Changed, PaidBy, changes, held_words, open_row, sum, what_of};
pub use section::{Broken, SectionError, Slot};
