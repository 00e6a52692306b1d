//! Sends events over HTTP. What a name stands for is looked up once, for the connection itself, and only public
//! addresses are left of it: a name that stands for something else by then leads nowhere.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, header};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::address::{self, Reach, is_public};
use super::{Attempted, Outgoing};

/// The longest that a receiver may take, from the look-up of its name to its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What requests call themselves.
const AGENT: &str = concat!("Minutebank/", env!("CARGO_PKG_VERSION"));

/// The way to the endpoints.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    reach: Reach,
}

impl Sender {
    /// Sets up the way. Nothing is sent.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(reach: Reach) -> reqwest::Result<Self> {
        Self::naming(reach, Arc::new(SystemNames))
    }

    /// The same with another way to look names up.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn naming(reach: Reach, names: Arc<dyn Resolve>) -> reqwest::Result<Self> {
        let client = Client::builder()
            .user_agent(AGENT)
            .timeout(ANSWER_WITHIN)
            .redirect(Policy::none())
            // A proxy would connect for us, to whatever it likes.
            .no_proxy()
            // Every connection is a new look at the name.
            .pool_max_idle_per_host(0)
            .https_only(reach == Reach::Public)
            .dns_resolver(Arc::new(NamesWithin { reach, names }))
            .build()?;
        Ok(Self { client, reach })
    }

    /// Sends one event once, signed for this instant. The answer's body is not read.
    pub async fn send(&self, event: &Outgoing, at: Timestamp) -> Attempted {
        // An address that is no name is not looked up, so it is checked here.
        let Ok(url) = address::read(&event.url, self.reach) else {
            return Attempted { status: None, error: Some("The address is not a public one") };
        };
        let body = event.body();
        let request = self
            .client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, event.id())
            .header(HEADER_WEBHOOK_TIMESTAMP, at.as_second())
            .header(HEADER_WEBHOOK_SIGNATURE, event.signatures(&body, at))
            .body(body);
        match request.send().await {
            Ok(response) => Attempted { status: Some(response.status().as_u16()), error: None },
            Err(error) => {
                tracing::debug!(%error, endpoint = event.endpoint, "an event was not delivered");
                Attempted { status: None, error: Some(reason(&error)) }
            }
        }
    }
}

/// Why there is no answer, in words that tell nothing of our network.
fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "No answer within 10 seconds"
    } else if error.is_connect() {
        "No connection"
    } else {
        "The answer was not HTTP"
    }
}

/// The machine's own resolver.
#[derive(Debug)]
struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// A resolver that leaves out what is out of reach.
struct NamesWithin {
    reach: Reach,
    names: Arc<dyn Resolve>,
}

impl Resolve for NamesWithin {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, reach) = (self.names.resolve(name), self.reach);
        Box::pin(async move {
            let within = |address: &SocketAddr| reach == Reach::Anywhere || is_public(address.ip());
            let within: Vec<SocketAddr> = found.await?.filter(within).collect();
            if within.is_empty() {
                return Err("the name stands for no address within reach".into());
            }
            Ok(Box::new(within.into_iter()) as Addrs)
        })
    }
}
