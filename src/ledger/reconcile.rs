//! (placeholder for compile)
