//! The interface of `idl/constructs.idl`, generated with JSON and otherwise the defaults.

include!(concat!(env!("OUT_DIR"), "/constructs.rs"));
