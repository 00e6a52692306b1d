//! Saved cards and what they are charged: by programs and by auto-recharge.

mod api;
mod cards;
mod crossings;
mod due;
mod failures;
mod open_pages;
mod receipts;
pub mod shop;
mod switch;
mod trail;
