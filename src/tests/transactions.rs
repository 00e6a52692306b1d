//! `/billing/transactions` and its CSV.

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use minutebank::ledger::{CallOutcome, Command, Direction, LotGrant, LotSource, Placement};
use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Role;
use minutebank::units::{Meter, MilliCents, Seconds, WorkspaceId};

use crate::fixture::{World, at, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";

/// Starter with credits at $0.15 a minute and messages at a cent.
pub fn with_rates() -> Terms {
    let rates = Rates {
        voice: MilliCents(10_000),
        telephony: MilliCents(5_000),
        message: MilliCents(1_000),
        ..Rates::default()
    };
    Terms { rates, ..starter() }
}

/// A workspace on these terms, and its owner's browser.
pub async fn signed_in(world: &World, terms: &Terms) -> (WorkspaceId, Browser) {
    let workspace = world.subscribed(terms).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    let browser = Site::of(world).await.browser();
    browser.sign_in(DANA, PASSWORD).await;
    (workspace, browser)
}

/// Places a call from +1 312 555 0176.
pub async fn place(world: &World, workspace: WorkspaceId, id: &str, agent: &str) {
    let placement = Placement {
        id: id.into(),
        direction: Direction::Inbound,
        agent: Some(agent.into()),
        from: Some("+13125550176".into()),
        to: None,
        recording: false,
        metadata: None,
    };
    world.submit(workspace, Command::PlaceHold(placement)).await;
}

/// Ends a call with so many connected seconds.
pub async fn end(world: &World, workspace: WorkspaceId, id: &str, billed: i64) {
    let (outcome, duration) = (CallOutcome::Answered, Seconds(billed + 14));
    world.submit(workspace, Command::EndCall { id: id.into(), outcome, duration, billed: Seconds(billed) }).await;
}

/// Adds credits, as `key` paid for them.
pub async fn top_up(world: &World, workspace: WorkspaceId, key: &str, dollars: i64) {
    let amount = MilliCents(dollars * MilliCents::PER_DOLLAR);
    world.submit(workspace, Command::CreditMoney { key: key.into(), amount }).await;
}

/// Adds a package of so many seconds.
pub async fn package(world: &World, workspace: WorkspaceId, key: &str, secs: i64) {
    let lot = LotGrant {
        name: "Small".into(),
        meter: Meter::Minutes,
        units: secs,
        price: MilliCents(600_000),
        source: LotSource::Agency,
        reference: "apply_1".into(),
    };
    world.submit(workspace, Command::CreditLots { key: key.into(), lots: vec![lot] }).await;
}

async fn message(world: &World, workspace: WorkspaceId, id: &str) {
    world.submit(workspace, Command::ChargeMessages { id: id.into(), count: 1 }).await;
}

/// Which of these ids the page's rows lead to.
fn leads_to<'a>(page: &Answered, ids: &[&'a str]) -> Vec<&'a str> {
    let leads = |id: &&&str| {
        let call = format!("href=\"/billing/calls/{id}\"");
        page.body.contains(&call) || page.body.contains(&format!("?reference={id}\""))
    };
    ids.iter().filter(leads).copied().collect()
}

fn records(csv: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).collect()
}

fn column<'a>(csv: &str, records: &'a [csv::StringRecord], name: &str) -> Vec<&'a str> {
    let place = csv.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
    records.iter().map(|record| &record[place]).collect()
}

#[test]
fn what_happened_is_listed_with_what_it_left() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        world.clock.advance(SignedDuration::from_hours(1));
        top_up(world, workspace, "cs_1", 10).await;
        place(world, workspace, "call_1", "Front desk").await;
        end(world, workspace, "call_1", 6_084).await;
        place(world, workspace, "call_open", "Front desk").await;
        let page = browser.get("/billing/transactions").await;
        let words = page.words();
        let mut from = 0;
        for expected in [
            "Times in America/New_York (EST)",
            "Pending $0.15 held",
            "Call from (312) 555-0176 11:00 · In progress Held $0.15 –",
            "Today, Nov 20 0 min, +$9.79",
            "1 h 41 min, agent Front desk Call −100 min 00 s −$0.21 0 min 00 s $9.79",
            "Credits added 11:00 · Paid through Stripe Top-up +$10.00 $10.00",
            "Plan started",
            "+100 min 100 min 00 s",
            "Newest first Newer Older",
        ] {
            let found = words[from..].find(expected);
            from += found.unwrap_or_else(|| panic!("{expected:?} is not next in {}", &words[from..]));
        }
        assert_eq!(leads_to(&page, &["call_1", "call_open", "cs_1"]).len(), 3);
    });
}

