//! What is alive in the browser; each island also renders on the server and works there as a plain form.

mod buy_minutes;

pub use buy_minutes::BuyMinutes;
