//! The catalogue's pages: plans and packs are typed, kept where they are wrong, and applied in a step of their own.

use minutebank::app::agency::lists;
use minutebank::catalog::{Pack, Plan};
use minutebank::pricing::{HoldPolicy, Terms};
use minutebank::units::{MilliCents, Seconds};

use super::desk::{Desk, desk_on};
use super::entrance::elena;
use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::site::{Answered, Browser};

/// What a browser would send of the form on a page: every field with what stands in it.
fn fields(page: &Answered) -> Vec<(String, String)> {
    let form = page.body.split("class=\"desk-form\"").nth(1).expect("a form").split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let text = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
        Some(text.replace("&quot;", "\"").replace("&amp;", "&"))
    };
    let tags = form.split("<input").skip(1).map(|it| it.split('>').next().unwrap());
    let sent = tags.filter(|tag| {
        let chosen = tag.contains(" checked");
        chosen || !(tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\""))
    });
    sent.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))).collect()
}

/// Opens a page and sends its form with these fields typed over.
async fn save(browser: &Browser, address: &str, typed: &[(&str, &str)]) -> Answered {
    send(browser, address, fields(&browser.get(address).await), typed).await
}

async fn send(browser: &Browser, to: &str, mut form: Vec<(String, String)>, typed: &[(&str, &str)]) -> Answered {
    form.retain(|(name, _)| typed.iter().all(|(it, _)| it != name));
    let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).chain(typed.iter().copied()).collect();
    browser.post(to, &form).await
}

async fn plan(desk: &Desk<'_>, name: &str) -> Plan {
    let plans = lists::plans(desk.state, desk.agency).await.unwrap();
    plans.into_iter().find(|plan| plan.draft.terms.name == name).expect(name)
}

async fn pack(desk: &Desk<'_>, name: &str) -> Pack {
    let packs = lists::packs(desk.state, desk.agency).await.unwrap();
    packs.into_iter().find(|pack| pack.offer.name == name).expect(name)
}

#[test]
fn a_plan_is_typed_and_what_is_wrong_is_kept_and_named() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let typed = [
            ("name", "Growth & Co"),
            ("price", "49"),
            ("included", "300"),
            ("voice", "0.00007"),
            ("hold", "worst_case"),
            ("max_call", "7:30"),
        ];
        let wrong = [typed.as_slice(), &[("price", "49.505"), ("due_days", "soon"), ("voice", "0.000001")]].concat();
        let refused = save(&browser, "/agency/plans/new", &wrong).await;
        assert_eq!(refused.status, 422);
        let words = refused.words();
        for said in ["Nothing was saved", "at most two digits", "at most five digits", "Enter a whole number."] {
            assert!(words.contains(said), "{said}: {words}");
        }
        let kept = fields(&refused);
        for (name, text) in [("name", "Growth & Co"), ("price", "49.505"), ("due_days", "soon"), ("hold", "worst_case")]
        {
            assert!(kept.contains(&(name.to_owned(), text.to_owned())), "{name} is kept: {kept:?}");
        }
        let created =
            send(&browser, "/agency/plans/new", kept, &[typed.as_slice(), &[("due_days", "14")]].concat()).await;
        assert_eq!(created.location(), "/agency/plans?notice=saved");
        let Plan { draft, clients, .. } = plan(desk, "Growth & Co").await;
        assert_eq!((draft.rank, draft.public, clients), (2, true, 0));
        let growth = Terms {
            name: "Growth & Co".into(),
            price: MilliCents(4_900_000),
            included: 18_000,
            hold: HoldPolicy::WorstCase,
            max_call: Seconds(450),
            due_days: 14,
            rates: draft.terms.rates,
            ..starter()
        };
        assert_eq!((draft.terms.rates.voice, draft.terms), (MilliCents(7), growth));
        let list = browser.get("/agency/plans?notice=saved").await.words();
        assert!(list.contains("2 on offer") && list.contains("$0.00007 per min") && list.contains("Saved."), "{list}");
        assert!(list.contains("$29.00 100 min – Add-on packs · On Clients buy 1"), "{list}");
    });
}

