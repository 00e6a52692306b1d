//! Events out: from the posting that causes one to the endpoint that takes it.

mod delivery;
mod pages;
mod reach;
mod receiver;
