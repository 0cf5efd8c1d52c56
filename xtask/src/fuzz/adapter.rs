//! Stands in for what the testsuite is about to have: seeds and dictionaries of its own.

use cmrp::ndr::Format;
use cmrp_testsuite::message::{Direction, Protocol};
use cmrp_testsuite::vector;

/// Seeds of a target.
pub(super) fn seeds(target: &str) -> Vec<Vec<u8>> {
    let protocol = match target {
        "clusapi2" => Protocol::V2,
        "clusapi3" => Protocol::V3,
        _ => return Vec::new(),
    };
    let vectors = vector::all().into_iter().filter(|vector| vector.protocol == protocol);
    let seed = |vector: vector::Vector| {
        let format = Format::ALL.iter().position(|format| *format == vector.format).unwrap_or(0);
        let direction = if vector.direction == Direction::Request { 0 } else { 3 };
        let mut octets = vec![u8::try_from(format).unwrap_or(0) | direction];
        if direction == 3 {
            octets = vec![3_u8.saturating_add(u8::try_from(format).unwrap_or(0))];
        }
        octets.extend(vector.opnum.to_le_bytes());
        octets.extend(vector.stub);
        octets
    };
    vectors.map(seed).collect()
}

/// The dictionary of a target, in libFuzzer's syntax; empty if it has none.
pub(super) fn dictionary(_target: &str) -> String {
    String::new()
}
