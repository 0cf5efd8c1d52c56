//! Stands in for what the testsuite is about to have: its mutators and the new names of its targets.

use cmrp_testsuite::oracle;

/// The structure-aware mutator.
#[cfg(feature = "libfuzzer")]
pub(crate) fn mutate(_target: &str, _octets: &[u8], _max_size: usize, _seed: u32) -> Option<Vec<u8>> {
    None
}

/// Targets of both directions, by the targets of one each.
#[inline(always)]
pub(crate) fn run(target: &str, octets: &[u8]) -> bool {
    let response = octets.first().is_some_and(|setup| setup / 3 % 2 == 1);
    match (target, response) {
        ("clusapi2", false) => oracle::run("clusapi2_request", octets),
        ("clusapi2", true) => oracle::run("clusapi2_response", octets),
        ("clusapi3", false) => oracle::run("clusapi3_request", octets),
        ("clusapi3", true) => oracle::run("clusapi3_response", octets),
        _ => oracle::run(target, octets),
    }
}
