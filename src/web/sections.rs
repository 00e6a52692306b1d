//! The server's half of the sections: on whose behalf they are read, what is read, and the HTML that it becomes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use leptos::prelude::{Owner, provide_context, use_context};
use leptos::reactive::computed::ScopedFuture;
use leptos_axum::handle_server_fns_with_context;
use tokio::sync::OnceCell;
use url::form_urlencoded;

use super::answer::section;
use super::billing::{Parameters, asked, card_forms, notice, parameters, repeated};
use super::components::{Paying, SectionError};
use super::dates::Calendar;
use super::document::fragment;
use super::error::Error;
use super::pages::{
    self, CardView, May, PRESSING, RECENT, RechargeTrouble, Refused, Urgent, addon_packs_section, card_section,
    payments_section, recharge_section, usage_section, wallet_section,
};
use super::session::Viewer;
use super::{recharge, usage};
use crate::app::bills;
use crate::app::overview::{self, Offers, Overview};
use crate::app::pay_numbers::unpaid_numbers;
use crate::app::save_card::current_card;
use crate::app::set_recharge::{RechargeView, recharge_view};
use crate::app::transactions::{self, Filter, Place};
use crate::app::zone::zone;
use crate::islands::WalletSection;
use crate::state::AppState;

/// Who asks for sections. What several of them need is read once for each request.
#[derive(Clone)]
pub struct Asking(Arc<Inner>);

struct Inner {
    state: AppState,
    viewer: Viewer,
    overview: OnceCell<Result<Overview, SectionError>>,
    offers: OnceCell<Result<Offers, SectionError>>,
    recharge: OnceCell<Result<RechargeView, SectionError>>,
}

impl Asking {
    /// A request of this person.
    pub fn new(state: AppState, viewer: Viewer) -> Self {
        let (overview, offers, recharge) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self(Arc::new(Inner { state, viewer, overview, offers, recharge }))
    }

    /// The person for whom the running server function is called, and who looks at this workspace.
    fn current(workspace: &str) -> Result<Self, SectionError> {
        use_context().filter(|asking: &Self| asking.shows(workspace)).ok_or_else(|| {
            tracing::error!("a section was asked for by nobody who looks at it");
            SectionError
        })
    }

    fn shows(&self, workspace: &str) -> bool {
        self.0.viewer.workspace_public_id == workspace
    }

    /// Runs `work`, in which server functions are called as plain functions, on behalf of this person.
    pub async fn behind<T>(&self, work: impl Future<Output = T>) -> T {
        let owner = Owner::new();
        let scoped = owner.with(|| {
            provide_context(self.clone());
            ScopedFuture::new_untracked(work)
        });
        scoped.await
    }

    /// The wallet.
    pub async fn overview(&self) -> Result<Overview, SectionError> {
        let read = || async { section("the wallet", overview::overview(&self.0.state, self.0.viewer.workspace).await) };
        self.0.overview.get_or_init(read).await.clone()
    }

    /// The packs on offer.
    pub async fn offers(&self) -> Result<Offers, SectionError> {
        let read = || async { section("the packs", overview::offers(&self.0.state, self.0.viewer.workspace).await) };
        self.0.offers.get_or_init(read).await.clone()
    }

    /// What the forms of somebody need who may pay; the address may repeat an attempt.
    fn paying(&self, query: &Parameters) -> Option<Paying> {
        let viewer = &self.0.viewer;
        viewer.role.may_buy().then(|| Paying::new(&viewer.csrf, repeated(query)))
    }

    /// Auto-recharge.
    async fn recharge(&self) -> Result<RechargeView, SectionError> {
        let read = || async { section("auto-recharge", recharge_view(&self.0.state, self.0.viewer.workspace).await) };
        self.0.recharge.get_or_init(read).await.clone()
    }

    /// What this person can pay for, given what could be read.
    async fn may(&self, overview: &Overview) -> May {
        May::of(self.0.viewer.role.may_buy(), overview, &self.offers().await)
    }
}

