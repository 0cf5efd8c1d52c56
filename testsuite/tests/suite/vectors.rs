//! Octets and values that independent implementations agree on.

use std::collections::BTreeSet;

use cmrp::{clusapi2, clusapi3};
use cmrp_testsuite::hex;
use cmrp_testsuite::message::Protocol;
use cmrp_testsuite::vector::{self, Vector};

fn is_generated(vector: &Vector) -> bool {
    let missing = match vector.protocol {
        Protocol::V2 => clusapi2::NOT_GENERATED,
        Protocol::V3 => clusapi3::NOT_GENERATED,
    };
    missing.iter().all(|(opnum, _, _)| *opnum != vector.opnum)
}

fn generated() -> Vec<Vector> {
    vector::all().into_iter().filter(is_generated).collect()
}

#[test]
fn vectors_decode_to_their_values_and_encode_to_their_octets() {
    let mut failures = Vec::new();
    let vectors = generated();
    for vector in &vectors {
        if let Err(reason) = verify(vector) {
            failures.push(format!("{}: {reason}", vector.name()));
        }
    }
    println!("{} vectors verified, {} failed", vectors.len() - failures.len(), failures.len());
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), vectors.len(), failures.join("\n"));
}

fn verify(vector: &Vector) -> Result<(), String> {
    let message = vector.decode().map_err(|error| error.to_string())?;
    let value = serde_json::to_value(&message).map_err(|error| error.to_string())?;
    if value != vector.value {
        return Err(format!("decodes to {value}, not {}", vector.value));
    }
    let stub = message.encode(vector.format).map_err(|error| error.to_string())?;
    if stub != vector.stub {
        return Err(format!("encodes to {}, not {}", hex::encode(&stub), hex::encode(&vector.stub)));
    }
    Ok(())
}

/// Only reserved slots may be left out; they carry nothing.
#[test]
fn every_slot_that_carries_something_has_vectors_and_is_generated() {
    for (names, missing) in [
        (&clusapi2::OPERATION_NAMES[..], clusapi2::NOT_GENERATED),
        (&clusapi3::OPERATION_NAMES[..], clusapi3::NOT_GENERATED),
    ] {
        let live: Vec<_> = missing.iter().filter(|(_, name, _)| name.starts_with("Api")).collect();
        assert!(live.is_empty(), "left out: {live:?}");
        assert!(missing.iter().all(|(opnum, name, _)| names[usize::from(*opnum)] == *name));
    }
    let covered: BTreeSet<(bool, u16)> =
        generated().iter().map(|vector| (vector.protocol == Protocol::V3, vector.opnum)).collect();
    let live = |names: &[&str]| names.iter().filter(|name| name.starts_with("Api")).count();
    assert_eq!(
        covered.len(),
        live(&clusapi2::OPERATION_NAMES) + live(&clusapi3::OPERATION_NAMES),
        "every live slot has a vector"
    );
}
