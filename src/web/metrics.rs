//! `/metrics`, on an address of its own: nobody has to sign in there, so it is not where customers are.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::PgPool;

use crate::measures::CONNECTIONS;

/// `/metrics`, and nothing else.
pub fn router(recorder: PrometheusHandle, db: PgPool) -> Router {
    Router::new().route("/metrics", get(show)).with_state((recorder, db))
}

async fn show(State((recorder, db)): State<(PrometheusHandle, PgPool)>) -> impl IntoResponse {
    let idle = u32::try_from(db.num_idle()).unwrap_or(u32::MAX);
    gauge!(CONNECTIONS, "state" => "idle").set(idle);
    gauge!(CONNECTIONS, "state" => "used").set(db.size().saturating_sub(idle));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render())
}
