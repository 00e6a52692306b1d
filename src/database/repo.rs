//! The role under which everything but migrations works.

use sqlx::PgConnection;

/// Makes this connection work as `minutebank_app`, which cannot change what was posted.
pub async fn take_role(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("set role minutebank_app").execute(db).await?;
    Ok(())
}
