//! The seeds of fuzz targets: they keep the laws of their oracles, and reach what there is to reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cmrp::ndr::ErrorKind;
use cmrp_testsuite::connection::{rpc_client, rpc_server};
use cmrp_testsuite::input::{DIRECTIONS, Input, Strictness};
use cmrp_testsuite::message::Direction;
use cmrp_testsuite::oracle::{self, TARGETS};
use cmrp_testsuite::seeds;
use cmrp_testsuite::stubs::{InterfaceName, Stubs, Visit};
use dcerpc_proto::{PacketType, Pdu};

/// The seeds of a target, which several tests look at.
pub(crate) fn seeds_of(target: &str) -> Arc<Vec<Vec<u8>>> {
    static MADE: Mutex<BTreeMap<String, Arc<Vec<Vec<u8>>>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap();
    made.entry(target.to_owned()).or_insert_with(|| Arc::new(seeds::of(target))).clone()
}

/// Targets of stubs, whose seeds are many: their oracles take one of so many here, and all when a campaign begins.
const STEP: usize = 7;

#[test]
fn seeds_keep_the_laws_of_their_oracles() {
    for target in TARGETS {
        let seeds = seeds_of(target);
        assert!(!seeds.is_empty(), "{target} has no seeds");
        let step = if seeds.len() > 1000 { STEP } else { 1 };
        for seed in seeds.iter().step_by(step) {
            assert!(oracle::run(target, seed), "{target}");
        }
    }
}

#[test]
fn seeds_are_different_and_repeat() {
    for target in ["constructs", "pdu", "node"] {
        let seeds = seeds_of(target);
        assert_eq!(seeds.iter().collect::<BTreeSet<_>>().len(), seeds.len(), "{target}");
        assert_eq!(*seeds, seeds::of(target), "{target}");
    }
}

/// What a strict decoder at level 6.0 makes of a stub.
struct Verdict<'a>(Input<'a>);

impl Visit for Verdict<'_> {
    type Output = Result<(), ErrorKind>;

    fn visit<S: Stubs>(self) -> Self::Output {
        let Input { format, opnum, stub, .. } = self.0;
        let limits = Strictness::Level6.limits().with_trailing(0);
        S::decode(opnum, stub, format, &limits).map(drop).map_err(|error| error.kind())
    }
}

#[test]
fn every_operation_is_reached_in_each_direction_and_format() {
    for interface in InterfaceName::ALL {
        let mut reached = BTreeMap::<_, usize>::new();
        for seed in seeds_of(interface.name()).iter() {
            let input = Input::cut(seed).expect("a header");
            if interface.visit(input.direction, Verdict(input)).is_ok() {
                let is_request = input.direction == Direction::Request;
                *reached.entry((input.opnum, is_request, input.format.name())).or_default() += 1;
            }
        }
        assert_eq!(reached.len(), interface.operations().len() * DIRECTIONS.len() * 3, "{interface:?}");
        let all: usize = reached.values().sum();
        println!("{interface:?}: {all} stubs of {} kinds are good", reached.len());
    }
}

fn name(kind: ErrorKind) -> String {
    format!("{kind:?}").split(' ').next().unwrap().to_owned()
}

/// Limits and octets that are missing are for the oracle, which tries them on every good stub.
#[test]
fn every_rule_is_broken() {
    let mut broken = BTreeSet::new();
    let mut in_format = BTreeSet::new();
    for interface in InterfaceName::ALL {
        for seed in seeds_of(interface.name()).iter() {
            let input = Input::cut(seed).expect("a header");
            if let Err(kind) = interface.visit(input.direction, Verdict(input)) {
                in_format.insert((name(kind), input.format.is_ndr64()));
                broken.insert(name(kind));
            }
        }
    }
    let rules = [
        "ActualExceedsMaximum",
        "CountOutOfRange",
        "CountTooLarge",
        "EmbeddedTerminator",
        "InvalidTag",
        "LengthMismatch",
        "MissingTerminator",
        "NonZeroOffset",
        "NullRef",
        "NullWithCount",
        "OutOfRange",
        "SizeMismatch",
        "TagMismatch",
        "TrailingOctets",
        "Truncated",
        "UnknownOperation",
    ];
    let missing: Vec<_> = rules.iter().filter(|rule| !broken.contains(**rule)).collect();
    assert!(missing.is_empty(), "nobody breaks {missing:?}");
    // NDR does not look at the referents of `ref` pointers.
    let twice = rules.iter().filter(|rule| **rule != "NullRef");
    let missing: Vec<_> = twice.filter(|rule| !in_format.contains(&((**rule).to_owned(), false))).collect();
    assert!(missing.is_empty(), "nobody breaks {missing:?} in NDR");
}

#[test]
fn pdus_are_of_every_type_and_scripts_get_past_the_bind() {
    let pdus = seeds_of("pdu");
    let types: BTreeSet<u8> = pdus
        .iter()
        .filter_map(|pdu| Pdu::decode(pdu).ok())
        .map(|pdu| pdu.body.packet_type().code())
        .collect();
    assert_eq!(types.len(), PacketType::ALL.len());
    for (target, run) in [("rpc_server", rpc_server as fn(&[u8]) -> _), ("rpc_client", rpc_client)] {
        let reached: Vec<_> = seeds_of(target).iter().map(|seed| run(seed)).collect();
        let calls: usize = reached.iter().map(|reached| reached.calls).sum();
        let faults: usize = reached.iter().map(|reached| reached.faults).sum();
        assert!(calls > 40 && faults > 5, "{target}: {calls} calls, {faults} faults");
    }
}

#[test]
fn captures_bring_stubs_of_both_versions() {
    let captures = seeds_of("capture");
    assert!(
        captures.len() >= 4 && captures.iter().all(|capture| capture.starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]))
    );
}
