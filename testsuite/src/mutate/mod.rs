//! Mutation that knows what it mutates: typed values of stubs, whole PDUs.
//!
//! A fuzzer that changes octets alone seldom gets past a count. Here a stub is decoded, its value varied, and encoded
//! again; then, as often as not, octets are broken that matter to NDR. What no decoder understands is left to the fuzzer.

mod pdu;
mod stub;

use cmrp_traffic::breakage::Breakage;

use crate::input::{Input, cut_named, join_named};
use crate::random::Random;
use crate::stubs::InterfaceName;

/// What a mutation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutated {
    /// The new input.
    pub octets: Vec<u8>,
    /// What was broken on purpose, in order; the stub is valid if there is none.
    pub breakages: Vec<Breakage>,
}

/// Another input of a target, of at most `max_size` octets; the same seed makes the same. `None` leaves it to the fuzzer:
/// the target has no structure, or it is the turn of octets.
pub fn mutate(target: &str, octets: &[u8], max_size: usize, seed: u32) -> Option<Vec<u8>> {
    mutated(target, octets, max_size, seed).map(|mutated| mutated.octets)
}

/// The same, with what was broken.
pub fn mutated(target: &str, octets: &[u8], max_size: usize, seed: u32) -> Option<Mutated> {
    let mut random = Random::new(u64::from(seed));
    // The fuzzer's own changes find what no plan thinks of.
    if random.below(8) == 0 {
        return None;
    }
    let mutated = match target {
        "clusapi2" => of_interface(InterfaceName::Clusapi2, octets, &mut random),
        "clusapi3" | "differential" => of_interface(InterfaceName::Clusapi3, octets, &mut random),
        "constructs" => of_interface(InterfaceName::Constructs, octets, &mut random),
        "lenient" => named(octets, &mut random),
        "pdu" => plain(pdu::pdu(octets, &mut random)),
        "pdu_stream" => pdu::stream(octets, &mut random).and_then(plain),
        _ => None,
    };
    mutated.filter(|mutated| mutated.octets.len() <= max_size)
}

fn of_interface(interface: InterfaceName, octets: &[u8], random: &mut Random) -> Option<Mutated> {
    stub::mutated(interface, Input::cut(octets)?, random, |input| input.join())
}

fn named(octets: &[u8], random: &mut Random) -> Option<Mutated> {
    let (interface, input) = cut_named(octets)?;
    stub::mutated(interface, input, random, |input| join_named(interface, input))
}

#[expect(clippy::unnecessary_wraps, reason = "beside others that may leave it to the fuzzer")]
fn plain(octets: Vec<u8>) -> Option<Mutated> {
    Some(Mutated { octets, breakages: Vec::new() })
}
