//! Live: whoever follows a workspace learns within a moment that its wallet has changed, on any instance.
//!
//! After each commit the ledger's writer names the wallets that changed. They are told to this process's [`Hub`] at
//! once, and to the other instances by a notification that gathers what a moment brings. What is told is only *that*
//! something changed: followers read again, so nothing is lost where news are merged, and after a lost connection
//! everybody is told.

mod repo;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::sync::watch;

use crate::ids;
use crate::ledger::Changed;
use crate::units::WorkspaceId;

const CHANNEL: &str = "minutebank_live";
/// News for other instances are gathered for this long.
const GATHER: Duration = Duration::from_millis(50);
/// Pause after a lost connection.
const PAUSE: Duration = Duration::from_millis(500);
/// Most workspaces named in one notification; Postgres allows 8,000 bytes.
const MOST_NAMED: usize = 300;
/// Stands in a notification for all workspaces.
const ALL: &str = "*";
/// Sender of what each instance is to hear, whoever sent it.
const ANYBODY: &str = "";

/// Where this process's followers wait.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells this process from others that hear the same notifications.
    name: String,
    followed: Mutex<HashMap<WorkspaceId, watch::Sender<()>>>,
    open: watch::Sender<bool>,
}

impl Default for Hub {
    fn default() -> Self {
        let (followed, open) = (Mutex::default(), watch::Sender::new(true));
        Self(Arc::new(Inner { name: ids::fresh("live"), followed, open }))
    }
}

impl Hub {
    /// Follows one workspace from now on.
    pub fn follow(&self, workspace: WorkspaceId) -> Follower {
        let mut followed = self.followed();
        followed.retain(|_, sender| sender.receiver_count() > 0);
        let changes = followed.entry(workspace).or_insert_with(|| watch::Sender::new(())).subscribe();
        Follower { changes, open: self.0.open.subscribe() }
    }

    /// Lets every follower go, so that the server can end.
    pub fn close(&self) {
        self.0.open.send_replace(false);
    }

    fn tell(&self, workspace: WorkspaceId) {
        if let Some(sender) = self.followed().get(&workspace) {
            sender.send_replace(());
        }
    }

    fn tell_all(&self) {
        self.followed().values().for_each(|sender| sender.send_replace(()));
    }

