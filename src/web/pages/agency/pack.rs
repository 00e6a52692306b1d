//! `/agency/packs/new` and `/agency/packs/{id}`: one pack, as it is typed.

use leptos::prelude::*;

use super::fields::{Confirm, Filled, Line, Part};
use super::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::catalog::Pack;
use crate::units::{Meter, grouped};
use crate::web::components::{Alert, Tone};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PackView {
    /// The pack as it is offered; `None` for a new one.
    pub pack: Option<Pack>,
    /// What stands in the fields.
    pub form: Filled,
    /// The dialog that asks before archiving is open, under this one-use key.
    pub archiving: Option<String>,
    /// Why the form was refused.
    pub refusal: Option<DeskRefusal>,
    /// What was done a moment ago.
    pub notice: Option<DeskNotice>,
}

/// The page.
pub fn pack_page(desk: Desk, view: PackView) -> impl IntoView {
    let PackView { pack, form, archiving, refusal, notice } = view;
    let csrf = desk.csrf.clone();
    let (title, line) = match &pack {
        None => ("Add pack".to_owned(), "Units on top of a plan, which never expire".to_owned()),
        Some(pack) => (pack.offer.name.clone(), clients_words(pack)),
    };
    let dialog =
        pack.clone().zip(archiving).map(|(pack, key)| view! { <Archive pack=pack csrf=csrf.clone() key=key /> });
    let locked = pack.as_ref().is_some_and(|pack| pack.archived);
    view! {
        <DeskShell desk=desk corner=Corner::Packs title=title.clone() dialog=dialog.map(IntoAny::into_any)>
            <DeskHead title=title line=line trail=Corner::Packs>
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            {locked.then(|| view! { <Locked /> })}
            <PackForm pack=pack form=form csrf=csrf />
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

/// `Assigned to 2 clients`
fn clients_words(pack: &Pack) -> String {
    match pack.clients {
        0 => "Assigned to no client yet".to_owned(),
        1 => "Assigned to 1 client".to_owned(),
        clients => format!("Assigned to {} clients", grouped(clients)),
    }
}

#[component]
fn Locked() -> impl IntoView {
    let sentence = "It is no longer offered and cannot be edited. Units that were bought stay.";
    view! { <Alert tone=Tone::Neutral title="Archived" sentence=sentence action=None /> }
}

#[component]
fn Archive(pack: Pack, csrf: String, key: String) -> impl IntoView {
    let back = format!("/agency/packs/{}", pack.offer.id);
    let gone = match pack.clients {
        0 => "Nobody can buy it any more.".to_owned(),
        1 => "1 client no longer sees it.".to_owned(),
        clients => format!("{} clients no longer see it.", grouped(clients)),
    };
    view! {
        <Confirm
            title=format!("Archive {}?", pack.offer.name)
            sentence=format!("{gone} Units that were bought stay, with their price. It cannot be undone.")
            action=format!("{back}/archive")
            back=back
            words=("Keep pack", "Archive pack")
            danger=true
            csrf=csrf
            key=key
        />
    }
}

#[component]
fn PackForm(pack: Option<Pack>, form: Filled, csrf: String) -> impl IntoView {
    let locked = pack.as_ref().is_some_and(|pack| pack.archived);
    let action =
        pack.as_ref().map_or("/agency/packs/new".to_owned(), |pack| format!("/agency/packs/{}", pack.offer.id));
    let name = form.line(Line::new("name", "Name"));
    let description = Line::new("description", "Description").help("Clients read it below the name.").optional();
    let description = form.line(description.longest("400"));
    let price = form.line(Line::new("price", "Price").help("$0.50 or more, in whole cents.").longest("20"));
    let units = form.line(Line::new("units", "Minutes or calls").help("A whole number.").longest("9"));
    let meter = form.choice(
        "meter",
        "Counts",
        &[
            (Meter::Minutes.as_str(), "Minutes", "For plans that count minutes."),
            (Meter::Calls.as_str(), "Calls", "For plans that count calls."),
        ],
    );
    let popular = form.tick("popular", "Popular", "Marked and preselected where clients buy.");
    view! {
        <form class="desk-form" method="post" action=action novalidate>
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="form_key" value=form.key />
            <fieldset class="parts" disabled=locked>
                <Part id="pack" title="Pack">
                    {name} {price} {units} {description} {popular} {meter}
                </Part>
            </fieldset>
            {(!locked).then(|| view! { <End pack=pack.map(|pack| pack.offer.id) /> })}
        </form>
    }
    .into_any()
}

/// The buttons below the form.
#[component]
fn End(pack: Option<String>) -> impl IntoView {
    let (save, note) = match pack {
        None => ("Create pack", "Assign it to clients on their pages."),
        Some(_) => ("Save pack", "An edit changes what is bought from now on."),
    };
    view! {
        <div class="form-end">
            <button class="button primary" type="submit">
                {save}
            </button>
            <a class="button" href="/agency/packs">
                "Cancel"
            </a>
            {pack.map(|pack| {
                view! {
                    <a class="button danger" href=format!("/agency/packs/{pack}?archive=1")>
                        "Archive pack"
                    </a>
                }
            })}
        </div>
        <p class="foot">{note}</p>
    }
}