/// `GET /sections/…`: the server functions over HTTP. 401 for who is signed out, since nobody sees the form that a page
/// would lead to, and where the session shows another workspace by now.
pub async fn answer(State(state): State<AppState>, viewer: Result<Viewer, Error>, mut request: Request) -> Response {
    let asking = match viewer {
        Ok(viewer) => Asking::new(state, viewer),
        Err(Error::SignedOut { .. } | Error::NoWorkspace { .. } | Error::AtDesk) => {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        Err(error) => return error.into_response(),
    };
    let asked = parameters(request.uri().query().unwrap_or_default());
    let asked = |name| asked.get(name).map(String::as_str).unwrap_or_default();
    let workspace = asked("workspace");
    if !asking.shows(workspace) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    // Whoever accepts a page would be sent back to where it came from, by a redirect.
    request.headers_mut().remove(header::ACCEPT);
    *request.uri_mut() = as_asked_by_us(request.uri(), workspace, asked("query"));
    handle_server_fns_with_context(move || provide_context(asking.clone()), request).await.into_response()
}

/// The same address with exactly the parameters that our own islands send. What a function cannot read would be a fault
/// of ours, answered with 500; a page ignores what it does not know.
fn as_asked_by_us(uri: &Uri, workspace: &str, query: &str) -> Uri {
    let mut sent = form_urlencoded::Serializer::new(String::new());
    sent.append_pair("workspace", workspace).append_pair("query", query);
    format!("{}?{}", uri.path(), sent.finish()).parse().unwrap_or_else(|_| uri.clone())
}

/// Body of [`crate::islands::wallet`].
pub async fn wallet(workspace: &str, query: &str) -> Result<WalletSection, SectionError> {
    let asking = Asking::current(workspace)?;
    let query = parameters(query);
    let Inner { state, viewer, .. } = &*asking.0;
    let urgent = bills::most_urgent(state, viewer.workspace, state.clock.now());
    let notice = notice(state, viewer, &query);
    let (overview, _, notice, urgent, recharge) =
        tokio::join!(asking.overview(), asking.offers(), notice, urgent, asking.recharge());
    let overview = overview?;
    let may = asking.may(&overview).await;
    // Without it the alert still says that something is overdue.
    let urgent = section("the overdue payment", urgent).ok().flatten();
    let urgent = urgent.map(|request| Urgent { request, paying: asking.paying(&query) });
    let trouble = recharge.ok().as_ref().and_then(RechargeTrouble::of);
    Ok(wallet_section(&overview, notice.or_else(|| asked(&query).unsaid(may)), may, urgent, trouble))
}

/// Body of [`crate::islands::usage`]. It stands without the wallet, and leaves out the add-on balance then.
pub async fn usage(workspace: &str, query: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let query = parameters(query);
    let read = usage::read(&asking.0.state, asking.0.viewer.workspace, &query);
    let (usage, overview) = tokio::join!(read, asking.overview());
    usage_section(usage?, overview.ok().as_ref())
}

/// Body of [`crate::islands::recent_transactions`]. Without the wallet, holds are said in time, and a charge of nothing
/// in minutes.
pub async fn recent_transactions(workspace: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let (state, workspace) = (&asking.0.state, asking.0.viewer.workspace);
    let filter = Filter::default();
    let newest = transactions::page(state, workspace, &filter, Place::Newest, RECENT as i64);
    let read = async {
        let owed = unpaid_numbers(state, workspace);
        tokio::try_join!(zone(state, workspace), transactions::pending(state, workspace), owed, newest)
    };
    let (read, overview) = tokio::join!(read, asking.overview());
    let (zone, pending, unpaid, newest) = section("the transactions", read)?;
    let standing = overview.map(|overview| overview.standing).unwrap_or_default();
    let calendar = Calendar::new(&zone, state.clock.now());
    Ok(fragment(|| pages::recent_transactions(&unpaid, &pending, &newest.transactions, &standing, &calendar)))
}

/// Body of [`crate::islands::payments`].
pub async fn payments(workspace: &str, query: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let Inner { state, viewer, .. } = &*asking.0;
    let read =
        async { tokio::try_join!(zone(state, viewer.workspace), bills::pressing(state, viewer.workspace, PRESSING)) };
    let (read, overview) = tokio::join!(read, asking.overview());
    let (zone, bills) = section("the payments", read)?;
    let calendar = Calendar::new(&zone, state.clock.now());
    let paying = asking.paying(&parameters(query));
    let agency = overview.map(|overview| overview.agency_name).unwrap_or_default();
    Ok(payments_section(bills, &calendar, &agency, paying.as_ref()))
}

/// Body of [`crate::islands::auto_recharge`].
pub async fn auto_recharge(workspace: &str, query: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let (state, viewer) = (&asking.0.state, &asking.0.viewer);
    let (view, zone) = tokio::join!(asking.recharge(), zone(state, viewer.workspace));
    let calendar = Calendar::new(&section("the zone", zone)?, state.clock.now());
    Ok(recharge_section(&view?, recharge::asked(&parameters(query)), card_forms(viewer), &calendar))
}

/// Body of [`crate::islands::saved_card`].
pub async fn saved_card(workspace: &str, query: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let (state, viewer) = (&asking.0.state, &asking.0.viewer);
    let query = parameters(query);
    let asked = query.get("card").map(String::as_str);
    let error = query.get("error").filter(|_| asked == Some("save"));
    let view = CardView {
        card: section("the saved card", current_card(state, viewer.workspace).await)?,
        forms: card_forms(viewer),
        removing: asked == Some("remove"),
        refused: error.and_then(|word| Refused::parse(word)),
    };
    Ok(card_section(view))
}

/// Body of [`crate::islands::addon_packs`].
pub async fn addon_packs(workspace: &str) -> Result<String, SectionError> {
    let asking = Asking::current(workspace)?;
    let (overview, offers) = tokio::join!(asking.overview(), asking.offers());
    addon_packs_section(overview.ok(), offers, asking.0.viewer.role.may_buy())
}
