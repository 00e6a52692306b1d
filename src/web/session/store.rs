//! Sessions in our own database: a row per browser, found by the hash of its cookie.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde::Deserialize as _;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{PgPool, Postgres};
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::{CSRF, CSRF_BEFORE, FORM_LIFE, SIGNED_IN, SignedIn};
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

    /// What the columns beside the data say. A browser that only holds a form is forgotten sooner than a person.
    fn columns(&self, record: &Record) -> Columns {
        let now = self.clock.now();
        let signed_in = record.data.get(SIGNED_IN).and_then(|value| SignedIn::deserialize(value).ok());
        let expires_at = signed_in.as_ref().map_or(now + FORM_LIFE, |signed_in| signed_in.expires_at(now));
        Columns { signed_in, expires_at }
    }
}

struct Columns {
    signed_in: Option<SignedIn>,
    expires_at: Timestamp,
}

impl Columns {
    /// Bound in the order of the statements: expiry, person, device, times.
    fn bind<'q>(self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        let of = self.signed_in.as_ref();
        query
            .bind(self.expires_at.to_sqlx())
            .bind(of.map(|it| it.user.0))
            .bind(of.map(|it| it.device.clone()))
            .bind(of.map(|it| it.since.to_sqlx()))
            .bind(of.map(|it| it.noted_at.to_sqlx()))
    }
}

/// What is stored of a session's id.
pub(super) fn hash(id: &Id) -> Vec<u8> {
    blake3::hash(&id.0.to_le_bytes()).as_bytes().to_vec()
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let query = sqlx::query(
            "insert into sessions (id_hash, data, expires_at, user_id, device, signed_in_at, seen_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        );
        let query = query.bind(hash(&record.id)).bind(Json(&record.data));
        self.columns(record).bind(query).execute(&self.db).await.map_err(backend)?;
        Ok(())
    }

    /// Only updates: a session that ended while a request was on its way stays ended, and one that went over to another
    /// workspace, and so has another token, stays there. Only whoever replaces the token knows the one before.
    async fn save(&self, record: &Record) -> Result<()> {
        let query = sqlx::query(
            "update sessions set data = $2, expires_at = $3, user_id = $4, device = $5, signed_in_at = $6, seen_at = $7
             where id_hash = $1 and (data ->> 'csrf' is null or data ->> 'csrf' in ($8, $9))",
        );
        let query = query.bind(hash(&record.id)).bind(Json(&record.data));
        let token = |name| record.data.get(name).and_then(|token| token.as_str());
        let query = self.columns(record).bind(query).bind(token(CSRF)).bind(token(CSRF_BEFORE));
        query.execute(&self.db).await.map_err(backend)?;
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
