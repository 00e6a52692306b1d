//! `/billing/transactions` and its CSV: what happened to a wallet, newest first.

mod asked;
mod csv;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use futures::stream::{self, Stream, StreamExt as _};
use jiff::tz::TimeZone;

use super::answer::{frame, page, section};
use super::billing::{Parameters, parameters};
use super::components::SectionError;
use super::document::render;
use super::error::Error;
use super::pages::{Listed, TransactionsView, transactions_page};
use super::session::Viewer;
use crate::app::ReadError;
use crate::app::overview::overview;
use crate::app::pay_numbers::unpaid_numbers;
use crate::app::transactions::{self, Filter, Place, Transaction, TransactionType};
use crate::state::AppState;
use crate::units::WorkspaceId;

pub use asked::{Asked, Wrong};

/// Transactions on a page.
const ON_A_PAGE: i64 = 50;
/// Transactions that are written as CSV at once.
const AT_ONCE: usize = 500;

/// `GET /billing/transactions?type&from&to&reference&before&after`
pub async fn show(State(state): State<AppState>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let query = parameters(&query.unwrap_or_default());
    let frame = frame(&state, &viewer).await;
    let asked = Asked::read(&query);
    let filter = frame.overview.as_ref().map(|overview| asked.filter(&overview.time_zone));
    let (wrong, listed) = match filter {
        Ok(Ok(filter)) => {
            let listed = list(&state, viewer.workspace, &filter, place(&query)).await;
            (Wrong::default(), Some(section("the transactions", listed)))
        }
        Ok(Err(wrong)) => (wrong, None),
        Err(SectionError) => (Wrong::default(), Some(Err(SectionError))),
    };
    page(&state.config, render(|| transactions_page(frame, TransactionsView { asked, wrong, listed })))
}

/// Where the address says that the page begins; what is no number of a posting begins with the newest.
fn place(query: &Parameters) -> Place {
    let number = |name| query.get(name)?.parse().ok().filter(|seq| (1..i64::MAX).contains(seq));
    match (number("before"), number("after")) {
        (Some(seq), _) => Place::Before(seq),
        (None, Some(seq)) => Place::After(seq),
        (None, None) => Place::Newest,
    }
}

async fn list(state: &AppState, workspace: WorkspaceId, filter: &Filter, place: Place) -> Result<Listed, ReadError> {
    let mut page = transactions::page(state, workspace, filter, place, ON_A_PAGE).await?;
    let is_first = page.newer.is_none();
    if is_first && place != Place::Newest {
        // The way up ends within a page: the first page is always a full one.
        page = transactions::page(state, workspace, filter, Place::Newest, ON_A_PAGE).await?;
    }
    let (mut pending, mut unpaid) = match is_first {
        true => tokio::try_join!(transactions::pending(state, workspace), unpaid_numbers(state, workspace))?,
        false => (Vec::new(), Vec::new()),
    };
    pending.retain(|call| filter.allows(TransactionType::Call, call.created_at, &call.placement.id));
    unpaid.retain(|number| filter.allows(TransactionType::Number, number.since, &number.id));
    Ok(Listed { pending, unpaid, page })
}

/// `GET /billing/transactions.csv?type&from&to&reference`: every transaction of the filter. A wrong filter leads to the
/// page, which says what is wrong.
///
/// # Errors
/// The transactions cannot be read. Once the answer has begun, it breaks off instead.
pub async fn download(
    State(state): State<AppState>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let overview = overview(&state, viewer.workspace).await?;
    let asked = Asked::read(&parameters(&query.unwrap_or_default()));
    let Ok(filter) = asked.filter(&overview.time_zone) else {
        return Ok(Redirect::to(&format!("/billing/transactions?{}", asked.query(&[]))).into_response());
    };
    let today = overview.read_at.to_zoned(overview.time_zone.clone()).date();
    let name = format!("transactions-{}-{today}.csv", overview.workspace);
    let every = transactions::every(state, viewer.workspace, filter);
    let mut chunks = Box::pin(chunks(every, overview.time_zone));
    // An answer that cannot begin is an error; one that has begun can only break off.
    let first = chunks.next().await.transpose()?.unwrap_or_default();
    let rest = chunks.inspect(|chunk| {
        if let Err(error) = chunk {
            tracing::error!(%error, "a CSV of transactions broke off");
        }
    });
    let body = Body::from_stream(stream::iter([Ok(csv::head().into()), Ok(first)]).chain(rest));
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Lines of CSV, so many at once that memory does not grow with the list.
fn chunks(
    every: impl Stream<Item = Result<Transaction, ReadError>>,
    zone: TimeZone,
) -> impl Stream<Item = Result<Bytes, ReadError>> {
    every.chunks(AT_ONCE).map(move |some| {
        let transactions: Vec<Transaction> = some.into_iter().collect::<Result<_, _>>()?;
        Ok(csv::rows(&transactions, &zone).into())
    })
}
