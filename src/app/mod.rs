//! Use cases, one file per verb; reads for the pages. `app` owns begin and commit, stores only borrow a connection.

pub mod overview;
