//! The rows that stand before the first command: agency, catalogue, workspaces, people and keys.

use jiff::Timestamp;
use sqlx::{Connection as _, PgConnection};

use super::catalog::{packs, plans, terms};
use super::clients::{CLIENTS, Client};
use super::history::{anchor_at, zone};
use super::{PASSWORD, repo};
use crate::catalog::PlanDraft;
use crate::catalog::repo::{assign_pack, create_pack, create_plan, set_sign_up_plan};
use crate::ledger;
use crate::tenants::repo::{
    NewKey, add_agency_admin, add_member, create_agency, create_api_key, create_user, create_workspace,
};
use crate::tenants::{self, AgencyId, Role, Scope};

/// Public id of the demo's agency.
pub(super) const AGENCY: &str = "ag_brightline";

/// The plan that newcomers begin on: there is something to try with its free credits.
const SIGN_UP_PLAN: &str = "plan_flat";

const AGENCY_NAME: &str = "Brightline Voice";
const ADMINISTRATOR: &str = "admin@brightline.test";

/// Who can sign in with the demo's password, clients before the agency: name and address. People who came afterwards have
/// passwords of their own.
pub fn logins() -> [(&'static str, &'static str); CLIENTS.len() + 1] {
    std::array::from_fn(|index| {
        CLIENTS.get(index).map_or((AGENCY_NAME, ADMINISTRATOR), |client| (client.name, client.email))
    })
}

/// Creates everything in one transaction, unless it stands. Answers when the demo began.
pub async fn found(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<Timestamp> {
    if let Some(begun_at) = repo::begun_at(db, AGENCY).await? {
        return Ok(begun_at);
    }
    let password = tenants::hash_password(PASSWORD.to_owned()).await;
    let mut db = db.begin().await?;
    let agency = create_agency(&mut db, AGENCY, AGENCY_NAME, now).await?;
    let admin = create_user(&mut db, ADMINISTRATOR, "Elena Sørensen", &password, now).await?;
    add_agency_admin(&mut db, agency, admin, now).await?;
    let all = [Scope::Admin];
    let key = NewKey { text: "mb_test_brightline", agency, workspace: None, name: "Demo", scopes: &all };
    create_api_key(&mut db, &key, now).await?;
    let catalogue = stock(&mut db, agency, now).await?;
    set_sign_up_plan(&mut db, agency, SIGN_UP_PLAN).await?;
    for client in &CLIENTS {
        welcome(&mut db, agency, &catalogue, client, &password, now).await?;
    }
    db.commit().await?;
    Ok(now)
}

/// Rows of plans and packs, by public id.
type Catalogue = Vec<(String, i64)>;

async fn stock(db: &mut PgConnection, agency: AgencyId, now: Timestamp) -> sqlx::Result<Catalogue> {
    let mut catalogue = Catalogue::new();
    for (rank, (id, terms)) in (1..).zip(plans()) {
        let draft = PlanDraft { rank, public: true, terms };
        catalogue.push((id.to_owned(), create_plan(db, agency, id, &draft, now).await?));
    }
    for pack in packs() {
        let row = create_pack(db, agency, &pack, now).await?;
        catalogue.push((pack.id, row));
    }
    Ok(catalogue)
}

async fn welcome(
    db: &mut PgConnection,
    agency: AgencyId,
    catalogue: &Catalogue,
    client: &Client,
    password: &str,
    now: Timestamp,
) -> sqlx::Result<()> {
    let row = |id: &str| catalogue.iter().find(|(known, _)| known == id).expect("the catalogue has it").1;
    // The wallet's own time begins with the subscription, a month or more before the demo.
    let anchor_at = anchor_at(now);
    let workspace = create_workspace(db, agency, client.workspace, client.name, &zone(), anchor_at).await?;
    ledger::repo::take_snapshot(db, workspace, row(client.plan), &terms(client.plan), anchor_at).await?;
    for pack in client.packs {
        assign_pack(db, workspace, row(pack), now).await?;
    }
    let owner = create_user(db, client.email, client.owner, password, now).await?;
    add_member(db, workspace, owner, Role::Owner, now).await?;
    let scopes = [Scope::CallsWrite, Scope::WalletRead, Scope::WalletCharge];
    let key = NewKey { text: client.key, agency, workspace: Some(workspace), name: "Demo", scopes: &scopes };
    create_api_key(db, &key, now).await?;
    Ok(())
}
