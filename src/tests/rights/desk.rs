//! The addresses of the agency's administrators.

use super::Guard::Desk;
use super::people::Scene;
use super::{Row, form, get, post};

/// Every route below `/agency`.
pub fn rows(scene: &Scene) -> Vec<Row> {
    let wrong = [("current", "wrong"), ("new", "velvet-otter-quarry"), ("again", "velvet-otter-quarry")];
    let mut rows = vec![
        get("GET /agency/clients", "/agency/clients", Desk("200", "200")),
        get("GET /agency/clients/new", "/agency/clients/new", Desk("200", "200")),
        form("POST /agency/clients/new", &[("key", "form_1")], Desk("422", "422")),
        get("GET /agency/settings", "/agency/settings", Desk("200", "200")),
        form("POST /agency/settings/keys", &[("name", ""), ("form_key", "form_2")], Desk("422", "422")),
        form("POST /agency/settings/password", &wrong, Desk("422", "422")),
        form("POST /agency/settings/sign-up", &[("key", "form_5"), ("plan", "plan_none")], Desk("422", "422")),
        form("POST /agency/settings/invite", &[("key", "form_3"), ("email", "nobody")], Desk("422", "422")),
    ];
    rows.extend(of_a_client(scene));
    let of_the_client = [("key", "form_4"), ("client", scene.client_id.as_str()), ("email", "nobody@people.test")];
    rows.extend([
        form("POST /agency/settings/invite/resend", &of_the_client, Desk("409", "404")),
        form("POST /agency/settings/invite/withdraw", &of_the_client, Desk("409", "404")),
        form("POST /agency/settings/keys/revoke", &[("key", &scene.key_id)], Desk("404", "404")),
        form("POST /agency/settings/sign-out-everywhere", &[], Desk("→/sign-in?notice", "→/sign-in?notice")),
    ]);
    rows
}

/// The pages of one client. Each form is refused, or changes nothing: there is no such pack, request or plan.
fn of_a_client(scene: &Scene) -> Vec<Row> {
    let at = |path: &str| format!("/agency/clients/{}{path}", scene.client_id);
    let to = |route: &'static str, path: &str, fields: &[(&'static str, &str)], own: &'static str| {
        post(route, &at(path), fields, Desk(own, "404"))
    };
    let key = ("form_key", "desk_1");
    let (pack, request, plan) = (("pack", "pack_none"), ("request", "req_none"), ("plan", "plan_none"));
    vec![
        get("GET /agency/clients/{id}", &at("?tab=billing&sub=addon-packs"), Desk("200", "404")),
        to("POST /agency/clients/{id}/packs", "/packs", &[key], "422"),
        to("POST /agency/clients/{id}/packs/remove", "/packs/remove", &[key, pack], "404"),
        to("POST /agency/clients/{id}/packs/apply", "/packs/apply", &[key, pack, ("payment", "paid")], "404"),
        to("POST /agency/clients/{id}/packs/refund", "/packs/refund", &[key, ("purchase", "pur_none")], "404"),
        to("POST /agency/clients/{id}/requests/paid", "/requests/paid", &[key, request], "404"),
        to("POST /agency/clients/{id}/requests/cancel", "/requests/cancel", &[key, request], "404"),
        to("POST /agency/clients/{id}/plan", "/plan", &[key, plan, ("when", "end")], "404"),
        to("POST /agency/clients/{id}/subscribe", "/subscribe", &[key, plan], "409"),
        to("POST /agency/clients/{id}/grants", "/grants", &[key, ("gift", "credits"), ("amount", "1")], "422"),
        to("POST /agency/clients/{id}/end", "/end", &[("form_key", "no key"), ("when", "end")], "409"),
    ]
}
