//! A node under typed requests of both protocol versions.

#![allow(missing_docs, reason = "tests")]

mod rig;
mod suite;
