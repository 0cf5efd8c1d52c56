//! Placeholder, to be replaced.
fn main() {}
