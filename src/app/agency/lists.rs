//! The other lists of the agency: requests, audit trail, inbox, plans, packs, whom a plan's edit touches.

use crate::app::ReadError;
use crate::catalog::{self, Behind, Pack, Plan};
use crate::payments::inbox::{self, Item, ItemKind};
use crate::payments::request::{self, PaymentRequest, Place};
use crate::payments::{self, Purchase};
use crate::state::AppState;
use crate::tenants::audit::{self, Record};
use crate::tenants::{AgencyId, admin};
use crate::units::WorkspaceId;

/// A request with the client that owes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRequest {
    /// Public id of the client.
    pub client: String,
    /// Name of the client.
    pub client_name: String,
    /// What is owed.
    pub request: PaymentRequest,
}

/// A page of an agency's requests, newest first, below a place (`None` for the first page); `owed`: only those to be
/// paid, or only those settled.
///
/// # Errors
/// Where the database failed.
pub async fn requests(
    state: &AppState,
    agency: AgencyId,
    owed: Option<bool>,
    below: Option<&Place>,
    limit: i64,
) -> Result<Vec<ListedRequest>, ReadError> {
    let mut db = state.db.acquire().await?;
    let found = request::repo::of_agency(&mut db, agency, owed, below, limit).await?;
    let listed = |(client, client_name, request)| ListedRequest { client, client_name, request };
    Ok(found.into_iter().map(listed).collect())
}

/// A request of one of the agency's clients; `None` where it has none with these public ids.
///
/// # Errors
/// Where the database failed.
pub async fn request(
    state: &AppState,
    agency: AgencyId,
    client: &str,
    id: &str,
) -> Result<Option<ListedRequest>, ReadError> {
    let mut db = state.db.acquire().await?;
    let Some(client) = admin::repo::client(&mut db, agency, client).await? else {
        return Ok(None);
    };
    let found = request::repo::request(&mut db, client.workspace, id).await?;
    Ok(found.map(|request| ListedRequest { client: client.public_id, client_name: client.name, request }))
}

/// A page of one workspace's requests, newest first, below a place (`None` for the first page): for the client's
/// own Billing page, too.
///
/// # Errors
/// Where the database failed.
pub async fn requests_of(
    state: &AppState,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: i64,
) -> Result<Vec<PaymentRequest>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(request::repo::of_workspace(&mut db, workspace, below, limit).await?)
}

/// One request of a workspace; `None` where it has none with this id.
///
/// # Errors
/// Where the database failed.
pub async fn request_of(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
) -> Result<Option<PaymentRequest>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(request::repo::request(&mut db, workspace, id).await?)
}

/// Requests of a workspace that were settled otherwise and paid as well, newest first, at most `limit`: as items of the
/// inbox, open or settled.
///
/// # Errors
/// Where the database failed.
pub async fn overpayments(state: &AppState, workspace: WorkspaceId, limit: i64) -> Result<Vec<Item>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(inbox::repo::of_workspace(&mut db, workspace, ItemKind::Overpayment, limit).await?)
}

/// A page of the audit trail, newest first, below the number `before` (`i64::MAX` for the first page): of one client by
/// its public id, or of the whole agency. Empty where the agency has no such client.
///
/// # Errors
/// Where the database failed.
pub async fn audit_trail(
    state: &AppState,
    agency: AgencyId,
    client: Option<&str>,
    before: i64,
    limit: i64,
) -> Result<Vec<Record>, ReadError> {
    let mut db = state.db.acquire().await?;
    let workspace = match client {
        None => None,
        Some(public_id) => match admin::repo::client(&mut db, agency, public_id).await? {
            Some(client) => Some(client.workspace),
            None => return Ok(Vec::new()),
        },
    };
    Ok(audit::repo::page(&mut db, agency, workspace, before, limit).await?)
}

/// A page of the inbox, newest first, below the row `before` (`i64::MAX` for the first page): what is open, or what is
/// settled.
///
/// # Errors
/// Where the database failed.
pub async fn inbox(
    state: &AppState,
    agency: AgencyId,
    open: bool,
    before: i64,
    limit: i64,
) -> Result<Vec<Item>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(inbox::repo::page(&mut db, agency, open, before, limit).await?)
}

/// An item of the inbox with the purchase that its payment was meant for, where it is a payment that matches nothing;
/// `None` where the agency has no such item.
///
/// # Errors
/// Where the database failed.
pub async fn inbox_item(
    state: &AppState,
    agency: AgencyId,
    id: i64,
) -> Result<Option<(Item, Option<Purchase>)>, ReadError> {
    let mut db = state.db.acquire().await?;
    let Some(item) = inbox::repo::find(&mut db, agency, id).await? else {
        return Ok(None);
    };
    let meant = match item.kind {
        ItemKind::UnmatchedPayment => payments::repo::purchase_by_session(&mut db, &item.reference).await?,
        _ => None,
    };
    let meant = meant.filter(|purchase| purchase.workspace == item.workspace);
    Ok(Some((item, meant)))
}

/// How many items of the inbox wait for somebody.
///
/// # Errors
/// Where the database failed.
pub async fn inbox_count(state: &AppState, agency: AgencyId) -> Result<i64, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(inbox::repo::count_open(&mut db, agency).await?)
}

/// An agency's plans with the number of clients on each: on offer before archived, the smallest first.
///
/// # Errors
/// Where the database failed.
pub async fn plans(state: &AppState, agency: AgencyId) -> Result<Vec<Plan>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(catalog::repo::plans(&mut db, agency, None).await?)
}

/// A plan of this agency; `None` where it has none with this public id.
///
/// # Errors
/// Where the database failed.
pub async fn plan(state: &AppState, agency: AgencyId, public_id: &str) -> Result<Option<Plan>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(catalog::repo::plans(&mut db, agency, Some(public_id)).await?.pop())
}

/// An agency's packs with the number of clients that see each: on offer before archived, the smallest first.
///
/// # Errors
/// Where the database failed.
pub async fn packs(state: &AppState, agency: AgencyId) -> Result<Vec<Pack>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(catalog::repo::packs(&mut db, agency, None).await?)
}

/// A pack of this agency; `None` where it has none with this public id.
///
/// # Errors
/// Where the database failed.
pub async fn pack(state: &AppState, agency: AgencyId, public_id: &str) -> Result<Option<Pack>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(catalog::repo::packs(&mut db, agency, Some(public_id)).await?.pop())
}

/// Clients whose subscription is on this plan with other terms than it offers now: whom applying them would touch.
///
/// # Errors
/// Where the database failed.
pub async fn behind(state: &AppState, agency: AgencyId, plan: &str) -> Result<Vec<Behind>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(catalog::repo::behind(&mut db, agency, plan).await?)
}
