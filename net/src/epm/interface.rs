//! The interface `ept`, generated from `idl/ept.idl`: `ept_map` and `ept_lookup_handle_free`.
#![allow(clippy::pedantic, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/ept.rs"));
