//! What an agency sells: plans, packs, and which client may see which pack.

pub mod repo;
