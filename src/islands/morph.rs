//! Makes a part of the page look like newer HTML by changing only what differs: focus, what is typed, open details and
//! running transitions stay as they are.

use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Node};

/// Attributes that belong to the browser once the page stands; `aria-busy` is of the form that was sent.
const KEPT: [&str; 2] = ["open", "aria-busy"];
/// Marks what an island has added itself; it stays.
pub(super) const OWN: &str = "data-own";

/// Brings what is in `place` up to `html`.
pub(super) fn morph(place: &Element, html: &str) {
    let Ok(newer) = document().create_element("div") else {
        return;
    };
    newer.set_inner_html(html);
    children(place, &newer);
}

fn children(older: &Node, newer: &Node) {
    let mut left = nodes(older).into_iter().filter(|node| !is_own(node));
    for new in nodes(newer) {
        // A page that is being left may refuse; the next refresh begins anew.
        match left.next() {
            Some(old) if is_alike(&old, &new) => one(&old, &new),
            Some(old) => _ = older.replace_child(&new, &old),
            None => _ = older.append_child(&new),
        }
    }
    left.for_each(|old| _ = older.remove_child(&old));
}

fn one(old: &Node, new: &Node) {
    let (Some(older), Some(newer)) = (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) else {
        if old.node_value() != new.node_value() {
            old.set_node_value(new.node_value().as_deref());
        }
        return;
    };
    let changes =
        |name: &String| !KEPT.contains(&name.as_str()) && older.get_attribute(name) != newer.get_attribute(name);
    for name in names(older).into_iter().filter(changes) {
        _ = older.remove_attribute(&name);
    }
    for name in names(newer).into_iter().filter(changes) {
        _ = older.set_attribute(&name, &newer.get_attribute(&name).unwrap_or_default());
    }
    children(old, new);
}

fn nodes(of: &Node) -> Vec<Node> {
    std::iter::successors(of.first_child(), Node::next_sibling).collect()
}

fn names(of: &Element) -> Vec<String> {
    of.get_attribute_names().iter().filter_map(|name| name.as_string()).collect()
}

fn is_own(node: &Node) -> bool {
    node.dyn_ref::<Element>().is_some_and(|element| element.has_attribute(OWN))
}

fn is_alike(old: &Node, new: &Node) -> bool {
    old.node_type() == new.node_type() && old.node_name() == new.node_name()
}
