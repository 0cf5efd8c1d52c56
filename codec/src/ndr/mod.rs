//! The NDR runtime that generated code rests on.

mod format;
mod uuid;

pub use format::{Endian, Format, UnknownFormat};
pub use uuid::Uuid;
