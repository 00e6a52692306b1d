//! The agency's side below its pages: packs applied, requests, cycles, plans, clients, the inbox. Each rule of SPEC §3 that
//! is about money or rights.

mod applying;
mod catalogue;
mod client_pages;
mod clients;
mod cycles;
mod desk;
mod entrance;
mod inbox;
mod people;
mod requests;
mod subscriptions;
