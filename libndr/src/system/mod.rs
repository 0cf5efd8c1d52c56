//! What can't be had without unsafe code: calling libraries written in C. This is the one place of the package that has
//! any, and nothing of it is shipped.

mod library;
mod parameters;

pub use library::absence;
pub use parameters::{Direction, Parameters, Pushed};
