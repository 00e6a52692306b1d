//! `/agency/clients/{id}`: one client, and everything that its agency does for it.
//!
//! Each form leads back to its tab with what was done, or shows the tab again with what was refused and what was typed.

mod packs;
mod requests;
mod subscription;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::outcome::{done, refused, status};
use crate::app::ReadError;
use crate::app::agency::client::{ClientDetail, client};
use crate::app::agency::{AgencyError, lists};
use crate::app::packages::packages;
use crate::app::refund_unused::{RefundUnusedError, quote};
use crate::app::send_refund::RefundError;
use crate::payments::request::PaymentRequest;
use crate::state::AppState;
use crate::tenants::AgencyId;
use crate::tenants::audit::Record;
use crate::units::WorkspaceId;
use crate::web::answer::{desk, page, section};
use crate::web::billing::{Parameters, parameters};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{
    ClientDialog, ClientTab, ClientView, Content, DeskForm, DeskNotice, DeskRefusal, Turned, client_page,
};
use crate::web::session::Administrator;

pub use packs::{apply_pack, assign_packs, refund_unused, remove_assignment};
pub use requests::{cancel_request, mark_paid};
pub use subscription::{change_plan, end_subscription, grant, subscribe};

/// Requests and deeds on a page.
const ON_A_PAGE: usize = 25;
/// Requests beside the packs.
const RECENT: usize = 4;

/// What is shown of a client.
#[derive(Debug, Default)]
struct Asked {
    tab: ClientTab,
    /// Assigned packs are chosen anew.
    editing: bool,
    /// What the dialog over the page is about, by ids that nobody has checked.
    dialog: Option<DialogOf>,
    /// Where a list goes on.
    before: Option<String>,
    notice: Option<DeskNotice>,
    refusal: Option<DeskRefusal>,
    form: DeskForm,
}

/// A dialog, and the id of what it is about.
#[derive(Debug)]
enum DialogOf {
    Apply(String),
    Remove(String),
    MarkPaid(String),
    CancelRequest(String),
    Refund(String),
    End,
}

impl DialogOf {
    fn read(query: &Parameters) -> Option<Self> {
        let id = |name| query.get(name).cloned();
        id("apply")
            .map(Self::Apply)
            .or_else(|| id("remove").map(Self::Remove))
            .or_else(|| id("paid").map(Self::MarkPaid))
            .or_else(|| id("waive").map(Self::CancelRequest))
            .or_else(|| id("refund").map(Self::Refund))
            .or_else(|| id("end").map(|_| Self::End))
    }
}

/// A form of the client's pages, by its fields' names.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Sent(Vec<(String, String)>);

impl Sent {
    /// A field that was sent once; empty where it is missing.
    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// Everything that was sent under a name.
    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(it, _)| it == name).map(|(_, value)| value.clone()).collect()
    }

    /// The tab that the form stands on.
    fn tab(&self) -> ClientTab {
        ClientTab::parse(self.one("sub")).unwrap_or_default()
    }
}

/// `GET /agency/clients/{id}?tab=billing&sub=subscription|addon-packs|requests|activity&before`; with `apply`, `remove`,
/// `paid`, `waive`, `refund` or `end` a dialog stands over it.
///
/// # Errors
/// `NotFound` where the agency has no such client; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let query = parameters(&query.unwrap_or_default());
    let word = |name| query.get(name).map_or("", String::as_str);
    let first = if word("tab") == "billing" { ClientTab::Subscription } else { ClientTab::default() };
    let asked = Asked {
        tab: ClientTab::parse(word("sub")).filter(|_| word("tab") == "billing").unwrap_or(first),
        editing: query.contains_key("edit"),
        dialog: DialogOf::read(&query),
        before: query.get("before").cloned(),
        notice: DeskNotice::parse(word("notice")),
        form: DeskForm::fresh(),
        ..Asked::default()
    };
    answer(&state, &administrator, &id, asked).await
}

/// What became of a form: on to its tab, or the tab again.
async fn ended(
    state: &AppState,
    administrator: &Administrator,
    id: &str,
    sent: Sent,
    outcome: Result<DeskNotice, AgencyError>,
    asked: Asked,
) -> Result<Response, Error> {
    let error = match outcome {
        Ok(notice) => return Ok(done(&asked.tab.address(id), notice).into_response()),
        Err(error) => error,
    };
    let (refusal, faults) = refused(error)?;
    let asked = Asked { refusal: Some(refusal), form: DeskForm::again(sent.0, faults), ..asked };
    let mut response = answer(state, administrator, id, asked).await?;
    *response.status_mut() = status(refusal);
    Ok(response)
}

