//! The writer: natural batching over a few shards.
//!
//! While one transaction commits, commands queue; the next transaction takes them all, across wallets and within one
//! wallet. Idle: a batch of one, no added wait. Busy: one flush to disk pays for hundreds. A wallet always belongs to
//! the same shard, so its commands keep their order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, histogram};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;

use super::command::{Answer, Command, Refusal};
use super::decide::decide;
use super::memory::Memory;
use super::store::Store;
use super::wallet::Wallet;
use crate::clock::Clock;
use crate::database::writer_link::{LinkError, WriterLink};
use crate::measures;
use crate::units::WorkspaceId;

/// Commands in one transaction; larger batches only add latency (measured: DESIGN §2).
const BATCH: usize = 256;
/// Commands that may wait at a shard before senders have to.
const QUEUE: usize = 4_096;
/// Commits that are kept for whoever follows them.
const FOLLOWED: usize = 256;
/// How long a command outlives a lost database before it is answered as unavailable.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the writer is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// `postgres://…`
    pub database_url: String,
    /// Parallel transactions; about one per core.
    pub shards: usize,
    /// Where `now` comes from.
    pub clock: Clock,
}

/// Why there is no answer to a command.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The rules say no; nothing changed.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The workspace has no wallet.
    #[error("there is no such wallet")]
    UnknownWorkspace,
    /// The database cannot be reached, or the ledger is closing. The command may or may not have happened: repeat it
    /// with the same id.
    #[error("the ledger cannot be reached; repeat the command with the same id")]
    Unavailable,
    /// The database said no. Nothing changed.
    #[error("the database refused the command: {0}")]
    Database(String),
}

/// The workspaces whose wallets one commit changed.
pub type Changed = Arc<[WorkspaceId]>;

struct Job {
    workspace: WorkspaceId,
    command: Command,
    reply: oneshot::Sender<Result<Answer, LedgerError>>,
    since: Instant,
}

/// The way in: every change of a wallet goes through [`Ledger::submit`].
pub struct Ledger {
    shards: Vec<mpsc::Sender<Job>>,
    changes: broadcast::Sender<Changed>,
    tasks: Vec<JoinHandle<()>>,
}

impl Ledger {
    /// Connects every shard and starts it.
    pub async fn start(options: &Options) -> Result<Self, LinkError> {
        let link = WriterLink::parse(&options.database_url)?;
        let (mut shards, mut tasks) = (Vec::new(), Vec::new());
        let changes = broadcast::Sender::new(FOLLOWED);
        for _ in 0..options.shards.max(1) {
            let (sender, queue) = mpsc::channel(QUEUE);
            let store = Store::connect(&link).await?;
            let (link, clock, changes) = (link.clone(), options.clock.clone(), changes.clone());
            let shard = Shard { queue, link, store, memory: Memory::default(), clock, changes };
            tasks.push(tokio::spawn(shard.run()));
            shards.push(sender);
        }
        Ok(Self { shards, changes, tasks })
    }

    /// Queues a command and waits until its outcome is durable, or refused.
    pub async fn submit(&self, workspace: WorkspaceId, command: Command) -> Result<Answer, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let job = Job { workspace, command, reply, since: Instant::now() };
        let shard = workspace.0.unsigned_abs() as usize % self.shards.len();
        self.shards[shard].send(job).await.map_err(|_| LedgerError::Unavailable)?;
        answer.await.unwrap_or(Err(LedgerError::Unavailable))
    }

    /// What changes from now on, told after each commit. Whoever lags behind has to take it that anything did.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    /// Lets the shards finish what waits and ends them.
    pub async fn close(self) {
        drop(self.shards);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a shard of the writer ended badly");
            }
        }
    }
}

struct Shard {
    queue: mpsc::Receiver<Job>,
    link: WriterLink,
    store: Store,
    memory: Memory,
    clock: Clock,
    changes: broadcast::Sender<Changed>,
}

