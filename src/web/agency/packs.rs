//! `/agency/packs`: what is sold on top of plans, one pack's form, and its end.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};

use super::outcome::{done, refused, status};
use super::plans::{Asked, Button, kept};
use crate::app::agency::{AgencyError, lists};
use crate::app::edit_pack::{archive_pack, create_pack, edit_pack};
use crate::catalog::{FieldError, Pack, PackDraft};
use crate::ids;
use crate::pricing::{CENTS, PackOffer};
use crate::state::AppState;
use crate::units::{Meter, MilliCents};
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, Filled, PackView, pack_page, packs_page};
use crate::web::session::{Administrator, CsrfForm};
use crate::web::typed::{Reader, Typed};

const LIST: &str = "/agency/packs";

/// `GET /agency/packs?notice`
pub async fn list(State(state): State<AppState>, administrator: Administrator, Query(asked): Query<Asked>) -> Response {
    let agency = administrator.admin.agency;
    let (desk, packs) = tokio::join!(desk(&state, &administrator), lists::packs(&state, agency));
    let packs = section("the packs", packs);
    page(&state.config, render(|| packs_page(desk, packs, asked.notice())))
}

/// `GET /agency/packs/new`
pub async fn begin(State(state): State<AppState>, administrator: Administrator) -> Response {
    let typed = [("meter", Meter::Minutes.as_str())].into_iter().collect();
    let form = Filled { key: ids::fresh("form"), typed, faults: Vec::new() };
    let view = PackView { pack: None, form, archiving: None, refusal: None, notice: None };
    let desk = desk(&state, &administrator).await;
    page(&state.config, render(|| pack_page(desk, view)))
}

/// `POST /agency/packs/new`. Refused: the form again as it was typed.
///
/// # Errors
/// `FormExpired`; faults of the database.
pub async fn create(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let key = typed.take_key();
    let created = match read(&typed) {
        Ok(draft) => create_pack(&state, &administrator.form(key.clone()), &draft).await.map(|_| ()),
        Err(faults) => Err(AgencyError::Invalid(faults)),
    };
    match created {
        Ok(()) => Ok(done(LIST, DeskNotice::Saved).into_response()),
        Err(error) => again(&state, &administrator, None, (key, typed), error).await,
    }
}

/// `GET /agency/packs/{id}?notice&archive`
///
/// # Errors
/// `NotFound` where the agency has no such pack; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let pack = find(&state, &administrator, &id).await?;
    let form = Filled { key: ids::fresh("form"), typed: filled(&pack.offer), faults: Vec::new() };
    let archiving = asked.archiving().filter(|_| !pack.archived);
    let view = PackView { pack: Some(pack), form, archiving, refusal: None, notice: asked.notice() };
    let desk = desk(&state, &administrator).await;
    Ok(page(&state.config, render(|| pack_page(desk, view))))
}

/// `POST /agency/packs/{id}`. Refused: the form again as it was typed.
///
/// # Errors
/// `NotFound` where the agency has no such pack on offer; `FormExpired`; faults of the database.
pub async fn edit(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let pack = find(&state, &administrator, &id).await?;
    let key = typed.take_key();
    let edited = match read(&typed) {
        Ok(draft) => edit_pack(&state, &administrator.form(key.clone()), &id, &draft).await,
        Err(faults) => Err(AgencyError::Invalid(faults)),
    };
    match edited {
        Ok(()) => Ok(done(LIST, DeskNotice::Saved).into_response()),
        Err(error) => again(&state, &administrator, Some(pack), (key, typed), error).await,
    }
}

/// `POST /agency/packs/{id}/archive`
///
/// # Errors
/// `NotFound` where the agency has no such pack on offer; `FormExpired`; faults of the database.
pub async fn archive(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(button): CsrfForm<Button>,
) -> Result<Response, Error> {
    match archive_pack(&state, &administrator.form(button.key()), &id).await {
        Ok(()) => Ok(done(LIST, DeskNotice::Archived).into_response()),
        Err(error) => {
            let pack = find(&state, &administrator, &id).await?;
            let typed = filled(&pack.offer);
            again(&state, &administrator, Some(pack), (String::new(), typed), error).await
        }
    }
}

/// The form as it was typed, with why it was refused.
async fn again(
    state: &AppState,
    administrator: &Administrator,
    pack: Option<Pack>,
    (key, typed): (String, Typed),
    error: AgencyError,
) -> Result<Response, Error> {
    let (refusal, faults) = refused(error)?;
    let form = Filled { key: kept(key, refusal), typed, faults };
    let view = PackView { pack, form, archiving: None, refusal: Some(refusal), notice: None };
    let desk = desk(state, administrator).await;
    let mut response = page(&state.config, render(|| pack_page(desk, view)));
    *response.status_mut() = status(refusal);
    Ok(response)
}

async fn find(state: &AppState, administrator: &Administrator, id: &str) -> Result<Pack, Error> {
    lists::pack(state, administrator.admin.agency, id).await?.ok_or(Error::NotFound)
}

/// The form of a pack as it is offered now.
fn filled(offer: &PackOffer) -> Typed {
    [
        ("name", offer.name.clone()),
        ("description", offer.description.clone()),
        ("price", offer.price.as_rate()),
        ("meter", offer.meter.as_str().to_owned()),
        ("units", offer.pieces().to_string()),
        ("popular", if offer.popular { "1" } else { "" }.to_owned()),
    ]
    .into_iter()
    .collect()
}

/// The pack that stands in a form; else everything that is wrong with it, by field.
fn read(typed: &Typed) -> Result<PackDraft, Vec<FieldError>> {
    let mut form = Reader::new(typed);
    let meter = form.choice("meter", Meter::Minutes, Meter::parse);
    let pieces = form.number::<i64>("units", 1);
    let draft = PackDraft {
        name: form.text("name"),
        description: form.text("description"),
        meter,
        units: pieces.saturating_mul(meter.per_piece()),
        price: form.dollars("price", CENTS, MilliCents(50_000)),
        popular: typed.text("popular") == "1",
    };
    match form.faults(draft.faults()) {
        faults if faults.is_empty() => Ok(draft),
        faults => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_reads_as_it_is_shown_or_says_what_is_wrong() {
        let draft = PackDraft {
            name: "Medium".into(),
            description: "For a busy month".into(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_234_000),
            popular: true,
        };
        let shown = filled(&draft.offer("pack_1"));
        assert_eq!(shown.text("price"), "$12.34");
        assert_eq!(read(&shown), Ok(draft));
        let mut wrong = shown.clone();
        wrong.extend([("price", "0.49"), ("units", "2.5"), ("name", "")]);
        let fields: Vec<_> = read(&wrong).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["units", "name", "price"]);
    }
}
