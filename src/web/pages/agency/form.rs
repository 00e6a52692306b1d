//! Forms of the agency's pages: their one-use key, what was typed, and what is wrong with it.

use leptos::prelude::*;

use crate::catalog::FieldError;
use crate::ids;

/// The forms of one page: a key for the next attempt, and what was typed in the one that was refused.
#[derive(Clone, Debug, Default)]
pub struct DeskForm {
    key: String,
    typed: Vec<(String, String)>,
    faults: Vec<FieldError>,
}

impl DeskForm {
    /// Nothing was sent yet.
    pub fn fresh() -> Self {
        Self { key: ids::fresh("form"), ..Self::default() }
    }

    /// This was sent, and refused; the next attempt has a key of its own.
    pub fn again(typed: Vec<(String, String)>, faults: Vec<FieldError>) -> Self {
        Self { typed, faults, ..Self::fresh() }
    }

    /// The key of one of the page's forms.
    pub(super) fn key(&self, form: &str) -> String {
        format!("{}.{form}", self.key)
    }

    /// What was typed in a field; `None` where the form was not sent.
    pub(super) fn typed(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// Everything that was sent under a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.typed.iter().filter(|(it, _)| it == name).map(|(_, value)| value.clone()).collect()
    }

    /// What is wrong with the first of these fields that is wrong.
    pub(super) fn wrong(&self, names: &[&str]) -> Option<String> {
        let fault = self.faults.iter().find(|fault| names.contains(&fault.field));
        fault.map(|fault| fault.message.to_owned())
    }
}

/// What every form of the agency's pages carries: the session's token and its own key.
#[component]
pub(super) fn FormKeys(csrf: String, key: String) -> impl IntoView {
    view! {
        <input type="hidden" name="csrf" value=csrf />
        <input type="hidden" name="form_key" value=key />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_kept_and_what_is_wrong_is_found_by_its_field() {
        let sent = [("pack", "a"), ("pack", "b")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let form = DeskForm::again(sent.into(), vec![FieldError { field: "packs", message: "Select at least one." }]);
        assert_eq!((form.all("pack").len(), form.typed("pack").as_deref(), form.typed("none")), (2, Some("a"), None));
        assert_eq!(form.wrong(&["amount", "packs"]).as_deref(), Some("Select at least one."));
        assert_eq!(form.wrong(&["amount"]), None);
        assert!(ids::is_given_id(&form.key("assign")));
        assert_ne!(form.key("assign"), form.key("apply"));
    }
}
