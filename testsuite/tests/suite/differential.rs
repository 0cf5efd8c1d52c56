//! The comparison with libndr: it agrees on what is right, tells what is wrong, and its list has reasons. Where libndr
//! is not installed, only the list is tested.

use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::{Endian, Error, Format, Limits, TargetLevel};
use cmrp_testsuite::differential::{
    DEVIATIONS, Decode, Ours, Outcome, Rule, Stub, absence, compare, compare_with, decode, read,
};
use cmrp_testsuite::message::{Direction, Message, Protocol};
use cmrp_testsuite::vector::{self, Vector};

fn is_here() -> bool {
    let required = std::env::var_os("CMRP_REQUIRE_LIBNDR").is_some();
    assert!(!required || absence().is_none(), "{:?}", absence());
    absence().is_none()
}

fn vectors() -> Vec<Vector> {
    vector::all().into_iter().filter(|vector| vector.protocol == Protocol::V3).collect()
}

fn stub(vector: &Vector) -> Stub<'_> {
    Stub { opnum: vector.opnum, direction: vector.direction, format: vector.format, octets: &vector.stub }
}

/// Stubs with one word that is another number.
fn damaged(vectors: &[Vector]) -> Vec<Vector> {
    let mut random = cmrp_testsuite::random::Random::new(6);
    let damage = |vector: &Vector| {
        let mut vector = vector.clone();
        let at = random.below(vector.stub.len()) & !3;
        let word = [[0; 4], [0, 0, 0, 1], [1, 0, 0, 0], [0xFF; 4], [0, 1, 0, 0]][random.below(5)];
        vector.stub.iter_mut().skip(at).zip(word).for_each(|(octet, new)| *octet = new);
        vector
    };
    vectors.iter().map(damage).collect()
}

#[test]
fn the_list_has_reasons() {
    for deviation in DEVIATIONS.iter() {
        // Who is right, by a section of the specification; what libndr does.
        let reason = &deviation.reason;
        let has_section = deviation.rule == Rule::Memory || reason.contains("(MS-");
        assert!(has_section && reason.contains("; "), "{deviation}");
    }
}

#[test]
fn lines_without_a_reason_are_refused() {
    let line = |columns: [&str; 4]| columns.join("\t");
    let good = line(["ApiDeleteGroup", "in", "boolean8=20", "force is BOOL"]);
    assert_eq!(read(&good).expect("a line")[0].rule, Rule::Boolean8(20));
    for bad in [
        "ApiDeleteGroup\tin\tboolean8=20".to_owned(),
        line(["ApiDeleteGroup", "in", "boolean8=20", " "]),
        line(["ApiDeleteGroup", "in", "boolean8", "no offset"]),
        line(["ApiDeleteGroup", "in", "boolean9=20", "no such rule"]),
        line(["ApiDeleteGroup", "request", "boolean8=20", "no such direction"]),
    ] {
        assert!(read(&bad).is_err(), "{bad}");
    }
}

#[test]
fn both_agree_on_all_vectors() {
    if !is_here() {
        return;
    }
    let (mut accepted, vectors) = (0, vectors());
    for vector in &vectors {
        match compare(stub(vector)) {
            Outcome::Accepted => accepted += 1,
            Outcome::Deviates(_) => {}
            other => panic!("{}: {other:?}", vector.name()),
        }
    }
    // Operations beyond libndr's last one are the most of the others.
    assert!(accepted * 3 > vectors.len() * 2, "only {accepted} of {} are accepted by both", vectors.len());
}

#[test]
fn both_agree_on_damaged_vectors() {
    if !is_here() {
        return;
    }
    let mut refused = 0;
    for vector in damaged(&vectors()) {
        match compare(stub(&vector)) {
            Outcome::Disagrees(text) => panic!("{text}"),
            Outcome::Refused => refused += 1,
            _ => {}
        }
    }
    assert!(refused > 100, "only {refused} are refused");
}

