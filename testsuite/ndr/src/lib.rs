//! What the tests of the NDR runtime use: the interface of `constructs.idl`, octets as digits, random numbers, and what
//! must hold of values made of any octets.
//!
//! They are a package of their own, apart from the two interfaces of ClusAPI, so that they are built and run in a few
//! seconds: mutation testing does so for each mutant.
#![forbid(unsafe_code)]

/// The interface of `testsuite/idl/constructs.idl`: the copy that the tests of the generator hold against its output.
pub mod constructs {
    include!("../../../codegen/tests/golden/constructs.rs");
}

pub mod arbitrary;

#[path = "../../src/hex.rs"]
pub mod hex;
#[path = "../../src/random.rs"]
pub mod random;
