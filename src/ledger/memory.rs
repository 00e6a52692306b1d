//! Wallets as their shard has last saved them, so that a batch need not read back what the ones before it wrote.
//!
//! Another instance may have written since: a copy alone proves nothing. Three rules make up for that.
//! 1. A wallet is saved over the version that it was decided on. The database refuses any other, and with it the batch.
//! 2. A refusal is decided again, on a locked row, and so is what changed nothing and was therefore saved nowhere: what is
//!    refused may repeat a call that is not here, and is to have its answer.
//! 3. A call that is not here may exist all the same: a UNIQUE constraint refuses to place it again.
//!
//! What was refused is decided again on locked rows. So a stale copy costs time and never leads to a wrong answer, as
//! long as whoever changes a wallet, its lots or its calls counts the wallet's version up.

use std::collections::{HashMap, HashSet};

use super::command::Command;
use super::wallet::Wallet;
use crate::units::WorkspaceId;

/// Wallets and open calls that a shard keeps: some tens of megabytes, and up to 4 KiB more for each call that came with so
/// much metadata. Past this it begins anew.
const KEPT: usize = 20_000;
/// A wallet with more open calls is read each time: it would push out the others.
const MOST_CALLS: usize = 2_000;
/// Batches that are read after one that was stale: where several instances write to the same wallets, most attempts
/// would be in vain.
const WARY: u32 = 32;

/// What a shard remembers.
#[derive(Default)]
pub struct Memory {
    wallets: HashMap<WorkspaceId, Wallet>,
    /// How many wallets and calls these are.
    size: usize,
    /// Batches that are still read.
    wary: u32,
}

impl Memory {
    /// Takes out the wallets of which all is known that these commands of a batch need. None where a quarter of the
    /// commands or more would be left: a second transaction for these would cost more than reading saves.
    pub fn take(&mut self, commands: &[(WorkspaceId, &Command)]) -> HashMap<WorkspaceId, Wallet> {
        if self.wary > 0 {
            self.wary -= 1;
            return HashMap::new();
        }
        let unknown: HashSet<WorkspaceId> =
            commands.iter().filter(|(of, command)| !self.knows(*of, command)).map(|(of, _)| *of).collect();
        let left = commands.iter().filter(|(of, _)| unknown.contains(of)).count();
        if left * 4 >= commands.len() {
            return HashMap::new();
        }
        let known = commands.iter().map(|(of, _)| *of).filter(|of| !unknown.contains(of));
        known.filter_map(|of| Some((of, self.forget(of)?))).collect()
    }

    /// Keeps a wallet as it has just been saved, or loaded where nothing changed. One whose credits wait to be taken back
    /// needs more than is kept.
    pub fn keep(&mut self, mut wallet: Wallet) {
        let before = self.forget(wallet.workspace);
        if wallet.waiting() > 0 || wallet.calls.len() > MOST_CALLS {
            return;
        }
        // What was loaded are the calls that its batch named; nothing has happened to the others.
        for (id, call) in before.filter(|it| it.version == wallet.version).into_iter().flat_map(|it| it.calls) {
            wallet.calls.entry(id).or_insert(call);
        }
        if self.size > KEPT {
            self.wallets.clear();
            self.size = 0;
        }
        wallet.begin_anew();
        self.size += size(&wallet);
        self.wallets.insert(wallet.workspace, wallet);
    }

    /// A copy was stale.
    pub fn doubt(&mut self) {
        self.wary = WARY;
    }

    fn forget(&mut self, workspace: WorkspaceId) -> Option<Wallet> {
        let wallet = self.wallets.remove(&workspace)?;
        self.size -= size(&wallet);
        Some(wallet)
    }

    /// True where a command needs no more than a wallet and its open calls, and they are here.
    fn knows(&self, workspace: WorkspaceId, command: &Command) -> bool {
        self.wallets.get(&workspace).is_some_and(|wallet| match command {
            Command::PlaceHold(_) => true,
            Command::EndCall { id, .. } | Command::Heartbeat { id, .. } => wallet.calls.contains_key(id),
            _ => false,
        })
    }
}

fn size(wallet: &Wallet) -> usize {
    1 + wallet.calls.len()
}
