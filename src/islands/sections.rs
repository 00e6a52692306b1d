//! The sections of Billing: each reads through one server function and fails alone (SPEC §2.1).
//!
//! On the server it is a plain call, which the page is put together with. In the browser it is a request, by which an
//! island refreshes the very same section. `workspace` is the public id of the workspace that the page shows: a session
//! that has gone over to another one reads none of it into this page. `query` is that of the page's address: what the
//! person looks at.

use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, JsonEncoding};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// A section's data could not be read. Whoever read it has logged why; nobody else learns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionError;

impl FromServerFnError for SectionError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// What the wallet decides, as HTML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletSection {
    /// The alert, and the cards Balance, Plan and Extra Minutes.
    pub cards: String,
    /// The shell's pill.
    pub pill: String,
    /// When it was read, in the workspace's zone: `10:42:18 EST`. Plain text.
    pub read_at: String,
}

/// Alert, Balance, Plan, Extra Minutes and the shell's pill.
#[server(prefix = "/sections", endpoint = "billing/wallet", input = GetUrl)]
pub async fn wallet(
    /// The page's workspace.
    workspace: String,
    /// The page's query.
    query: String,
) -> Result<WalletSection, SectionError> {
    crate::web::sections::wallet(&workspace, &query).await
}

/// The daily chart of a range, with the same figures as a table.
#[server(prefix = "/sections", endpoint = "billing/usage", input = GetUrl)]
pub async fn usage(
    /// The page's workspace.
    workspace: String,
    /// The page's query.
    query: String,
) -> Result<String, SectionError> {
    crate::web::sections::usage(&workspace, &query).await
}

/// The packs assigned to this client; nothing where the plan has packs Off.
#[server(prefix = "/sections", endpoint = "billing/addon-packs", input = GetUrl)]
pub async fn addon_packs(
    /// The page's workspace.
    workspace: String,
) -> Result<String, SectionError> {
    crate::web::sections::addon_packs(&workspace).await
}

/// What is to be paid, and the newest of what was.
#[server(prefix = "/sections", endpoint = "billing/payments", input = GetUrl)]
pub async fn payments(
    /// The page's workspace.
    workspace: String,
    /// The page's query.
    query: String,
) -> Result<String, SectionError> {
    crate::web::sections::payments(&workspace, &query).await
}

/// Auto-recharge: settings, the month's sum, what it waits for.
#[server(prefix = "/sections", endpoint = "billing/auto-recharge", input = GetUrl)]
pub async fn auto_recharge(
    /// The page's workspace.
    workspace: String,
    /// The page's query.
    query: String,
) -> Result<String, SectionError> {
    crate::web::sections::auto_recharge(&workspace, &query).await
}

/// The card that may be charged without its owner's presence.
#[server(prefix = "/sections", endpoint = "billing/saved-card", input = GetUrl)]
pub async fn saved_card(
    /// The page's workspace.
    workspace: String,
    /// The page's query.
    query: String,
) -> Result<String, SectionError> {
    crate::web::sections::saved_card(&workspace, &query).await
}

/// The newest transactions, open holds first.
#[server(prefix = "/sections", endpoint = "billing/recent-transactions", input = GetUrl)]
pub async fn recent_transactions(
    /// The page's workspace.
    workspace: String,
) -> Result<String, SectionError> {
    crate::web::sections::recent_transactions(&workspace).await
}
