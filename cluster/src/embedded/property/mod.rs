//! Properties of objects: what they are, how they travel, how they are set (MS-CMRP 3.1.1.9, 2.2.3.10).
//!
//! Common properties have a [`schema`]; some of them are members of the object ([`subject`]), the others are kept as they
//! were set. Private ones are whatever clients set, of any name and type.

pub(crate) mod list;
pub(crate) mod schema;
mod set;
mod subject;

pub(crate) use set::{check_all, check_common, check_private, held, set_common, set_private};
pub(crate) use subject::Subject;
