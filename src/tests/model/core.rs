//! The histories against the pure core, in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::tz::TimeZone;
use minutebank::ledger::{Wallet, decide};
use minutebank::units::WorkspaceId;

use super::histories::{History, history};
use super::observe::{figures, verdict};
use super::seeds;
use super::shrink::{Difference, insist};
use super::wallet::Model;
use crate::fixture::{START, at};

/// How many histories a usual run takes.
const USUAL: u64 = 1_000;

#[test]
fn the_core_agrees_with_the_model() {
    for seed in seeds(USUAL) {
        let check = async |history: &History| compare(history);
        futures::executor::block_on(insist(&history(seed), &check));
    }
}

fn compare(history: &History) -> Result<(), Difference> {
    let zone = TimeZone::get(history.zone).unwrap();
    let mut model = Model::new(zone.clone());
    let mut wallet = Wallet::new(WorkspaceId(1), zone, at(START));
    for (step, now, command) in history.commands() {
        let different = |what: String| Err(Difference { step, what: format!("after {command:?}\n{what}") });
        let answer = catch_unwind(AssertUnwindSafe(|| decide(&mut wallet, command, now)));
        let Ok(answer) = answer else { return different("the core panics".into()) };
        let (said, expected) = (verdict(&answer), model.obey(command, now));
        if said != expected {
            return different(format!("core  {said:?}\nmodel {expected:?}"));
        }
        let (shown, expected) = (figures(&wallet), model.figures());
        if shown != expected {
            return different(format!("core  {shown:?}\nmodel {expected:?}"));
        }
    }
    Ok(())
}