#[test]
fn a_wrong_decoder_is_told() {
    if !is_here() {
        return;
    }
    let (good, bad) = (vectors(), damaged(&vectors()));
    let wrong: [(&str, Decode); 6] = [
        ("takes the other byte order", other_byte_order),
        ("checks at level 6.0", level_6),
        ("forgives what breaks a rule", lenient),
        ("stops an octet early", early_end),
        ("changes the return value", other_return_value),
        ("says that everything is empty", refuses_all),
    ];
    for (name, decode) in wrong {
        let told = (good.iter().chain(&bad))
            .filter(|vector| matches!(compare_with(decode, stub(vector)), Outcome::Disagrees(_)))
            .count();
        assert!(told > 0, "nobody tells that a decoder {name}");
    }
}

/// A line of the list covers nothing but what it says.
#[test]
fn a_wrong_decoder_is_told_where_the_list_has_a_line() {
    if !is_here() {
        return;
    }
    let mut vectors = vectors();
    vectors.iter_mut().for_each(vary_size);
    for (operation, direction, decode) in [
        ("ApiDeleteGroup", Direction::Request, other_force as Decode),
        ("ApiGetNotifyV2", Direction::Response, other_return_value),
        ("ApiGetClusterVersion2", Direction::Response, other_return_value),
    ] {
        let of_it = |vector: &&Vector| vector.operation == operation && vector.direction == direction;
        let deviates = |vector: &&Vector| matches!(compare(stub(vector)), Outcome::Deviates(_));
        let deviating: Vec<&Vector> = vectors.iter().filter(of_it).filter(deviates).collect();
        assert!(!deviating.is_empty(), "{operation} has no deviation");
        for vector in deviating {
            let outcome = compare_with(decode, stub(vector));
            assert!(matches!(outcome, Outcome::Disagrees(_)), "{}: {outcome:?}", vector.name());
        }
    }
}

/// Another `dwSize` in the structure that the response of `ApiGetClusterVersion2` ends with, before two status codes.
fn vary_size(vector: &mut Vector) {
    if vector.operation == "ApiGetClusterVersion2" && vector.direction == Direction::Response {
        let dw_size = vector.stub.len() - 28;
        vector.stub[dw_size] ^= 1;
    }
}

fn other_byte_order(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    let format = match stub.format {
        Format::Ndr20(Endian::Little) => Format::NDR20_BE,
        Format::Ndr20(Endian::Big) => Format::NDR20_LE,
        Format::Ndr64 => Format::Ndr64,
    };
    decode(Stub { format, ..stub })
}

fn level_6(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level6);
    Message::decode(Protocol::V3, stub.direction, stub.opnum, stub.octets, stub.format, &limits)?;
    decode(stub)
}

fn lenient(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    let (message, _) =
        Message::decode_lenient(Protocol::V3, stub.direction, stub.opnum, stub.octets, stub.format, &limits)?;
    Ok(Ours { written: message.encode(stub.format), message, end: stub.octets.len() })
}

fn early_end(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    let ours = decode(stub)?;
    Ok(Ours { end: ours.end.saturating_sub(1), ..ours })
}

fn refuses_all(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    decode(Stub { octets: &[], ..stub })
}

fn other_return_value(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    changed(stub, |message| match message {
        Message::Response3(Response::ApiGetNotifyV2(response)) => response.return_value ^= 1,
        Message::Response3(Response::ApiGetClusterVersion2(response)) => response.return_value ^= 1,
        _ => {}
    })
}

fn other_force(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    changed(stub, |message| {
        if let Message::Request3(Request::ApiDeleteGroup(request)) = message {
            request.force ^= if stub.format == Format::NDR20_BE { 1 << 24 } else { 1 };
        }
    })
}

fn changed<'a>(stub: Stub<'a>, change: impl FnOnce(&mut Message<'a>)) -> Result<Ours<'a>, Error> {
    let Ours { mut message, end, .. } = decode(stub)?;
    change(&mut message);
    Ok(Ours { written: message.encode(stub.format), message, end })
}
