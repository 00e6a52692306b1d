//! The few line icons, drawn on a 16-pixel grid in the colour of the text; decoration beside words.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A bank card: Billing.
    Card,
    /// Stacked sheets: Packages.
    Layers,
    /// A list: Transactions.
    List,
    /// An arrow onto a line: download.
    Download,
    /// A door with an arrow: Sign out.
    Leave,
    /// Three lines: menu.
    Menu,
    /// A cross: close.
    Close,
    /// A triangle with an exclamation mark.
    Warning,
    /// Two bars in a circle.
    Pause,
    /// A tick.
    Check,
    /// A clock face.
    Clock,
    /// A key: Settings.
    Key,
    /// An arrow down: choose another.
    Choose,
    /// Two people: Clients.
    People,
    /// A sheet with columns: Plans.
    Sheet,
    /// A flag: Inbox.
    Flag,
    /// An i in a circle.
    Info,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Icon::Card => "M2 4h12v8.5H2zM2 7h12M4.5 10h3",
            Icon::Layers => "M8 2 2 5l6 3 6-3zM2 8l6 3 6-3M2 11l6 3 6-3",
            Icon::List => "M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5",
            Icon::Download => "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
            Icon::Leave => "M6 2.5H3v11h3M7 8h7M11 5l3 3-3 3",
            Icon::Menu => "M2 4h12M2 8h12M2 12h12",
            Icon::Close => "m3.5 3.5 9 9M12.5 3.5l-9 9",
            Icon::Warning => "M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.5v.6",
            Icon::Pause => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM6.5 5.5v5M9.5 5.5v5",
            Icon::Check => "m2.5 8.5 3.5 3.5 7.5-8",
            Icon::Clock => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 4.5V8l2.5 1.5",
            Icon::Key => "M5.5 7.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM7.6 8.4 13.5 2.5M11 5l2 2",
            Icon::Choose => "m4.5 6.5 3.5 3.5 3.5-3.5",
            Icon::People => {
                "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M10.5 2.8a2.5 2.5 0 0 1 \
                 0 4.4M12 9.8c1.5.5 2.5 1.8 2.5 3.7"
            }
            Icon::Sheet => "M2.5 2.5h11v11h-11zM2.5 6h11M6.5 6v7.5",
            Icon::Flag => "M3.5 14V2.5h8.5l-2 3 2 3H3.5",
            Icon::Info => "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM8 7.5v4M8 4.6v.6",
        }
    }

    /// The drawing.
    pub fn svg(self) -> impl IntoView {
        view! {
            <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
                <path d=self.path() />
            </svg>
        }
    }
}

/// The product's mark: a clock face with its first quarter filled.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 28 28" aria-hidden="true">
            <rect width="28" height="28" rx="7" />
            <circle cx="14" cy="14" r="7.5" />
            <path d="M14 14V9a5 5 0 0 1 5 5z" />
        </svg>
    }
}
