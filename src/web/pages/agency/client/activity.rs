//! Activity: who of the agency did what for this client.

use leptos::prelude::*;

use super::{Scene, Turned, Turns};
use crate::tenants::audit::Record;
use crate::web::components::{Broken, SectionError};
use crate::web::dates::Calendar;
use crate::web::pages::agency::deeds::deed_words;

#[component]
pub(super) fn Activity(scene: Scene, records: Result<Turned<Record>, SectionError>) -> impl IntoView {
    let zone = format!("Times in {}", scene.calendar.zone());
    let list = match records {
        Err(SectionError) => view! { <Broken what="The activity" retry=scene.here() /> }.into_any(),
        Ok(page) if page.items.is_empty() && !page.later => view! { <Nothing /> }.into_any(),
        Ok(Turned { items, older, later }) => {
            let rows = items.into_iter().map(|record| row(record, &scene.calendar)).collect_view();
            view! {
                <table class="table deeds activity" aria-labelledby="activity">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"When"</th>
                            <th role="columnheader" scope="col">"What"</th>
                            <th role="columnheader" scope="col">"By"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{rows}</tbody>
                </table>
                <Turns here=scene.here() older=older later=later />
            }
            .into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="activity">
            <div class="card-title">
                <h2 id="activity">"Activity"</h2>
                <h3>{zone}</h3>
            </div>
            {list}
        </section>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"Nothing yet"</strong>
            <p>"What you and your colleagues do for this client appears here."</p>
        </div>
    }
}

fn row(record: Record, calendar: &Calendar) -> impl IntoView + use<> {
    view! {
        <tr role="row">
            <td role="cell" class="issued">{calendar.moment(record.occurred_at)}</td>
            <td role="cell" class="what">
                <strong>{deed_words(record.action)}</strong>
                <small>{record.details}</small>
            </td>
            <td role="cell" class="who">{record.actor.unwrap_or_else(|| "Minutebank".to_owned())}</td>
        </tr>
    }
}
