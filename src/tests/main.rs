//! The one integration target; its modules mirror the URLs. `tidy` keeps the architecture.

mod billing;
mod demo;
mod demo_fences;
mod fixture;
mod forgot;
mod hardening;
mod history;
mod ledger;
mod limits;
mod model;
mod never_fails;
mod payments;
mod rights;
mod sections;
mod settings;
mod sign_in;
mod site;
mod statements;
mod tidy;
mod v1_abuse;
mod v1_calls;
mod v1_heartbeat;
mod v1_idempotency;
mod v1_meters;
mod v1_openapi;
mod v1_wallet;
