//! The whole application on a port of its own, and those who talk to it: a browser with cookies, a program with a key.

use std::sync::Arc;

use minutebank::state::AppState;
use minutebank::tenants::{self, Role, Scope, UserId};
use minutebank::units::WorkspaceId;
use minutebank::web;
use minutebank::web::connections::{self, SLOWEST_HEAD};
use reqwest::cookie::{CookieStore as _, Jar};
use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tower_sessions::session::Id;

use crate::fixture::World;

/// Everybody's password.
pub const PASSWORD: &str = "minutebank-demo";

/// The application, listening.
pub struct Site {
    /// Where it listens, without a path.
    pub base: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answered {
    async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a 303 leads.
    #[track_caller]
    pub fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location")
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status, code and field of an error of the API.
    #[track_caller]
    pub fn error(&self) -> (u16, String, Option<String>) {
        let error = self.json()["error"].clone();
        assert!(!error["message"].as_str().unwrap().is_empty());
        let text = |name: &str| error[name].as_str().map(str::to_owned);
        (self.status.as_u16(), text("code").unwrap(), text("field"))
    }

    /// The words of a page's main part, on one line.
    pub fn words(&self) -> String {
        words(self.body.split("<main").nth(1).unwrap_or(&self.body))
    }

    /// Value of the first hidden field with this name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let mut inputs = self.body.split("<input").skip(1).map(|it| it.split('>').next().unwrap());
        let input = inputs.find(|it| it.contains(&format!("name=\"{name}\""))).expect("a hidden field");
        input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}

/// The words of HTML, on one line.
pub fn words(html: &str) -> String {
    let texts = html.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    let words = texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    words.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
}

impl Site {
    /// Serves the world's application until the test ends.
    pub async fn of(world: &World) -> Self {
        Self::serving(world.state.clone()).await
    }

    /// Serves an application until the test ends.
    pub async fn serving(state: AppState) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = web::router(state);
        tokio::spawn(connections::serve(listener, router, SLOWEST_HEAD, std::future::pending()));
        Self { base }
    }

    /// A new browser.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.base, Jar::default())
    }

    /// A program that sends this key.
    pub fn program(&self, key: &str) -> Program {
        Program { base: self.base.clone(), key: Some(key.to_owned()), workspace: None, client: reqwest::Client::new() }
    }
}

/// A browser: keeps cookies, follows nothing by itself.
pub struct Browser {
    base: String,
    client: reqwest::Client,
    cookies: Arc<Jar>,
}

impl Browser {
    fn new(base: &str, cookies: Jar) -> Self {
        let cookies = Arc::new(cookies);
        let builder = reqwest::Client::builder().cookie_provider(cookies.clone());
        let client = builder.redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: base.to_owned(), client, cookies }
    }

    /// The same browser at this moment: what it has sent by now, and what arrives after something else.
    pub fn twin(&self) -> Self {
        let cookies = Jar::default();
        cookies.add_cookie_str(&format!("minutebank={}", self.session()), &self.base.parse().unwrap());
        Self::new(&self.base, cookies)
    }

    /// Id of its session.
    pub fn session(&self) -> Id {
        let cookies = self.cookies.cookies(&self.base.parse().unwrap()).expect("a browser with a session");
        cookies.to_str().unwrap().strip_prefix("minutebank=").unwrap().parse().unwrap()
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path, &[], &[]).await
    }

    /// An answer that is read bit by bit, and may stay open.
    pub async fn open(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        self.send(Method::POST, path, &[], fields).await
    }

    /// Any request; the fields are sent as a form.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Answered {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == Method::POST {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        Answered::read(request.send().await.unwrap()).await
    }

    /// Opens the sign-in page and sends its form.
    pub async fn sign_in(&self, email: &str, password: &str) -> Answered {
        let csrf = self.get("/sign-in").await.hidden("csrf");
        self.post("/sign-in", &[("csrf", &csrf), ("email", email), ("password", password)]).await
    }
}

/// A program of the voice platform.
#[derive(Clone)]
pub struct Program {
    pub base: String,
    pub key: Option<String>,
    /// Sent as `Minutebank-Workspace`.
    pub workspace: Option<String>,
    pub client: reqwest::Client,
}

impl Program {
    pub async fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        self.post_raw(path, "application/json", body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answered {
        self.send_raw(Method::PUT, path, "application/json", body.to_string()).await
    }

    pub async fn post_raw(&self, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answered {
        self.send_raw(Method::POST, path, media_type, body).await
    }

    /// Any request with any body.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Answered {
        let request = self.request(method, path).header("content-type", media_type).body(body);
        Answered::read(request.send().await.unwrap()).await
    }

    /// The same under an Idempotency-Key.
    pub async fn post_once(&self, key: &str, path: &str, body: impl ToString) -> Answered {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        let request = request.header("idempotency-key", key).body(body.to_string());
        Answered::read(request.send().await.unwrap()).await
    }

    /// Any request without a body.
    pub async fn send(&self, method: Method, path: &str) -> Answered {
        Answered::read(self.request(method, path).send().await.unwrap()).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(workspace) = &self.workspace {
            request = request.header(HeaderName::from_static("minutebank-workspace"), workspace);
        }
        request
    }
}

impl World {
    /// A person with [`PASSWORD`] in a workspace.
    pub async fn person(&self, workspace: WorkspaceId, name: &str, email: &str, role: Role) -> UserId {
        let hash = tenants::hash_password(PASSWORD.into()).await;
        let mut db = self.state.db.acquire().await.unwrap();
        let now = self.clock.now();
        let user = tenants::repo::create_user(&mut db, email, name, &hash, now).await.unwrap();
        drop(db);
        self.member(workspace, user, role).await;
        user
    }

    /// Makes somebody a member.
    pub async fn member(&self, workspace: WorkspaceId, user: UserId, role: Role) {
        let mut db = self.state.db.acquire().await.unwrap();
        tenants::repo::add_member(&mut db, workspace, user, role, self.clock.now()).await.unwrap();
    }

    /// Stores a key with this text for one workspace; its row is answered.
    pub async fn key(&self, workspace: WorkspaceId, text: &str, scopes: &[Scope]) -> i64 {
        self.store_key(workspace, Some(workspace), text, scopes).await
    }

    /// Stores a key with this text for the agency of a workspace.
    pub async fn agency_key(&self, of: WorkspaceId, text: &str, scopes: &[Scope]) -> i64 {
        self.store_key(of, None, text, scopes).await
    }

    async fn store_key(&self, of: WorkspaceId, workspace: Option<WorkspaceId>, text: &str, scopes: &[Scope]) -> i64 {
        let mut db = self.state.db.acquire().await.unwrap();
        let agency = sqlx::query_scalar("select agency_id from workspaces where id = $1");
        let agency = tenants::AgencyId(agency.bind(of.0).fetch_one(&mut *db).await.unwrap());
        let key = tenants::repo::NewKey { text, agency, workspace, name: "Engine", scopes };
        tenants::repo::create_api_key(&mut db, &key, self.clock.now()).await.unwrap()
    }

    /// A workspace's public id.
    pub async fn public_id(&self, workspace: WorkspaceId) -> String {
        let mut db = self.state.db.acquire().await.unwrap();
        tenants::repo::workspace(&mut db, workspace).await.unwrap().unwrap().public_id
    }
}