#[test]
fn a_filter_finds_what_it_says_and_nothing_else() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        top_up(world, workspace, "cs_1", 10).await;
        let ids = ["call_a1", "call_a2", "callXa3", "call_open", "msg_1"];
        // A Saturday, and the Sunday of 25 hours, at its first and last minute.
        for (time, id) in [("2027-11-06T16:00:00Z", ids[0]), ("2027-11-07T04:00:00Z", ids[1])] {
            world.clock.set(at(time));
            place(world, workspace, id, "Front desk").await;
            end(world, workspace, id, 60).await;
        }
        world.clock.set(at("2027-11-08T04:59:59Z"));
        place(world, workspace, ids[2], "Front desk").await;
        end(world, workspace, ids[2], 60).await;
        message(world, workspace, ids[4]).await;
        world.clock.set(at("2027-11-08T05:00:00Z"));
        place(world, workspace, ids[3], "Front desk").await;
        browser.sign_in(DANA, PASSWORD).await;
        for (query, found) in [
            ("", vec![0, 1, 2, 3, 4]),
            ("from=2027-11-07&to=2027-11-07", vec![1, 2, 4]),
            ("from=2027-11-08", vec![3]),
            ("to=2027-11-06", vec![0]),
            ("reference=call_", vec![0, 1, 3]),
            ("reference=call_a1", vec![0]),
            ("reference=%25", vec![]),
            ("reference=+call_a1+", vec![0]),
            ("type=message", vec![4]),
            ("type=call&to=2027-11-07", vec![0, 1, 2]),
            ("type=dispute", vec![]),
        ] {
            let page = browser.get(&format!("/billing/transactions?{query}")).await;
            let expected: Vec<&str> = found.iter().map(|place: &usize| ids[*place]).collect();
            assert_eq!(leads_to(&page, &ids), expected, "{query}");
            let nothing = page.words().contains("No transactions match");
            assert_eq!(nothing, expected.is_empty(), "{query}");
        }
    });
}

#[test]
fn what_is_wrong_with_a_filter_stands_beside_its_field() {
    world(async |world| {
        let (_, browser) = signed_in(world, &with_rates()).await;
        for (query, words) in [
            ("type=calls", "Choose a type from the list."),
            ("from=2026-02-30", "Enter a date such as 2026-11-20."),
            ("to=yesterday", "Enter a date such as 2026-11-20."),
            ("from=2026-11-02&to=2026-11-01", "Choose a day that is not before From."),
            ("reference=a%00b", "Enter letters, digits and signs, without spaces."),
        ] {
            let page = browser.get(&format!("/billing/transactions?{query}")).await;
            assert_eq!(page.status, 200, "{query}");
            assert!(page.words().contains(words), "{query}: {}", page.words());
            assert!(!page.words().contains("Plan started"), "{query} lists nothing");
            let csv = browser.get(&format!("/billing/transactions.csv?{query}")).await;
            assert!(csv.location().starts_with("/billing/transactions?"), "{query}");
        }
        for harmless in ["before=x", "before=0", "after=-1", "before=9223372036854775807", "after=9223372036854775807"]
        {
            let page = browser.get(&format!("/billing/transactions?{harmless}")).await;
            assert!(page.words().contains("Plan started"), "{harmless}: {}", page.words());
        }
    });
}

#[test]
fn pages_go_down_to_the_first_and_up_to_the_last() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        top_up(world, workspace, "cs_1", 10).await;
        let ids: Vec<String> = (0..118).map(|number| format!("msg_{number:03}")).collect();
        for id in &ids {
            message(world, workspace, id).await;
        }
        let shown = |page: &Answered| -> Vec<String> {
            let rows = page.body.split("?reference=").skip(1);
            rows.filter_map(|row| row.split('"').next())
                .filter(|id| id.starts_with("msg_"))
                .map(str::to_owned)
                .collect()
        };
        let turn = |page: &Answered, words: &str| -> Option<String> {
            let link = page.body.split("<a ").find(|link| link.contains(&format!(">{words}</a>")))?;
            Some(link.split("href=\"").nth(1)?.split('"').next()?.replace("&amp;", "&"))
        };
        let mut page = browser.get("/billing/transactions?reference=").await;
        let first = shown(&page);
        assert_eq!((first.len(), turn(&page, "Newer")), (50, None));
        let mut seen = first.clone();
        while let Some(older) = turn(&page, "Older") {
            page = browser.get(&older).await;
            seen.extend(shown(&page));
        }
        assert_eq!(seen, ids.iter().rev().cloned().collect::<Vec<_>>(), "each once, newest first");
        // Meanwhile something happened, so that the way up no longer ends where the way down began.
        message(world, workspace, "msg_new").await;
        let first = shown(&browser.get("/billing/transactions").await);
        let mut pages = 1;
        while let Some(newer) = turn(&page, "Newer") {
            page = browser.get(&newer).await;
            pages += 1;
        }
        assert_eq!((first.len(), shown(&page), pages), (50, first, 4), "the first page is a full one again");
    });
}

