//! Live: follows the wallet while the page can be seen, and reads its sections again when it has changed.
//!
//! Without JavaScript, and until the stream is open, the line says as of when the page was read.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{EventSource, MessageEvent};

use super::morph::morph;
use super::sections::{addon_packs, auto_recharge, payments, recent_transactions, saved_card, usage, wallet};
use super::usage_chart;

/// Pause before a page whose session is over is loaded anew.
const SOON: std::time::Duration = std::time::Duration::from_secs(1);
/// Pause before a stream that the browser has given up is opened again.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// The line in the page's head.
#[island]
pub fn Live(
    /// When the page was read: `10:42:18 EST`.
    read_at: String,
    /// Public id of its workspace.
    workspace: String,
) -> impl IntoView {
    let page = Page {
        workspace: StoredValue::new(workspace),
        stream: StoredValue::new_local(None),
        is_live: RwSignal::new(false),
        read_at: RwSignal::new(read_at),
        refreshing: StoredValue::new(false),
        stale: StoredValue::new(false),
    };
    Effect::new(move |_| {
        usage_chart::wake();
        page.follow();
        _ = window_event_listener_untyped("visibilitychange", move |_| page.follow());
    });
    view! {
        <span class="live" class:on=page.is_live>
            {move || if page.is_live.get() { "Live, " } else { "As of " }}
            {page.read_at}
        </span>
    }
}

/// The open page.
#[derive(Clone, Copy)]
struct Page {
    workspace: StoredValue<String>,
    stream: StoredValue<Option<EventSource>, LocalStorage>,
    is_live: RwSignal<bool>,
    read_at: RwSignal<String>,
    /// The sections are being read.
    refreshing: StoredValue<bool>,
    /// Something has changed since that began.
    stale: StoredValue<bool>,
}

impl Page {
    /// Opens the stream of a page that can be seen, and closes that of a hidden one: a browser opens only few.
    fn follow(self) {
        self.leave();
        if document().hidden() {
            return;
        }
        let Ok(stream) = EventSource::new(&format!("/live?workspace={}", self.workspace.get_value())) else {
            return;
        };
        hear(&stream, "changed", move |event| {
            self.alive(&event);
            self.refresh();
        });
        hear(&stream, "still", move |event| self.alive(&event));
        hear(&stream, "over", move |_| {
            self.leave();
            // A session that goes on under another id first tells the browser so.
            set_timeout(|| _ = location().reload(), SOON);
        });
        hear(&stream, "error", move |_| self.interrupted());
        self.stream.set_value(Some(stream));
    }

    fn leave(self) {
        self.is_live.set(false);
        if let Some(stream) = self.stream.try_update_value(Option::take).flatten() {
            stream.close();
        }
    }

    fn alive(self, event: &MessageEvent) {
        self.is_live.set(true);
        if let Some(time) = event.data().as_string() {
            self.read_at.set(time);
        }
    }

    /// The browser connects again by itself, unless it was refused.
    fn interrupted(self) {
        self.is_live.set(false);
        let is_over = |stream: &EventSource| stream.ready_state() == EventSource::CLOSED;
        if self.stream.with_value(|stream| stream.as_ref().is_some_and(is_over)) {
            set_timeout(move || self.follow(), PAUSE);
        }
    }

    /// Reads the sections again; what changes meanwhile is read after that.
    fn refresh(self) {
        self.stale.set_value(true);
        if self.refreshing.get_value() {
            return;
        }
        self.refreshing.set_value(true);
        spawn_local(async move {
            while self.stale.get_value() {
                self.stale.set_value(false);
                read(self.workspace.get_value()).await;
            }
            self.refreshing.set_value(false);
        });
    }
}

/// A section that cannot be read stays as it is.
async fn read(workspace: String) {
    let search = location().search().unwrap_or_default();
    let query = search.trim_start_matches('?').to_owned();
    if let Ok(wallet) = wallet(workspace.clone(), query.clone()).await {
        show("wallet", &wallet.cards);
        show("pill", &wallet.pill);
    }
    if let Ok(payments) = payments(workspace.clone(), query.clone()).await {
        show("payments", &payments);
    }
    if let Ok(recharge) = auto_recharge(workspace.clone(), query.clone()).await {
        show("auto-recharge", &recharge);
    }
    if let Ok(card) = saved_card(workspace.clone(), query.clone()).await {
        show("saved-card", &card);
    }
    if let Ok(usage) = usage(workspace.clone(), query).await {
        show("usage", &usage);
        usage_chart::refresh();
    }
    if let Ok(transactions) = recent_transactions(workspace.clone()).await {
        show("recent-transactions", &transactions);
    }
    if let Ok(packs) = addon_packs(workspace).await {
        show("addon-packs", &packs);
    }
}

fn show(section: &str, html: &str) {
    if let Ok(Some(place)) = document().query_selector(&format!("[data-section={section}]")) {
        morph(&place, html);
    }
}

fn hear(stream: &EventSource, name: &str, heard: impl Fn(MessageEvent) + 'static) {
    // The browser keeps it for as long as the stream.
    let heard = Closure::<dyn Fn(MessageEvent)>::new(heard).into_js_value();
    _ = stream.add_event_listener_with_callback(name, heard.unchecked_ref());
}
