//! The histories against Postgres: with one client, and with several at once through two writers.
//!
//! What is sent at one instant by several clients has no order of its own. So every order is tried on the model: one of
//! them must explain all answers and the figures afterwards.

use std::collections::BTreeMap;

use futures::future::join_all;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minutebank::ledger::{Command, Ledger, LedgerError, Options, repo};
use minutebank::units::WorkspaceId;

use super::histories::{History, NEIGHBOURS, Step, history};
use super::observe::{Figures, Verdict, figures, seen, verdict};
use super::seeds;
use super::shrink::{Difference, insist};
use super::wallet::Model;
use crate::fixture::{START, World, at, world};

/// How many histories a usual run takes; they run side by side.
const USUAL: u64 = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clients {
    One,
    Several,
}

#[test]
fn postgres_agrees_with_the_model() {
    run(Clients::One);
}

#[test]
fn postgres_agrees_with_some_order_of_concurrent_commands() {
    run(Clients::Several);
}

fn run(clients: Clients) {
    world(async |world| {
        let options = Options { database_url: world.superuser_url.clone(), shards: 1, clock: world.clock.clone() };
        let other = Ledger::start(&options).await.unwrap();
        let desk = Desk { world, writers: [&world.state.ledger, &other], clients };
        let seeds: Vec<u64> = seeds(USUAL).collect();
        for neighbours in seeds.chunk_by(|a, b| a / NEIGHBOURS == b / NEIGHBOURS) {
            let histories: Vec<History> = neighbours.iter().map(|seed| history(*seed)).collect();
            if let Err((failed, _)) = desk.side_by_side(&histories).await {
                let alone = async |history: &History| {
                    let result = desk.side_by_side(std::slice::from_ref(history)).await;
                    result.map_err(|(_, difference)| difference)
                };
                insist(&histories[failed], &alone).await;
                panic!("seed {} fails only beside its neighbours", histories[failed].seed);
            }
        }
        other.close().await;
    });
}

/// Where commands are sent.
struct Desk<'a> {
    world: &'a World,
    writers: [&'a Ledger; 2],
    clients: Clients,
}

/// One workspace and every state of the model that explains what was seen of it.
struct Told<'a> {
    history: &'a History,
    workspace: WorkspaceId,
    models: Vec<Model>,
}

impl Desk<'_> {
    /// Runs histories that share their instants, each in a new workspace; the index of the first that fails.
    async fn side_by_side(&self, histories: &[History]) -> Result<(), (usize, Difference)> {
        let mut told = Vec::new();
        for history in histories {
            self.world.clock.set(at(START));
            told.push(self.open(history).await);
        }
        let steps = histories.iter().map(|history| history.steps.len()).max().unwrap_or(0);
        for step in 0..steps {
            let now = histories.iter().find_map(|history| history.steps.get(step)).unwrap().at;
            self.world.clock.set(now);
            let results = join_all(told.iter_mut().map(|told| self.carry_out(told, step))).await;
            for (number, result) in results.into_iter().enumerate() {
                result.map_err(|what| (number, Difference { step, what }))?;
            }
        }
        for (number, told) in told.iter().enumerate() {
            let step = told.history.steps.len().saturating_sub(1);
            self.read_back(told).await.map_err(|what| (number, Difference { step, what }))?;
        }
        Ok(())
    }

    /// Every call as it stands in its row.
    async fn read_back(&self, told: &Told<'_>) -> Result<(), String> {
        let mut db = self.world.state.db.acquire().await.unwrap();
        let expected = told.models[0].calls();
        let mut rows = BTreeMap::new();
        for id in expected.keys() {
            let call = repo::call(&mut db, told.workspace, id).await.unwrap();
            rows.extend(call.map(|call| (id.clone(), seen(&call))));
        }
        if told.models.iter().any(|model| model.calls() == rows) {
            return Ok(());
        }
        Err(format!("at the end\ncore  {rows:?}\nmodel {expected:?}"))
    }

    /// A workspace of its own, with the snapshots of the history.
    async fn open<'a>(&self, history: &'a History) -> Told<'a> {
        let zone = TimeZone::get(history.zone).unwrap();
        let workspace = self.world.workspace_in(&zone).await;
        for snapshot in &history.snapshots {
            assert_eq!(self.world.snapshot(workspace, &snapshot.terms).await.id, snapshot.id);
        }
        Told { history, workspace, models: vec![Model::new(zone)] }
    }

    async fn carry_out(&self, told: &mut Told<'_>, step: usize) -> Result<(), String> {
        let Some(Step { at, commands }) = told.history.steps.get(step) else { return Ok(()) };
        let together = if self.clients == Clients::Several { commands.len() } else { 1 };
        for commands in commands.chunks(together) {
            let mut answers = self.send(told.workspace, commands).await?;
            let figures = self.figures(told.workspace).await;
            let mut explained = Vec::new();
            for model in &told.models {
                explain(model, *at, &mut answers, &mut explained);
            }
            let guesses: Vec<Figures> = explained.iter().map(Model::figures).collect();
            explained.retain(|model| model.figures() == figures);
            if explained.is_empty() {
                return Err(format!("after {answers:#?}\ncore  {figures:?}\nmodel {guesses:?}"));
            }
            told.models = explained;
        }
        Ok(())
    }

    /// All at once, by turns through the one writer and the other.
    async fn send<'c>(
        &self,
        workspace: WorkspaceId,
        commands: &'c [Command],
    ) -> Result<Vec<(&'c Command, Verdict)>, String> {
        let sent = commands.iter().enumerate().map(|(number, command)| async move {
            match self.writers[number % 2].submit(workspace, command.clone()).await {
                Ok(answer) => Ok((command, verdict(&Ok(answer)))),
                Err(LedgerError::Refused(refusal)) => Ok((command, verdict(&Err(refusal)))),
                Err(error) => Err(format!("after {command:?}\n{error}")),
            }
        });
        join_all(sent).await.into_iter().collect()
    }

    async fn figures(&self, workspace: WorkspaceId) -> Figures {
        let mut db = self.world.state.db.acquire().await.unwrap();
        figures(&repo::wallet(&mut db, workspace).await.unwrap().unwrap())
    }
}

/// Every state in which the model may be after these commands, in any order that gives these answers.
fn explain(model: &Model, now: Timestamp, answers: &mut Vec<(&Command, Verdict)>, ends: &mut Vec<Model>) {
    if answers.is_empty() && !ends.contains(model) {
        ends.push(model.clone());
    }
    for number in 0..answers.len() {
        let (command, verdict) = answers.remove(number);
        let mut next = model.clone();
        if next.obey(command, now) == verdict {
            explain(&next, now, answers, ends);
        }
        answers.insert(number, (command, verdict));
    }
}
