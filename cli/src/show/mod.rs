//! How values look to people, whichever command shows them, and where lines go.

mod flags;
pub(crate) mod output;
pub(crate) mod plain;
mod quoted;
pub(crate) mod value;
mod win32;
