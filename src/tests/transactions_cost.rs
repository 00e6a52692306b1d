//! What transactions cost where there are many: a measurement, kept out of the timed tests.
//!
//! `cargo test --test integration transactions_cost -- --ignored --nocapture`, with `--release` for figures that count.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use jiff::SignedDuration;
use minutebank::app::transactions::{self, Filter, Place};
use minutebank::ledger::Command;
use minutebank::units::WorkspaceId;

use crate::fixture::{World, world};
use crate::transactions::{end, place, signed_in, top_up, with_rates};

/// Transactions, half of them calls.
const TRANSACTIONS: i64 = 100_000;
/// Commands on their way at once.
const AT_ONCE: usize = 512;
/// Transactions on a page.
const ON_A_PAGE: i64 = 50;
/// Times that each page is read.
const READS: usize = 200;
/// As much more as a late page may cost than the first, in percent.
const MOST_PERCENT: u128 = 20;
/// As much as a download may grow this process, browser included, in kilobytes.
const MOST_GROWTH: i64 = 20 * 1_024;

/// Makes the transactions by the ledger's own commands.
async fn fill(world: &World, workspace: WorkspaceId) {
    top_up(world, workspace, "cs_1", 100_000).await;
    let pairs = futures::stream::iter(0..TRANSACTIONS / 2).map(async |number| {
        let call = format!("call_{number}");
        place(world, workspace, &call, "Front desk").await;
        end(world, workspace, &call, 60 + number % 90).await;
        world.submit(workspace, Command::ChargeMessages { id: format!("msg_{number}"), count: 1 }).await;
    });
    pairs.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    sqlx::query("vacuum analyze").execute(&mut world.superuser().await).await.unwrap();
}

/// Medians of reading the first page and page 1,000; in turns, so that both meet the same machine.
async fn compared(what: &str, read: impl AsyncFn(Place)) {
    let newest = TRANSACTIONS + 2;
    let places = [Place::Newest, Place::Before(newest - 999 * ON_A_PAGE + 1)];
    let mut times = [const { Vec::<Duration>::new() }; 2];
    for _ in 0..READS {
        for (place, times) in places.iter().zip(&mut times) {
            let since = Instant::now();
            read(*place).await;
            times.push(since.elapsed());
        }
    }
    let [first, late] = times.map(|mut times| {
        times.sort_unstable();
        times[READS / 2].as_micros()
    });
    println!("{what}: first page {first} us, page 1,000 {late} us, {} %", late * 100 / first);
    assert!(late * 100 <= first * (100 + MOST_PERCENT), "{what}: {late} us after {first} us");
}

/// Kilobytes that this process keeps in memory.
fn resident_kb() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
#[ignore = "a measurement of minutes"]
fn a_late_page_costs_as_much_as_the_first_and_a_download_keeps_nothing() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        let since = Instant::now();
        fill(world, workspace).await;
        println!("{TRANSACTIONS} transactions made in {:?}", since.elapsed());
        // Calls are looked through for open ones until their holds could have lapsed; these were all made at once.
        world.clock.advance(SignedDuration::from_hours(2));

        compared("read", async |place| {
            transactions::page(&world.state, workspace, &Filter::default(), place, ON_A_PAGE).await.unwrap();
        })
        .await;
        let path = |place| match place {
            Place::Before(seq) => format!("/billing/transactions?before={seq}"),
            _ => "/billing/transactions".to_owned(),
        };
        compared("page", async |place| assert_eq!(browser.get(&path(place)).await.status, 200)).await;

        // What a first answer leaves behind is not the list's.
        browser.get("/billing/transactions.csv?type=period").await;
        let (since, before) = (Instant::now(), resident_kb());
        let mut chunks = browser.open("/billing/transactions.csv").await;
        let (mut lines, mut bytes, mut most) = (0, 0, before);
        while let Some(chunk) = chunks.chunk().await.unwrap() {
            lines += chunk.iter().filter(|byte| **byte == b'\n').count();
            bytes += chunk.len();
            most = most.max(resident_kb());
        }
        println!("csv: {lines} lines, {bytes} bytes in {:?}, memory grew by {} KB", since.elapsed(), most - before);
        assert_eq!(i64::try_from(lines).unwrap(), TRANSACTIONS + 3, "head, plan, top-up and all");
        assert!(most - before <= MOST_GROWTH, "memory grew by {} KB", most - before);
    });
}