    fn followed(&self) -> std::sync::MutexGuard<'_, HashMap<WorkspaceId, watch::Sender<()>>> {
        // Nothing panics while it holds the lock, and a map is whole at any time.
        self.0.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells followers on every instance, this one too, that something about a workspace has changed that is not in its
/// wallet. Within a transaction they learn it when that is committed, and not before.
///
/// # Errors
/// The database's.
pub async fn announce(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    repo::notify(db, CHANNEL, &format!("{ANYBODY}:{}", workspace.0)).await
}

/// Follows one workspace.
#[derive(Debug)]
pub struct Follower {
    changes: watch::Receiver<()>,
    open: watch::Receiver<bool>,
}

impl Follower {
    /// Waits until something has changed since the last time; `false` once the hub is closed.
    pub async fn changed(&mut self) -> bool {
        tokio::select! {
            biased;
            _ = self.open.wait_for(|open| !open) => false,
            changed = self.changes.changed() => changed.is_ok(),
        }
    }
}

/// Tells this process's followers what the ledger has committed, until the ledger ends.
pub async fn keep_telling(hub: Hub, mut changes: broadcast::Receiver<Changed>) {
    loop {
        match changes.recv().await {
            Ok(changed) => changed.iter().for_each(|workspace| hub.tell(*workspace)),
            Err(RecvError::Lagged(_)) => hub.tell_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

/// What other instances have yet to be told.
#[derive(Debug, Default)]
struct News {
    workspaces: BTreeSet<WorkspaceId>,
    /// More than can be named.
    all: bool,
}

impl News {
    fn add(&mut self, told: Result<Changed, ()>) {
        match told {
            Ok(changed) => self.workspaces.extend(changed.iter()),
            Err(()) => self.all = true,
        }
    }

    /// `live_…:1,2,3`, in as many texts as it takes.
    fn texts(&self, from: &str) -> Vec<String> {
        if self.all {
            return vec![format!("{from}:{ALL}")];
        }
        let ids: Vec<String> = self.workspaces.iter().map(|workspace| workspace.0.to_string()).collect();
        ids.chunks(MOST_NAMED).map(|ids| format!("{from}:{}", ids.join(","))).collect()
    }
}

/// Tells other instances what the ledger has committed, until the ledger ends. What could not be sent is sent again.
pub async fn keep_notifying(hub: Hub, mut changes: broadcast::Receiver<Changed>, options: PgConnectOptions) {
    // Nobody needs to wait for a disk before a page is read again.
    let options = options.options([("synchronous_commit", "off")]);
    let mut connection: Option<PgConnection> = None;
    let mut news = News::default();
    loop {
        match changes.recv().await {
            Ok(changed) => news.add(Ok(changed)),
            Err(RecvError::Lagged(_)) => news.add(Err(())),
            Err(RecvError::Closed) => return,
        }
        tokio::time::sleep(GATHER).await;
        loop {
            match changes.try_recv() {
                Ok(changed) => news.add(Ok(changed)),
                Err(TryRecvError::Lagged(_)) => news.add(Err(())),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        while let Err(error) = send(&mut connection, &options, &news.texts(&hub.0.name)).await {
            tracing::warn!(%error, "other instances could not be told of changes");
            connection = None;
            tokio::time::sleep(PAUSE).await;
        }
        news = News::default();
    }
}

async fn send(connection: &mut Option<PgConnection>, options: &PgConnectOptions, texts: &[String]) -> sqlx::Result<()> {
    let db = match connection {
        Some(db) => db,
        None => connection.insert(options.connect().await?),
    };
    for text in texts {
        repo::notify(db, CHANNEL, text).await?;
    }
    Ok(())
}

/// Listens to the other instances until it is dropped.
pub async fn keep_listening(hub: Hub, options: PgConnectOptions) {
    loop {
        if let Err(error) = listen(&hub, &options).await {
            tracing::warn!(%error, "changes of other instances cannot be heard");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(hub: &Hub, options: &PgConnectOptions) -> sqlx::Result<()> {
    let own = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Nobody knows what happened while nobody listened.
        hub.tell_all();
        while let Some(heard) = listener.try_recv().await? {
            hear(hub, heard.payload());
        }
    }
}

/// One notification, unless it is our own.
fn hear(hub: &Hub, text: &str) {
    match text.split_once(':') {
        Some((from, _)) if from == hub.0.name => {}
        Some((_, ALL)) => hub.tell_all(),
        Some((_, ids)) => ids.split(',').filter_map(|id| id.parse().ok()).for_each(|id| hub.tell(WorkspaceId(id))),
        None => tracing::warn!("a notification without a sender"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether news wait for this follower.
    async fn has_news(follower: &mut Follower) -> bool {
        tokio::time::timeout(Duration::from_millis(20), follower.changed()).await == Ok(true)
    }

    #[tokio::test]
    async fn only_what_one_follows_is_heard_and_merged() {
        let hub = Hub::default();
        let (mut first, mut second) = (hub.follow(WorkspaceId(1)), hub.follow(WorkspaceId(2)));
        hear(&hub, "live_other:1,7");
        hear(&hub, "live_other:1");
        assert!(has_news(&mut first).await && !has_news(&mut first).await, "two news are one");
        assert!(!has_news(&mut second).await);
        hear(&hub, "live_other:*");
        assert!(has_news(&mut first).await && has_news(&mut second).await);
        hear(&hub, &format!("{}:1", hub.0.name));
        hear(&hub, "nonsense");
        assert!(!has_news(&mut first).await, "one's own news were told before");
        hub.close();
        assert!(!first.changed().await);
        assert!(!hub.follow(WorkspaceId(1)).changed().await, "closed for good");
    }

    #[test]
    fn many_workspaces_take_several_notifications() {
        let mut news = News::default();
        news.add(Ok((1..=301).map(|id| WorkspaceId(i64::MAX - id)).collect()));
        let texts = news.texts("live_0123456789012345678901");
        assert_eq!(texts.len(), 2);
        assert!(texts.iter().all(|text| text.len() < 8_000));
        news.add(Err(()));
        assert_eq!(news.texts("live_x"), ["live_x:*"]);
    }
}
