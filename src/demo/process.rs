//! The sandbox as a process of its own, kept running as long as we run.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::config::Config;

/// Pause before a sandbox that died is started again.
const PAUSE: Duration = Duration::from_millis(300);
/// How long a sandbox may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);

/// The running sandbox; dropping it ends the process.
pub struct Sandbox {
    keeper: JoinHandle<()>,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Starts the sandbox and waits until it listens. It ends when we do, however we end: its standard input is a pipe
/// from us.
pub async fn start(config: &Config) -> io::Result<Sandbox> {
    let mut running = spawn(config)?;
    let config = config.clone();
    let addr = config.sandbox_addr;
    let listens = async {
        while TcpStream::connect(addr).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = listens => {}
        ended = running.child.wait() => return Err(io::Error::other(format!("the Stripe sandbox ended at once: {}", ended?))),
        () = sleep(PATIENCE) => return Err(io::Error::other(format!("the Stripe sandbox does not listen on {addr}"))),
    }
    Ok(Sandbox { keeper: tokio::spawn(keep(config, running)) })
}

/// Starts it again whenever it dies.
async fn keep(config: Config, mut running: Running) {
    loop {
        match running.child.wait().await {
            Ok(status) => tracing::warn!(%status, "the Stripe sandbox ended; starting it again"),
            Err(error) => tracing::warn!(%error, "lost sight of the Stripe sandbox; starting it again"),
        }
        sleep(PAUSE).await;
        running = loop {
            match spawn(&config) {
                Ok(started) => break started,
                Err(error) => tracing::error!(%error, "cannot start the Stripe sandbox"),
            }
            sleep(PAUSE).await;
        };
    }
}

/// A sandbox process.
struct Running {
    child: Child,
    /// Stays open as long as the process shall live; `Child::wait` would close the child's own.
    _lifeline: ChildStdin,
}

fn spawn(config: &Config) -> io::Result<Running> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["stripe-sandbox", "--until-stdin-closes"])
        .env("MINUTEBANK_DEMO", "1")
        .env("MINUTEBANK_ADDR", config.addr.to_string())
        .env("MINUTEBANK_DATA_DIR", &config.data_dir)
        .env("MINUTEBANK_CLOCK_OFFSET", format!("+{}s", config.clock_offset.as_secs()))
        .env("STRIPE_SANDBOX_ADDR", config.sandbox_addr.to_string())
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let lifeline = child.stdin.take().expect("standard input is a pipe");
    Ok(Running { child, _lifeline: lifeline })
}
