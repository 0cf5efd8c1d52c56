//! Mutation that knows what it mutates.

use std::collections::BTreeSet;

use cmrp_testsuite::input::Input;
use cmrp_testsuite::mutate::{Mutated, mutate, mutated};
use cmrp_testsuite::oracle;
use cmrp_testsuite::stubs::{InterfaceName, Stubs, Visit};
use cmrp_traffic::breakage::BreakageKind;
use dcerpc_proto::Pdu;

use crate::seeds::seeds_of;

const TARGETS: [(&str, InterfaceName); 3] = [
    ("clusapi2", InterfaceName::Clusapi2),
    ("clusapi3", InterfaceName::Clusapi3),
    ("constructs", InterfaceName::Constructs),
];

const MOST: usize = 4096;

/// Whether a stub is read strictly at level 5.0, with nothing behind it.
struct IsValid<'a>(Input<'a>);

impl Visit for IsValid<'_> {
    type Output = bool;

    fn visit<S: Stubs>(self) -> bool {
        let Input { format, opnum, stub, .. } = self.0;
        let limits = cmrp_testsuite::input::Strictness::Level5.limits().with_trailing(0);
        S::decode(opnum, stub, format, &limits).is_ok()
    }
}

fn is_valid(interface: InterfaceName, octets: &[u8]) -> bool {
    let input = Input::cut(octets).expect("a header");
    interface.visit(input.direction, IsValid(input))
}

/// Seeds, few enough for a test.
fn some(target: &str) -> Vec<Vec<u8>> {
    seeds_of(target).iter().step_by(17).cloned().collect()
}

#[test]
fn a_stub_stays_valid_unless_it_is_broken() {
    let (mut kinds, mut plain, mut broken, mut refused, mut left) = (BTreeSet::new(), 0, 0, 0, 0);
    for (target, interface) in TARGETS {
        for (seed, octets) in (0..).zip(some(target)) {
            let Some(Mutated { octets, breakages }) = mutated(target, &octets, MOST, seed) else {
                left += 1;
                continue;
            };
            oracle::run(target, &octets);
            if breakages.is_empty() {
                assert!(is_valid(interface, &octets), "{target} {seed}: {octets:02x?}");
                plain += 1;
            } else {
                refused += u32::from(!is_valid(interface, &octets));
                broken += 1;
            }
            kinds.extend(breakages.iter().map(|breakage| breakage.kind));
        }
    }
    assert!(plain > 100 && broken > 100 && left > 50, "{plain} plain, {broken} broken, {left} left");
    assert!(refused > broken / 3 && refused < broken, "{refused} of {broken} are refused");
    let missing: Vec<_> = BreakageKind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "never broken: {missing:?}");
}

#[test]
fn a_seed_repeats_a_mutation_and_another_does_not() {
    for target in ["clusapi3", "lenient", "pdu", "pdu_stream"] {
        let (mut different, mut all) = (0, 0);
        for octets in some(target).iter().take(50) {
            for seed in 0..8 {
                let first = mutated(target, octets, MOST, seed);
                assert_eq!(first, mutated(target, octets, MOST, seed), "{target} {seed}");
                assert_eq!(first.clone().map(|it| it.octets), mutate(target, octets, MOST, seed));
                different += u32::from(first != mutated(target, octets, MOST, seed + 100));
                all += 1;
            }
        }
        assert!(different > all * 3 / 4, "{target}: {different} of {all}");
    }
}

#[test]
fn nothing_is_larger_than_allowed() {
    for target in ["clusapi3", "constructs", "lenient", "pdu", "pdu_stream"] {
        for (seed, octets) in (0..).zip(some(target)) {
            for most in [0, 8, octets.len()] {
                let length = mutate(target, &octets, most, seed).map_or(0, |octets| octets.len());
                assert!(length <= most, "{target}: {length} of {most}");
            }
        }
    }
}

#[test]
fn any_octets_can_be_mutated() {
    let mut random = cmrp_testsuite::random::Random::new(1);
    for seed in 0..2000 {
        let octets: Vec<u8> = (0..random.below(60)).map(|_| random.octet()).collect();
        for target in ["clusapi2", "clusapi3", "constructs", "lenient", "pdu", "pdu_stream", "node", "no"] {
            drop(mutate(target, &octets, 100, seed));
        }
    }
}

/// Without true lengths hardly any PDU would be read.
#[test]
fn pdus_keep_their_lengths() {
    let (mut read, mut all) = (0, 0);
    for octets in seeds_of("pdu").iter() {
        for seed in 0..20 {
            if let Some(octets) = mutate("pdu", octets, MOST, seed) {
                read += u32::from(Pdu::decode(&octets).is_ok());
                all += 1;
            }
        }
    }
    assert!(read > all / 4, "{read} of {all} are read");
}
