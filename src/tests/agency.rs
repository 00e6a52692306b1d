//! The agency's side below its pages: packs applied, requests, cycles, plans, clients, the inbox. Each rule of SPEC §3 that
//! is about money or rights.

mod advising;
mod applying;
mod catalogue;
mod catalogue_pages;
mod client_pages;
mod clients;
mod cycles;
pub mod desk;
mod entrance;
mod inbox;
mod lists_pages;
mod paying;
mod people;
mod requests;
mod sign_up;
mod subscriptions;
