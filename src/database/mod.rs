//! Postgres: migrations as the given user, everything else as a role that cannot change what was posted.

mod repo;
pub mod writer_link;

use std::time::Duration;

use sqlx::migrate::{Migrate as _, MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It does not answer.
    #[error("cannot connect to Postgres: {0}")]
    Connect(sqlx::Error),
    /// A migration failed.
    #[error("cannot migrate the database: {0}")]
    Migrate(#[from] MigrateError),
    /// The connecting user may not act as the application's role.
    #[error("cannot take the role minutebank_app ({0}); as a superuser run: GRANT minutebank_app TO CURRENT_USER;")]
    Role(sqlx::Error),
}

/// Brings the schema up to date. Safe on several instances at once: one migrates, the others wait.
pub async fn migrate(url: &str) -> Result<(), DatabaseError> {
    let options: PgConnectOptions = url.parse().map_err(DatabaseError::Connect)?;
    let mut connection = options.connect().await.map_err(DatabaseError::Connect)?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await.map_err(DatabaseError::Connect)?;
    Ok(())
}

/// A pool whose connections all work as `minutebank_app`.
pub async fn connect(url: &str, connections: u32) -> Result<PgPool, DatabaseError> {
    let options: PgConnectOptions = url.parse().map_err(DatabaseError::Connect)?;
    let mut probe = options.clone().connect().await.map_err(DatabaseError::Connect)?;
    repo::take_role(&mut probe).await.map_err(DatabaseError::Role)?;
    probe.close().await.map_err(DatabaseError::Connect)?;
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(|connection, _| Box::pin(repo::take_role(connection)))
        .connect_with(options)
        .await
        .map_err(DatabaseError::Connect)
}

/// True where the database answers and has exactly this program's migrations.
pub async fn is_current(db: &PgPool) -> Result<bool, MigrateError> {
    let mut db = db.acquire().await?;
    let applied = db.list_applied_migrations(&MIGRATIONS.table_name).await?;
    let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    Ok(applied.iter().map(|migration| migration.version).eq(known))
}