#[test]
fn the_csv_is_whole_exact_and_harmless() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        top_up(world, workspace, "cs_1", 20).await;
        for (number, agent) in ["=HYPERLINK(\"http://evil\")", "+1", "-1", "@SUM(A1)", "\t=1"].iter().enumerate() {
            // The description of a call without a number is ours; the agent stands within the second line.
            let id = format!("{}id_{number}", ["-", "-", "call", "a", "b"][number]);
            place(world, workspace, &id, agent).await;
            end(world, workspace, &id, 1_223).await;
        }
        world.clock.set(at("2027-07-01T12:00:00Z"));
        // More than are read at once.
        let messages = futures::stream::iter(0..1_200).map(async |number| {
            message(world, workspace, &format!("msg_{number}")).await;
        });
        messages.buffer_unordered(64).collect::<Vec<_>>().await;
        browser.sign_in(DANA, PASSWORD).await;
        let answer = browser.get("/billing/transactions.csv").await;
        assert_eq!(answer.status, 200);
        let name = format!("attachment; filename=\"transactions-{}-2027-07-01.csv\"", world.public_id(workspace).await);
        for (header, value) in [
            ("content-type", "text/csv; charset=utf-8"),
            ("cache-control", "private, no-store"),
            ("content-disposition", &name),
        ] {
            assert_eq!(answer.header(header), value);
        }
        let csv = &answer.body;
        let records = records(csv);
        let seqs: Vec<i64> = column(csv, &records, "seq").iter().map(|seq| seq.parse().unwrap()).collect();
        let newest = seqs[0];
        assert_eq!(seqs, (1..=newest).rev().collect::<Vec<_>>(), "every posting, newest first");
        assert!(records.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{csv}");
        let ids = column(csv, &records, "reference_id");
        assert!(ids.contains(&"'-id_0") && ids.contains(&"callid_2"), "{ids:?}");
        let mc = |dollars: &&str| -> i64 { dollars.replace('.', "").parse().unwrap() };
        let [incoming, outgoing, after] = ["usd_in", "usd_out", "usd_after"]
            .map(|name| column(csv, &records, name).iter().map(mc).collect::<Vec<_>>());
        assert_eq!(incoming.iter().sum::<i64>() - outgoing.iter().sum::<i64>(), after[0], "it adds up");
        let times = column(csv, &records, "occurred_at");
        assert_eq!((times[0], *times.last().unwrap()), ("2027-07-01T08:00:00-04:00", "2026-11-20T10:00:00-05:00"));
        let filtered = browser.get("/billing/transactions.csv?type=call&to=2026-12-31").await;
        assert_eq!(self::records(&filtered.body).len(), 5);
        let none = browser.get("/billing/transactions.csv?type=dispute").await;
        assert_eq!((none.status.as_u16(), none.body.lines().count()), (200, 1), "only the head");
    });
}

#[test]
fn others_see_none_of_it() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        let other = world.subscribed(&with_rates()).await;
        for (workspace, id) in [(workspace, "call_own"), (other, "call_foreign")] {
            place(world, workspace, id, "Front desk").await;
            end(world, workspace, id, 60).await;
        }
        let page = browser.get("/billing/transactions").await;
        assert_eq!(leads_to(&page, &["call_own", "call_foreign"]), ["call_own"]);
        let asked = browser.get("/billing/transactions?reference=call_foreign").await;
        assert!(asked.words().contains("No transactions match"));
        let csv = browser.get("/billing/transactions.csv").await.body;
        assert!(csv.contains("call_own") && !csv.contains("call_foreign"), "{csv}");
        let stranger = Site::of(world).await.browser();
        for path in ["/billing/transactions?type=call", "/billing/transactions.csv", "/billing/calls/call_own"] {
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            assert_eq!(stranger.get(path).await.location(), format!("/sign-in?next={next}"));
        }
    });
}

#[test]
fn a_package_leads_to_its_transaction() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        package(world, workspace, "apply_1", 3_000).await;
        top_up(world, workspace, "cs_1", 10).await;
        let packages = browser.get("/billing/packages").await;
        let link = packages.body.split("href=\"").find(|link| link.starts_with("/billing/transactions?")).unwrap();
        let words = browser.get(link.split('"').next().unwrap()).await.words();
        let listed = words.split("Balance").nth(1).unwrap();
        assert!(listed.contains("Small 50 added") && !listed.contains("Credits added"), "{listed}");
    });
}

#[test]
fn times_are_those_of_the_workspace() {
    world(async |world| {
        let late: Timestamp = at("2026-11-21T04:30:00Z");
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        world.clock.set(late);
        place(world, workspace, "call_late", "Front desk").await;
        end(world, workspace, "call_late", 60).await;
        world.clock.set(at("2026-11-21T05:30:00Z"));
        let words = browser.get("/billing/transactions").await.words();
        assert!(words.contains("Yesterday, Nov 20") && words.contains("23:30 · 1 min 00 s"), "{words}");
    });
}
