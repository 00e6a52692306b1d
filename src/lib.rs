//! Minutebank: prepaid call minutes, credits and add-on packs over one Postgres ledger.
//!
//! Table of contents, and the only file with feature gates. Data flows one way:
//! `web → app → ledger | payments | rentals | campaigns | tenants | catalog | notify | idempotency →
//! Postgres`.
//!
//! `units`, `pricing` and `islands` compile twice: for the server (`ssr`) and for the browser (`hydrate`).

// Views are types, nested as deep as the markup.
#![recursion_limit = "512"]

pub mod islands;
pub mod pricing;
pub mod units;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod bench;
#[cfg(feature = "ssr")]
pub mod campaigns;
#[cfg(feature = "ssr")]
pub mod catalog;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod clock;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod database;
#[cfg(feature = "ssr")]
pub mod demo;
#[cfg(feature = "ssr")]
pub mod embedded;
#[cfg(feature = "ssr")]
pub mod idempotency;
#[cfg(feature = "ssr")]
pub mod ids;
#[cfg(feature = "ssr")]
pub mod ledger;
#[cfg(feature = "ssr")]
pub mod measures;
#[cfg(feature = "ssr")]
pub mod notify;
#[cfg(feature = "ssr")]
pub mod payments;
#[cfg(feature = "ssr")]
pub mod rentals;
#[cfg(feature = "ssr")]
pub mod sandbox;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(feature = "ssr")]
pub mod state;
#[cfg(feature = "ssr")]
pub mod tenants;
#[cfg(feature = "ssr")]
pub mod web;

#[cfg(feature = "hydrate")]
mod hydrate {
    /// Entry point of the browser: wakes the islands of a page that already stands.
    #[wasm_bindgen::prelude::wasm_bindgen]
    pub fn hydrate() {
        console_error_panic_hook::set_once();
        leptos::mount::hydrate_islands();
    }
}
