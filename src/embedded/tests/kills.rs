//! kill -9 of everything that can be killed; committed data are there afterwards.

use rustix::process::{Pid, Signal, kill_process};

use super::*;

/// Recovery is said to take 2 to 4 seconds; the rest is for a busy machine.
const RECOVERY: Duration = Duration::from_secs(60);

fn postmaster(folder: &Path) -> Pid {
    PidFile::read(&cluster(folder)).unwrap().pid
}

#[tokio::test]
async fn of_the_server_process_shuts_postgres_down() {
    let folder = folder();
    let mut other = Other::start(folder.path());
    write_note(&other.url()).await;
    let began = Instant::now();
    other.kill();
    eventually("the postmaster's clean end", RECOVERY, || PidFile::read(&cluster(folder.path())).is_none());
    println!("gone {:?} after kill -9 of its owner", began.elapsed());
    let next = start(options(folder.path())).await.unwrap();
    assert_eq!(read_note(&connect(next.url()).await.unwrap()).await, "kept");
    next.stop().await;
}

#[tokio::test]
async fn of_the_server_process_lets_the_next_take_over_at_once() {
    let folder = folder();
    let mut other = Other::start(folder.path());
    let url = other.url();
    write_note(&url).await;
    let open = connect(&url).await.unwrap();
    open.batch_execute("begin; insert into note values ('never committed')").await.unwrap();
    let began = Instant::now();
    other.kill();
    let next = start(options(folder.path())).await.unwrap();
    println!("taken over {:?} after kill -9 of the server", began.elapsed());
    assert!(began.elapsed() < RECOVERY);
    let client = connect(next.url()).await.unwrap();
    assert_eq!(read_note(&client).await, "kept");
    next.stop().await;
}

#[tokio::test]
async fn of_server_and_postmaster_together_is_recovered() {
    let folder = folder();
    let mut other = Other::start(folder.path());
    let url = other.url();
    write_note(&url).await;
    let postmaster = postmaster(folder.path());
    let busy = connect(&url).await.unwrap();
    tokio::spawn(async move { busy.batch_execute("select pg_sleep(60)").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    kill_process(postmaster, Signal::KILL).unwrap();
    other.kill();
    let next = start(options(folder.path())).await.unwrap();
    println!("recovered {:?} after kill -9 of both", began.elapsed());
    assert!(began.elapsed() < RECOVERY);
    assert_eq!(read_note(&connect(next.url()).await.unwrap()).await, "kept");
    next.stop().await;
}

#[tokio::test]
async fn of_the_postmaster_is_noticed_and_it_is_started_again() {
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    write_note(embedded.url()).await;
    let busy = connect(embedded.url()).await.unwrap();
    // A backend that computes does not notice that its postmaster died.
    tokio::spawn(async move { busy.batch_execute("select count(*) from generate_series(1, 2000000000)").await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    for busy in ["with a backend that computes", "with none"] {
        let first = postmaster(folder.path());
        let began = Instant::now();
        kill_process(first, Signal::KILL).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let note = read_note_again(embedded.url(), RECOVERY).await;
        println!("back {:?} after kill -9 of the postmaster, {busy}", began.elapsed());
        assert_eq!(note, "kept");
        assert_ne!(postmaster(folder.path()), first);
    }
    embedded.stop().await;
    assert!(PidFile::read(&cluster(folder.path())).is_none());
}

#[tokio::test]
async fn of_a_backend_needs_no_new_postmaster() {
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    write_note(embedded.url()).await;
    let first = postmaster(folder.path());
    let client = connect(embedded.url()).await.unwrap();
    let backend: i32 = client.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    kill_process(Pid::from_raw(backend).unwrap(), Signal::KILL).unwrap();
    let asked = client.batch_execute("select pg_sleep(60)").await;
    assert!(asked.is_err(), "the backend is dead");
    assert_eq!(read_note_again(embedded.url(), RECOVERY).await, "kept");
    assert_eq!(postmaster(folder.path()), first);
    embedded.stop().await;
}

#[tokio::test]
async fn in_mid_initdb_leaves_nothing_in_the_way() {
    let folder = folder();
    let home = folder.path().join("postgres");
    let half_made = || {
        let entries = fs::read_dir(&home).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("/initdb-")).collect::<Vec<_>>()
    };
    let other = Other::start(folder.path());
    eventually("initdb at work", PATIENCE, || half_made().iter().any(|path| path.join("base/1/PG_VERSION").exists()));
    other.kill();
    // As if that initdb had been killed too.
    fs::create_dir_all(home.join("initdb-1/base/1")).unwrap();
    let next = start(options(folder.path())).await.unwrap();
    assert_eq!(half_made(), Vec::<PathBuf>::new());
    write_note(next.url()).await;
    next.stop().await;
}

#[tokio::test]
async fn stale_lock_files_that_name_a_living_process_are_removed() {
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    write_note(embedded.url()).await;
    let pid_file = fs::read_to_string(cluster(folder.path()).join("postmaster.pid")).unwrap();
    embedded.stop().await;
    // As after a reboot, when the numbers belong to others; ours stands for any living process.
    let mine = std::process::id();
    let (_, rest) = pid_file.split_once('\n').unwrap();
    fs::write(cluster(folder.path()).join("postmaster.pid"), format!("{mine}\n{rest}")).unwrap();
    let account = Account::for_cluster(&cluster(folder.path())).unwrap();
    let home = folder.path().canonicalize().unwrap().join("postgres");
    let socket = Layout { cluster: home.join("cluster"), log: home.join("postgres.log"), home }
        .make_socket_folder(&account, &std::env::temp_dir())
        .unwrap();
    fs::write(&socket, "").unwrap();
    fs::write(socket.with_extension("5432.lock"), format!("{mine}\n")).unwrap();
    let next = start(options(folder.path())).await.unwrap();
    assert_eq!(read_note(&connect(next.url()).await.unwrap()).await, "kept");
    next.stop().await;
}
