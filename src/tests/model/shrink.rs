//! From a history that fails to the shortest part of it that still does.

use super::histories::{History, Step};

/// What went wrong, and after which step.
#[derive(Clone, Debug)]
pub struct Difference {
    pub step: usize,
    pub what: String,
}

/// Panics with the shortest history that fails, if this one does.
pub async fn insist(history: &History, check: &impl AsyncFn(&History) -> Result<(), Difference>) {
    if let Err(difference) = check(history).await {
        let (shortest, difference) = shorten(history.clone(), difference, check).await;
        panic!(
            "core and model differ\n{}\n{shortest}\nRun it again with MINUTEBANK_SEED={} MINUTEBANK_HISTORIES=1",
            difference.what, history.seed
        );
    }
}

/// Leaves out ever smaller runs of commands while it still fails.
async fn shorten(
    history: History,
    difference: Difference,
    check: &impl AsyncFn(&History) -> Result<(), Difference>,
) -> (History, Difference) {
    let mut shortest = (history, difference);
    loop {
        let (history, difference) = &mut shortest;
        history.steps.truncate(difference.step + 1);
        let before = length(history);
        let mut run = before / 2;
        while run > 0 {
            let mut from = 0;
            while from < length(&shortest.0) {
                let candidate = without(&shortest.0, from, run);
                match check(&candidate).await {
                    Err(difference) => shortest = (candidate, difference),
                    Ok(()) => from += run,
                }
            }
            run /= 2;
        }
        if length(&shortest.0) == before {
            return shortest;
        }
    }
}

fn length(history: &History) -> usize {
    history.steps.iter().map(|step| step.commands.len()).sum()
}

/// The history without `run` commands from number `from` on.
fn without(history: &History, from: usize, run: usize) -> History {
    let mut number = 0;
    let mut kept = Vec::new();
    for step in &history.steps {
        let mut commands = Vec::new();
        for command in &step.commands {
            if !(from..from + run).contains(&number) {
                commands.push(command.clone());
            }
            number += 1;
        }
        if !commands.is_empty() {
            kept.push(Step { at: step.at, commands });
        }
    }
    History { steps: kept, ..history.clone() }
}
