//! What is alive in the browser; each island also renders on the server and works there as a plain form.

mod add_credits;
mod buy_minutes;
mod checkout;
mod live;
mod morph;
mod sections;
mod usage_chart;

pub use add_credits::AddCredits;
pub use buy_minutes::BuyMinutes;
pub use live::Live;
pub use sections::{
    AddonPacks, AutoRecharge, Payments, RecentTransactions, SavedCard, SectionError, Usage, Wallet, WalletSection,
    addon_packs, auto_recharge, payments, recent_transactions, saved_card, usage, wallet,
};