#[test]
fn an_edit_is_applied_to_whom_the_page_names_and_says_who_was_not_moved() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let id = plan(desk, "Starter").await.id;
        let (page, apply) = (format!("/agency/plans/{id}"), format!("/agency/plans/{id}/apply"));
        let nobody = browser.get(&apply).await.words();
        assert!(nobody.contains("Every client has these terms"), "{nobody}");
        let form = fields(&browser.get(&page).await);
        let smaller = [("included", "10"), ("addons", "off")];
        for _ in 0..2 {
            let saved = send(&browser, &page, form.clone(), &smaller).await;
            assert_eq!(saved.location(), format!("{page}?notice=saved"), "a double click saves once");
        }
        let stale = send(&browser, &page, form, &[("included", "77")]).await;
        assert_eq!(stale.status, 409);
        assert!(fields(&stale).contains(&("included".into(), "77".into())), "what was typed is kept");
        assert_eq!(plan(desk, "Starter").await.draft.terms.included, 600);
        let told = browser.get(&page).await.words();
        assert!(told.contains("1 client is on earlier terms") && told.contains("Apply to existing clients"), "{told}");
        let touched = browser.get(&apply).await.words();
        assert!(touched.contains("Harbor Dental included 100 min → 10 min, add-on packs On → Off"), "{touched}");
        let mut unchosen = fields(&browser.get(&apply).await);
        unchosen.retain(|(name, _)| name != "client");
        let none = send(&browser, &apply, unchosen.clone(), &[]).await;
        assert_eq!(none.status, 422);
        assert!(none.words().contains("Choose at least one client."));
        assert_eq!(send(&browser, &apply, unchosen, &[("client", "ws_none")]).await.status, 404);

        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        for call in 0..11 {
            world.submit(workspace, place(&format!("c{call}"))).await;
        }
        let refused = save(&browser, &apply, &[("effective", "now")]).await;
        let words = refused.words();
        assert_eq!(refused.status, 409);
        assert!(words.contains("Harbor Dental") && words.contains("Not moved: Open calls"), "{words}");
        for call in 0..11 {
            world.submit(workspace, answered(&format!("c{call}"), 1)).await;
        }
        let applied = send(&browser, &apply, fields(&refused), &[]).await;
        assert_eq!(applied.location(), format!("{page}?notice=terms_applied"));
        assert_eq!(desk.wallet().await.subscription.unwrap().snapshot.terms.included, 600);
    });
}

#[test]
fn what_is_archived_is_asked_for_first_and_edited_no_more() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        for page in [
            format!("/agency/plans/{}", plan(desk, "Starter").await.id),
            format!("/agency/packs/{}", pack(desk, "Medium").await.offer.id),
        ] {
            let asked = browser.get(&format!("{page}?archive=1")).await;
            assert!(asked.body.contains("<dialog") && asked.body.contains("It cannot be undone."), "{page}");
            let button = [("csrf", asked.hidden("csrf")), ("form_key", asked.hidden("form_key"))];
            let button: Vec<_> = button.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let archived = browser.post(&format!("{page}/archive"), &button).await;
            assert!(archived.location().ends_with("?notice=archived"));
            let list = browser.get(archived.location()).await.words();
            assert!(list.contains("Archived No longer offered"), "{list}");
            let shown = browser.get(&page).await;
            assert!(shown.body.contains("<fieldset disabled"), "{}", shown.body);
            assert_eq!(send(&browser, &page, fields(&shown), &[]).await.status, 404);
            assert!(!browser.get(&format!("{page}?archive=1")).await.body.contains("<dialog"));
        }
        assert_eq!(desk.wallet().await.subscription.unwrap().snapshot.terms, starter(), "who is on it stays on it");
    });
}

#[test]
fn a_pack_is_typed_shown_and_edited() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let typed = [("name", "Huge"), ("price", "12.34"), ("units", "1000"), ("popular", "1")];
        let cheap = save(&browser, "/agency/packs/new", &[typed.as_slice(), &[("price", "0.49")]].concat()).await;
        assert_eq!(cheap.status, 422);
        assert!(cheap.words().contains("Enter $0.50 to $10,000.00, in whole cents."));
        let created = send(&browser, "/agency/packs/new", fields(&cheap), &typed).await;
        assert_eq!(created.location(), "/agency/packs?notice=saved");
        let list = browser.get("/agency/packs").await.words();
        assert!(list.contains("Huge Popular $12.34 1,000 minutes $0.02 per min 0 clients"), "{list}");
        assert!(list.contains("Medium Popular $10.00 100 minutes $0.10 per min 1 client"), "{list}");
        let huge = pack(desk, "Huge").await;
        assert_eq!((huge.offer.price, huge.offer.units), (MilliCents(1_234_000), 60_000));
        let page = format!("/agency/packs/{}", huge.offer.id);
        save(&browser, &page, &[("popular", ""), ("description", "For \"busy\" months")]).await;
        let edited = pack(desk, "Huge").await.offer;
        assert_eq!((edited.popular, edited.description.as_str()), (false, "For \"busy\" months"));
    });
}