impl Shard {
    async fn run(mut self) {
        let mut waiting = Vec::with_capacity(BATCH);
        while self.queue.recv_many(&mut waiting, BATCH).await > 0 {
            self.write(std::mem::take(&mut waiting)).await;
            // Whoever was answered may have a next command at once: let them queue it first. A batch costs as much by itself
            // as dozens of commands.
            tokio::task::yield_now().await;
        }
    }

    /// Writes a batch. One that the database refuses is split in halves and tried again, so that one bad command fails
    /// alone; one that met a lost connection is tried again as it is, which is safe because every command has its id.
    async fn write(&mut self, batch: Vec<Job>) {
        let left = self.write_remembered(batch).await;
        let mut pending = vec![left];
        while let Some(mut jobs) = pending.pop() {
            if jobs.is_empty() {
                continue;
            }
            let Err(error) = self.attempt(&mut jobs).await else {
                continue;
            };
            if self.store.is_closed() || lost(&error) {
                pending.extend(self.reconnect(jobs).await);
            } else if jobs.len() == 1 {
                tracing::error!(%error, "the database refused a command");
                counter!(measures::COMMANDS, "answer" => "failed").increment(1);
                self.roll_back().await;
                answer(jobs, |_| Err(LedgerError::Database(describe(&error))));
            } else {
                self.roll_back().await;
                let second = jobs.split_off(jobs.len() / 2);
                pending.extend([second, jobs]);
            }
        }
    }

    /// One transaction over wallets that are remembered. Answers the jobs that have to be decided on locked rows: those
    /// about others, those that were refused or met a wallet in which nothing changed, and all where the database refuses,
    /// be it because a wallet was stale.
    async fn write_remembered(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let begun = Instant::now();
        let mut wallets = self.memory.take(&commands(&jobs));
        let (known, mut left): (Vec<Job>, Vec<Job>) =
            jobs.into_iter().partition(|job| wallets.contains_key(&job.workspace));
        let now = self.clock.now();
        let answers = decide_all(&commands(&known), &mut wallets, now);
        wallets.extract_if(|_, wallet| wallet.changes.is_empty()).for_each(|(_, wallet)| self.memory.keep(wallet));
        if wallets.is_empty() {
            left.extend(known);
            return left;
        }
        if let Err(error) = self.begin_and_save(&wallets, now).await {
            tracing::debug!(%error, "what is remembered of some wallets is read anew");
            // Another writer is at them. Anything else, as a hold placed again under the id of an ended call, is not.
            if error.code() == Some(&SqlState::NOT_NULL_VIOLATION) {
                self.memory.doubt();
            }
            self.roll_back().await;
            left.extend(known);
            return left;
        }
        let decided = known.into_iter().zip(answers);
        let is_proved = |(job, answer): &(Job, Result<_, _>)| answer.is_ok() && wallets.contains_key(&job.workspace);
        let (proved, unproved): (Vec<_>, Vec<_>) = decided.partition(is_proved);
        left.extend(unproved.into_iter().map(|(job, _)| job));
        wallets.into_values().for_each(|wallet| self.memory.keep(wallet));
        let (jobs, answers) = proved.into_iter().unzip();
        reply(jobs, answers, begun);
        left
    }

    async fn begin_and_save(
        &self,
        wallets: &HashMap<WorkspaceId, Wallet>,
        now: Timestamp,
    ) -> Result<(), tokio_postgres::Error> {
        self.store.begin().await?;
        self.save(wallets, now).await
    }

    /// Saves what changed, commits, and says so.
    async fn save(&self, wallets: &HashMap<WorkspaceId, Wallet>, now: Timestamp) -> Result<(), tokio_postgres::Error> {
        let mut changed: Vec<&Wallet> = wallets.values().filter(|wallet| !wallet.changes.is_empty()).collect();
        if changed.is_empty() {
            return self.store.rollback().await;
        }
        changed.sort_unstable_by_key(|wallet| wallet.workspace);
        self.store.save(&changed, now).await?;
        self.tell(&changed);
        Ok(())
    }