async fn answer(state: &AppState, administrator: &Administrator, id: &str, asked: Asked) -> Result<Response, Error> {
    let agency = administrator.admin.agency;
    let Asked { tab, editing, dialog, before, notice, refusal, form } = asked;
    let client = client(state, agency, id).await?.ok_or(Error::NotFound)?;
    let dialog = match dialog {
        Some(dialog) => opened(state, &client, dialog).await?,
        None => None,
    };
    let content = content(state, agency, &client, tab, editing, before).await?;
    let desk = desk(state, administrator).await;
    let view = ClientView { client, content, dialog, notice, refusal, form };
    Ok(page(&state.config, render(|| client_page(desk, view))))
}

/// The dialog, where there still is what it is about.
async fn opened(state: &AppState, client: &ClientDetail, dialog: DialogOf) -> Result<Option<ClientDialog>, Error> {
    let pack = |id: &str| client.assigned.iter().find(|pack| pack.offer.id == id).map(|pack| pack.offer.clone());
    let owed = async |id: &str| {
        let request = lists::request_of(state, client.client.workspace, id).await?;
        Ok::<_, Error>(request.filter(|request| request.status.is_owed()))
    };
    Ok(match dialog {
        DialogOf::Apply(id) => pack(&id).filter(|_| client.takes_packs()).map(ClientDialog::Apply),
        DialogOf::Remove(id) => pack(&id).map(ClientDialog::Remove),
        DialogOf::MarkPaid(id) => owed(&id).await?.map(ClientDialog::MarkPaid),
        DialogOf::CancelRequest(id) => owed(&id).await?.map(ClientDialog::CancelRequest),
        DialogOf::Refund(purchase) => match quote(state, client.client.workspace, &purchase).await {
            Ok(quote) => Some(ClientDialog::Refund(quote)),
            Err(RefundUnusedError::Refund(RefundError::Database(error))) => return Err(error.into()),
            Err(_) => None,
        },
        DialogOf::End => client.overview.running().map(|_| ClientDialog::End),
    })
}

/// What the tab shows besides the client itself; each list fails alone.
async fn content(
    state: &AppState,
    agency: AgencyId,
    client: &ClientDetail,
    tab: ClientTab,
    editing: bool,
    before: Option<String>,
) -> Result<Content, Error> {
    let workspace = client.client.workspace;
    Ok(match tab {
        ClientTab::Overview => Content::Overview,
        ClientTab::Subscription => {
            Content::Subscription { plans: section("the plans", lists::plans(state, agency).await) }
        }
        ClientTab::AddonPacks => {
            let (requests, packages) =
                tokio::join!(requests(state, workspace, None, RECENT), packages(state, workspace));
            let packages = section("the packages", packages);
            Content::AddonPacks { editing, packages, requests: section("the requests", requests) }
        }
        ClientTab::Requests => {
            let (requests, overpaid) = tokio::join!(
                requests(state, workspace, before, ON_A_PAGE),
                lists::overpayments(state, workspace, ON_A_PAGE as i64)
            );
            let overpaid = section("the overpayments", overpaid);
            Content::Requests { requests: section("the requests", requests), overpaid }
        }
        ClientTab::Activity => {
            let records = deeds(state, agency, &client.client.public_id, before).await;
            Content::Activity { records: section("the activity", records) }
        }
    })
}

/// A page of requests, below the one with the id `before`.
async fn requests(
    state: &AppState,
    workspace: WorkspaceId,
    before: Option<String>,
    on_a_page: usize,
) -> Result<Turned<PaymentRequest>, ReadError> {
    let below = match &before {
        Some(id) => lists::request_of(state, workspace, id).await?.map(|request| request.place()),
        None => None,
    };
    let found = lists::requests_of(state, workspace, below.as_ref(), on_a_page as i64 + 1).await?;
    Ok(Turned::new(found, on_a_page, below.is_some(), |request| request.id.clone()))
}

/// A page of the audit trail about a client, below the number `before`.
async fn deeds(
    state: &AppState,
    agency: AgencyId,
    client: &str,
    before: Option<String>,
) -> Result<Turned<Record>, ReadError> {
    let below = before.and_then(|number| number.parse().ok());
    let number = below.unwrap_or(i64::MAX);
    let found = lists::audit_trail(state, agency, Some(client), number, ON_A_PAGE as i64 + 1).await?;
    Ok(Turned::new(found, ON_A_PAGE, below.is_some(), |record| record.number.to_string()))
}
