//! `/agency/clients`: the clients, those that run out first on top.

use leptos::prelude::*;

use crate::app::agency::clients::{ClientFilter, ClientRow};
use crate::web::components::{Broken, SectionError};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ClientsView {
    /// What was looked for.
    pub filter: ClientFilter,
    /// What was found.
    pub clients: Result<Vec<ClientRow>, SectionError>,
}

/// The page.
pub fn clients_page(desk: Desk, view: ClientsView) -> impl IntoView {
    let line = match &view.clients {
        Ok(clients) => format!("{} workspaces", clients.len()),
        Err(SectionError) => "Your workspaces".to_owned(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Clients title="Clients" dialog=None>
            <DeskHead title="Clients" line=line>
                ""
            </DeskHead>
            {match view.clients {
                Ok(clients) => view! { <List clients=clients /> }.into_any(),
                Err(SectionError) => {
                    view! {
                        <section class="card" aria-label="Clients">
                            <Broken what="The clients" retry="/agency/clients" />
                        </section>
                    }
                        .into_any()
                }
            }}
        </DeskShell>
    }
}

#[component]
fn List(clients: Vec<ClientRow>) -> impl IntoView {
    view! {
        <section class="card" aria-label="Clients">
            <ul>
                {clients
                    .into_iter()
                    .map(|client| {
                        view! {
                            <li>
                                <a href=format!("/agency/clients/{}", client.id)>{client.name}</a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}
