//! Pages of a list: how long they are, and the cursor that leads from one to the next.

use crate::units::WorkspaceId;

/// Items on a page where the request does not say how many.
pub const USUAL: i64 = 25;
/// The most items on a page.
pub const MOST: i64 = 100;

/// Bytes of a cursor that name its list.
const MARK: usize = 8;

/// Which list a cursor belongs to: another list, another workspace or another filter does not know it.
#[derive(Debug)]
pub struct ListKey([u8; MARK]);

impl ListKey {
    /// The list `name` of a workspace under a filter, which is written in some fixed form.
    pub fn new(name: &str, workspace: WorkspaceId, filter: &str) -> Self {
        let hash = blake3::hash(format!("{name}\n{}\n{filter}", workspace.0).as_bytes());
        let mut mark = [0; MARK];
        mark.copy_from_slice(&hash.as_bytes()[..MARK]);
        Self(mark)
    }

    /// The cursor of the page below this number.
    pub fn cursor(&self, number: i64) -> String {
        hex::encode([self.0, number.to_be_bytes()].concat())
    }

    /// The number below which the page begins; `None` for what is not a cursor of this list.
    pub fn number(&self, cursor: &str) -> Option<i64> {
        let bytes = hex::decode(cursor).ok()?;
        let number = i64::from_be_bytes(bytes.strip_prefix(&self.0)?.try_into().ok()?);
        (number > 0).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_cursors_of_the_same_list_are_read() {
        let list = ListKey::new("lots", WorkspaceId(1), "");
        assert_eq!(list.number(&list.cursor(41)), Some(41));
        for bad in ["", "41", "zz", &list.cursor(0), &list.cursor(-1), &format!("{}00", list.cursor(1)), "Ä"] {
            assert_eq!(list.number(bad), None, "{bad}");
        }
        for (name, workspace, filter) in [("transactions", 1, ""), ("lots", 2, ""), ("lots", 1, "call")] {
            assert_eq!(list.number(&ListKey::new(name, WorkspaceId(workspace), filter).cursor(41)), None);
        }
    }

    proptest! {
        #[test]
        fn cursors_lead_back_to_their_number_and_nothing_else_does(number in 1..=i64::MAX, text in "\\PC{0,40}") {
            let list = ListKey::new("lots", WorkspaceId(1), "");
            prop_assert_eq!(list.number(&list.cursor(number)), Some(number));
            prop_assert_eq!(list.number(&text), None);
            let cut: String = list.cursor(number).chars().skip(1).collect();
            prop_assert_eq!(list.number(&cut), None);
        }
    }
}