    /// One transaction. Jobs that it answered are taken out of `jobs`; on an error all are still there.
    async fn attempt(&mut self, jobs: &mut Vec<Job>) -> Result<(), tokio_postgres::Error> {
        let begun = Instant::now();
        let commands = commands(jobs);
        let mut wallets = self.store.load(&commands).await?;
        let now = self.clock.now();
        let answers = decide_all(&commands, &mut wallets, now);
        self.save(&wallets, now).await?;
        wallets.into_values().for_each(|wallet| self.memory.keep(wallet));
        reply(std::mem::take(jobs), answers, begun);
        Ok(())
    }

    /// After a commit.
    fn tell(&self, changed: &[&Wallet]) {
        if self.changes.receiver_count() > 0 {
            // The last one may have gone meanwhile.
            _ = self.changes.send(changed.iter().map(|wallet| wallet.workspace).collect());
        }
    }

    /// After a failed statement. If this fails, too, the connection is gone and the next attempt finds out.
    async fn roll_back(&mut self) {
        if let Err(error) = self.store.rollback().await {
            tracing::warn!(%error, "could not roll back");
        }
    }

    /// Connects again. Jobs that waited too long are told so; the others come back for another attempt.
    async fn reconnect(&mut self, mut jobs: Vec<Job>) -> Option<Vec<Job>> {
        loop {
            let (late, patient) = jobs.into_iter().partition(|job: &Job| job.since.elapsed() > PATIENCE);
            answer(late, |_| Err(LedgerError::Unavailable));
            jobs = patient;
            match Store::connect(&self.link).await {
                Ok(store) => {
                    // It may be another server, to which not all that was saved has come: versions mean nothing there.
                    (self.store, self.memory) = (store, Memory::default());
                    return (!jobs.is_empty()).then_some(jobs);
                }
                Err(error) => {
                    tracing::warn!(%error, "the writer cannot reach the database");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            if jobs.is_empty() {
                return None;
            }
        }
    }
}

fn commands(jobs: &[Job]) -> Vec<(WorkspaceId, &Command)> {
    jobs.iter().map(|job| (job.workspace, &job.command)).collect()
}

/// Decides in order, in memory.
fn decide_all(
    commands: &[(WorkspaceId, &Command)],
    wallets: &mut HashMap<WorkspaceId, Wallet>,
    now: Timestamp,
) -> Vec<Result<Answer, LedgerError>> {
    let decided = commands.iter().map(|(workspace, command)| {
        let wallet = wallets.get_mut(workspace).ok_or(LedgerError::UnknownWorkspace)?;
        decide(wallet, command, now).map_err(LedgerError::Refused)
    });
    decided.collect()
}

/// After a commit.
fn reply(jobs: Vec<Job>, answers: Vec<Result<Answer, LedgerError>>, begun: Instant) {
    measure(&answers, begun.elapsed());
    for (job, answer) in jobs.into_iter().zip(answers) {
        // Nobody waits any more where the caller has gone; the command is done all the same.
        _ = job.reply.send(answer);
    }
}

fn measure(answers: &[Result<Answer, LedgerError>], took: Duration) {
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    counter!(measures::COMMANDS, "answer" => "done").increment((answers.len() - refused) as u64);
    counter!(measures::COMMANDS, "answer" => "refused").increment(refused as u64);
    histogram!(measures::BATCH).record(u32::try_from(answers.len()).unwrap_or(u32::MAX));
    histogram!(measures::BATCH_SECONDS).record(took);
}

fn answer(jobs: Vec<Job>, with: impl Fn(&Job) -> Result<Answer, LedgerError>) {
    for job in jobs {
        let answer = with(&job);
        _ = job.reply.send(answer);
    }
}

/// True where the connection failed rather than the statement: the server said that it goes down (class 57P), or
/// nothing at all.
fn lost(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_none_or(|error| error.code().code().starts_with("57P"))
}

/// The server's own words, which the driver's short form leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned())
}
