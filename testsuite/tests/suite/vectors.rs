//! Octets and values that independent implementations agree on.

use std::collections::BTreeSet;

use cmrp::ndr::{EncodeStub, ErrorKind, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_testsuite::message::Protocol;
use cmrp_testsuite::vector;

#[test]
fn vectors_decode_to_their_values_and_encode_to_their_octets() {
    let mut failures = Vec::new();
    let vectors = vector::all();
    for vector in &vectors {
        if let Err(reason) = vector.verify() {
            failures.push(format!("{}: {reason}", vector.name()));
        }
    }
    println!("{} vectors verified, {} failed", vectors.len() - failures.len(), failures.len());
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), vectors.len(), failures.join("\n"));
    assert_eq!(vectors.len(), 1953 + 3007 + 107, "vectors are missing");
}

#[test]
fn every_slot_is_generated_and_every_live_one_has_vectors() {
    assert_eq!(clusapi2::NOT_GENERATED, []);
    assert_eq!(clusapi3::NOT_GENERATED, []);
    let covered: BTreeSet<(bool, u16)> =
        vector::all().iter().map(|vector| (vector.protocol == Protocol::V3, vector.opnum)).collect();
    for (is_v3, names) in [(false, &clusapi2::OPERATION_NAMES[..]), (true, &clusapi3::OPERATION_NAMES[..])] {
        for (opnum, name) in (0..).zip(names).filter(|(_, name)| name.starts_with("Api")) {
            assert!(covered.contains(&(is_v3, opnum)), "no vector of {name}");
        }
    }
}

/// MS-CMRP 3.1.4.2: 265 slots, of which those named `Opnum...` carry nothing.
#[test]
fn reserved_slots_keep_their_opnums_and_answer_with_a_status() {
    let reserved = [80, 111, 140, 142, 148, 149, 154, 156, 158, 162, 170, 186, 263, 264];
    for opnum in reserved {
        let request = clusapi3::Request::decode(opnum, &[], Format::Ndr64, &Limits::DEFAULT).unwrap();
        assert_eq!((request.opnum(), request.encode(Format::Ndr64).unwrap().len()), (opnum, 0));
        assert!(request.name().starts_with("Opnum"), "{}", request.name());
        let response =
            clusapi3::Response::decode(opnum, &[0xD1, 6, 0, 0], Format::NDR20_LE, &Limits::DEFAULT).unwrap();
        assert_eq!(response.encode(Format::NDR20_BE).unwrap(), [0, 0, 6, 0xD1]);
    }
    let beyond = clusapi3::Request::decode(265, &[], Format::Ndr64, &Limits::DEFAULT).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::UnknownOperation { opnum: 265 });
    let beyond = clusapi2::Request::decode(109, &[], Format::NDR20_LE, &Limits::DEFAULT).unwrap_err();
    assert_eq!(beyond.kind(), ErrorKind::UnknownOperation { opnum: 109 });
}
