//! Sessions in our own database: a row per browser, found by the hash of its cookie.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::{FORM_LIFE, IDLE, SIGNED_IN};
use crate::clock::Clock;

/// The store. Rows expire by our clock, not by the machine's.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: PgPool,
    clock: Clock,
}

impl Sessions {
    /// Sessions in this database.
    pub fn new(db: PgPool, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Removes what has expired; a sweep calls it.
    pub async fn delete_expired(&self) -> sqlx::Result<u64> {
        let gone = sqlx::query("delete from sessions where expires_at <= $1")
            .bind(self.clock.now().to_sqlx())
            .execute(&self.db)
            .await?;
        Ok(gone.rows_affected())
    }

    /// A browser that only holds a form is forgotten sooner than a person.
    fn expires_at(&self, record: &Record) -> Timestamp {
        let life = if record.data.contains_key(SIGNED_IN) { IDLE } else { FORM_LIFE };
        self.clock.now() + life
    }
}

fn hash(id: &Id) -> Vec<u8> {
    blake3::hash(&id.0.to_le_bytes()).as_bytes().to_vec()
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        sqlx::query("insert into sessions (id_hash, data, expires_at) values ($1, $2, $3)")
            .bind(hash(&record.id))
            .bind(Json(&record.data))
            .bind(self.expires_at(record).to_sqlx())
            .execute(&self.db)
            .await
            .map_err(backend)?;
        Ok(())
    }

    /// Only updates: a session that ended while a request was on its way stays ended.
    async fn save(&self, record: &Record) -> Result<()> {
        sqlx::query("update sessions set data = $2, expires_at = $3 where id_hash = $1")
            .bind(hash(&record.id))
            .bind(Json(&record.data))
            .bind(self.expires_at(record).to_sqlx())
            .execute(&self.db)
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let data = sqlx::query_scalar("select data from sessions where id_hash = $1 and expires_at > $2")
            .bind(hash(id))
            .bind(self.clock.now().to_sqlx())
            .fetch_optional(&self.db)
            .await
            .map_err(backend)?;
        Ok(data.map(|Json(data)| Record {
            id: *id,
            data,
            // Expiry is decided above and by `save`; tower-sessions overwrites this before it saves.
            expiry_date: OffsetDateTime::UNIX_EPOCH,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("delete from sessions where id_hash = $1")
            .bind(hash(id))
            .execute(&self.db)
            .await
            .map_err(backend)?;
        Ok(())
    }
}
