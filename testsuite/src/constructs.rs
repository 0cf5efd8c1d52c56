//! The interface of `idl/constructs.idl`, generated with the defaults: what a build script of one call gives.

include!(concat!(env!("OUT_DIR"), "/constructs.rs"));
