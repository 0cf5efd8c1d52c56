//! One door to every oracle, with a bound on what a run may cost, and the macro that makes fuzz targets of it.
//!
//! The oracles are in `cmrp-testsuite`, `cmrp-simulator` and `cmrp-cli`. Here they are joined under the names of the
//! targets, and each run is measured: see [`bound`].

pub mod bound;
mod engine;
pub mod replay;

use bound::Cost;

#[cfg(all(feature = "afl", not(any(feature = "libfuzzer", feature = "honggfuzz"))))]
#[doc(hidden)]
pub use afl;
#[cfg(feature = "libfuzzer")]
#[doc(hidden)]
pub use engine::mutate;
#[cfg(all(feature = "honggfuzz", not(feature = "libfuzzer")))]
#[doc(hidden)]
pub use honggfuzz;
#[cfg(feature = "libfuzzer")]
#[doc(hidden)]
pub use libfuzzer_sys;

/// Runs the oracle of a target over octets, and says what that cost.
///
/// # Panics
/// A law is broken, the run cost more than the target is allowed, or no target has this name.
pub fn run(target: &str, octets: &[u8]) -> Cost {
    bound::hold(target, octets.len(), || oracle(target, octets))
}

/// The laws alone.
///
/// Inlined, so that a program for one target, which calls this with a constant, has the code of one oracle alone:
/// libFuzzer looks through the counters of all code that a program has, after each run.
///
/// # Panics
/// A law is broken, or no target has this name.
#[doc(hidden)]
#[inline(always)]
pub fn oracle(target: &str, octets: &[u8]) {
    match target {
        // An error is an answer too: most octets are no capture.
        "capture" => drop(cmrp_cli::dissect_octets(octets)),
        "port_server" => cmrp_simulator::oracle::port_server(octets),
        "port_client" => cmrp_simulator::oracle::port_client(octets),
        _ => assert!(cmrp_testsuite::oracle::run(target, octets), "no target is called {target}"),
    }
}
