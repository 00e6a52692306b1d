//! Postgres over TLS: the test's real one behind a front that takes nothing unencrypted. Pool and writer read the same
//! address, and must mean the same by it.

use std::sync::Arc;

use minutebank::database;
use minutebank::ledger::{Ledger, Options};
use sqlx::postgres::PgConnectOptions;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use url::Url;

use crate::fixture::{World, world};

/// What a client sends first that wants TLS: its length and a code in place of the protocol's version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// The port of a front whose certificate is for `localhost`, and the certificate in PEM.
async fn front(socket: String) -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass(client, acceptor.clone(), socket.clone()));
        }
    });
    (port, made.cert.pem())
}

async fn pass(mut client: TcpStream, acceptor: TlsAcceptor, socket: String) -> std::io::Result<()> {
    let mut first = [0; 8];
    client.read_exact(&mut first).await?;
    if first != SSL_REQUEST {
        return Ok(());
    }
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    copy_bidirectional(&mut client, &mut UnixStream::connect(socket).await?).await?;
    Ok(())
}

/// Whether pool and writer, each by itself, reach the database there.
async fn reached(world: &World, address: &str) -> [bool; 2] {
    let options = Options { database_url: address.to_owned(), shards: 1, clock: world.clock.clone() };
    let writer = Ledger::start(&options).await;
    let pool = database::connect(address, 1).await;
    [pool.is_ok(), writer.is_ok()]
}

#[test]
fn pool_and_writer_trust_the_same_servers() {
    world(async |world| {
        let plain: Url = world.superuser_url.parse().unwrap();
        let options: PgConnectOptions = world.superuser_url.parse().unwrap();
        let socket = options.get_socket().expect("the test's Postgres has a socket").display();
        let (port, certificate) = front(format!("{socket}/.s.PGSQL.{}", options.get_port())).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), certificate).unwrap();
        let root = format!("&sslrootcert={}", file.path().display());
        for (host, mode, root, expected) in [
            ("localhost", "disable", "", false),
            ("localhost", "prefer", "", true),
            ("localhost", "require", "", true),
            ("localhost", "require", "&sslrootcert=/nowhere.pem", true),
            ("localhost", "verify-ca", "", false),
            ("localhost", "verify-ca", root.as_str(), true),
            ("127.0.0.1", "verify-ca", root.as_str(), true),
            ("localhost", "verify-full", "", false),
            ("localhost", "verify-full", root.as_str(), true),
            ("127.0.0.1", "verify-full", root.as_str(), false),
            ("localhost", "verify-full", "&sslrootcert=/nowhere.pem", false),
        ] {
            let (user, database) = (plain.username(), plain.path());
            let address = format!("postgres://{user}@{host}:{port}{database}?sslmode={mode}{root}");
            assert_eq!(reached(world, &address).await, [expected; 2], "{address}");
        }
    });
}
