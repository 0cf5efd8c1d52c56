//! How values look to people, whichever command shows them, and where lines go.

mod flags;
pub(crate) mod nearest;
pub(crate) mod output;
pub(crate) mod plain;
pub(crate) mod quoted;
pub(crate) mod value;
pub(crate) mod win32;
