//! Values made of any octets: what comes out is a value of its operation, and stays one when it is varied; landmarks
//! are where the octets say they are.

use std::collections::{BTreeMap, BTreeSet};

use cmrp::ndr::arbitrary::{HandleUse, Landmark, LandmarkKind, Unstructured, Vary};
use cmrp::ndr::{DecodeStub, EncodeStub, Format, Limits, Operation, TargetLevel, Writer};
use cmrp::{clusapi2, clusapi3};
use cmrp_testsuite::constructs;
use cmrp_testsuite::random::Random;

/// Values of each operation and direction.
const ROUNDS: usize = 60;

fn pool(random: &mut Random) -> Vec<u8> {
    let length = random.below(400);
    (0..length).map(|_| random.octet()).collect()
}

/// Its encoding decodes to the value itself and to nothing else.
fn assert_travels<'a, M: EncodeStub + PartialEq + std::fmt::Debug>(
    message: &M,
    format: Format,
    decode: impl Fn(&'a [u8], &Limits) -> Result<M, cmrp::ndr::Error>,
) {
    let stub: &'static [u8] = message.encode(format).expect("a value that has a form on the wire").leak();
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5).with_trailing(0);
    assert_eq!(decode(stub, &limits).as_ref(), Ok(message), "{format}");
}

macro_rules! laws_of {
    ($($test:ident $interface:ident)+) => {$(
        #[test]
        fn $test() {
            let mut random = Random::new(20);
            let mut distinct = BTreeSet::new();
            for opnum in 0..$interface::OPERATION_NAMES.len() {
                let opnum = u16::try_from(opnum).unwrap();
                for round in 0..ROUNDS {
                    let octets: &'static [u8] = pool(&mut random).leak();
                    let mut choices = Unstructured::new(octets);
                    let format = Format::ALL[round % 3];
                    let made = $interface::Request::arbitrary_of(opnum, &mut choices).unwrap();
                    if let Some(mut request) = made {
                        assert_eq!(request.opnum(), opnum);
                        let decode = |stub, limits: &_| $interface::Request::decode(opnum, stub, format, limits);
                        assert_travels(&request, format, decode);
                        request.vary(&mut choices).unwrap();
                        assert_eq!(request.opnum(), opnum);
                        assert_travels(&request, format, decode);
                        distinct.insert(format!("{request:?}"));
                    }
                    let made = $interface::Response::arbitrary_of(opnum, &mut choices).unwrap();
                    if let Some(mut response) = made {
                        let decode = |stub, limits: &_| $interface::Response::decode(opnum, stub, format, limits);
                        assert_travels(&response, format, decode);
                        response.vary(&mut choices).unwrap();
                        assert_travels(&response, format, decode);
                        distinct.insert(format!("{response:?}"));
                    }
                }
            }
            // Most operations have more values than rounds.
            assert!(distinct.len() > $interface::OPERATION_NAMES.len() * 10, "{} values", distinct.len());
            assert_eq!($interface::Request::arbitrary_of(9999, &mut Unstructured::new(&[])), Ok(None));
        }
    )+};
}

laws_of! {
    arbitrary_values_of_version_2_travel clusapi2
    arbitrary_values_of_version_3_travel clusapi3
    arbitrary_values_of_other_constructs_travel constructs
}

/// Values are varied: sooner or later each field is another, and now and then a value is one that was there before.
#[test]
fn variation_reaches_every_field() {
    let mut random = Random::new(3);
    let octets: &'static [u8] = (0..60_000).map(|_| random.octet()).collect::<Vec<_>>().leak();
    let mut choices = Unstructured::new(octets);
    let original = constructs::Awkward::default();
    let mut changed = [false; 5];
    for _ in 0..500 {
        let mut value = original.clone();
        value.vary(&mut choices).unwrap();
        changed[0] |= value.raw != original.raw;
        changed[1] |= value.reader_ != original.reader_;
        changed[2] |= value.fixed_ != original.fixed_;
        changed[3] |= value.target_ != original.target_;
        changed[4] |= value.r#type != original.r#type;
    }
    assert_eq!(changed, [true; 5]);
}

/// The stub of an `ApiGetNotify` response, taken apart by hand.
#[test]
fn landmarks_stand_where_the_octets_do() {
    let response = clusapi3::ApiGetNotifyResponse { name: Some("ab".into()), ..Default::default() };
    let marks = |format| {
        let mut writer = Writer::marking(format);
        response.write(&mut writer).unwrap();
        let (stub, landmarks) = writer.into_marked();
        assert_eq!(Ok(stub), response.encode(format), "marking changes nothing");
        landmarks
            .into_iter()
            .map(|Landmark { kind, offset, size }| (kind.name(), offset, size))
            .collect::<Vec<_>>()
    };
    // Key, filter, state sequence; then the pointer, its string of three units, a gap, two status values.
    let ndr20 = [
        ("referent", 12, 4),
        ("maximum_count", 16, 4),
        ("offset", 20, 4),
        ("actual_count", 24, 4),
        ("terminator", 32, 2),
        ("gap", 34, 2),
    ];
    assert_eq!(marks(Format::NDR20_LE), ndr20);
    assert_eq!(marks(Format::NDR20_BE), ndr20);
    // The key has 4 octets here too: it is a DWORD in version 1 ports.
    let ndr64 = [
        ("gap", 12, 4),
        ("referent", 16, 8),
        ("maximum_count", 24, 8),
        ("offset", 32, 8),
        ("actual_count", 40, 8),
        ("terminator", 52, 2),
        ("gap", 54, 2),
    ];
    assert_eq!(marks(Format::Ndr64), ndr64);
}

/// What the octets at a landmark must be, whatever the value is.
#[test]
fn octets_at_landmarks_are_what_they_are_called() {
    let mut random = Random::new(5);
    let mut seen = BTreeMap::new();
    for round in 0..4000 {
        let octets = pool(&mut random);
        let mut choices = Unstructured::new(&octets);
        let request = choices.arbitrary::<constructs::Request<'_>>().unwrap();
        let format = Format::ALL[round % 3];
        let mut writer = Writer::marking(format);
        request.write(&mut writer).unwrap();
        let (stub, landmarks) = writer.into_marked();
        for mark in landmarks {
            let place = &stub[mark.offset..][..mark.size];
            let little: Vec<u8> = if format == Format::NDR20_BE {
                place.iter().rev().copied().collect()
            } else {
                place.to_vec()
            };
            let number =
                little.iter().rev().take(8).fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
            let is_right = match mark.kind {
                LandmarkKind::Offset | LandmarkKind::Gap | LandmarkKind::Terminator => number == 0,
                LandmarkKind::Referent => number == 0 || (number >= 0x2_0000 && number % 4 == 0),
                LandmarkKind::MaximumCount | LandmarkKind::ActualCount => number <= stub.len() as u64 + 8,
                // Beside a null pointer it says nothing, and is small.
                LandmarkKind::CountField => number <= 0x7F.max(stub.len() as u64),
                _ => true,
            };
            assert!(is_right, "{mark:?} of {request:?}, {format}: {place:?}");
            *seen.entry(mark.kind).or_insert(0) += 1;
        }
    }
    // A binding handle is not on the wire, and the interface has no context handle.
    let kinds: Vec<&str> = seen.keys().map(|kind| kind.name()).collect();
    let all =
        ["maximum_count", "offset", "actual_count", "referent", "gap", "terminator", "count_field", "tag"];
    assert_eq!(kinds, all);
}

#[test]
fn handles_are_marked_and_listed() {
    let request = clusapi3::ApiAddResourceDependencyRequest::default();
    let mut writer = Writer::marking(Format::NDR20_LE);
    request.write(&mut writer).unwrap();
    let handle = |offset| Landmark { kind: LandmarkKind::Handle, offset, size: 20 };
    assert_eq!(writer.into_marked().1, [handle(0), handle(20)]);
    let used = |opnum| *clusapi3::HANDLES.iter().find(|used| used.opnum == opnum).unwrap();
    assert_eq!(
        used(clusapi3::ApiAddResourceDependency::OPNUM),
        HandleUse { opnum: 19, needs: &["HRES_RPC", "HRES_RPC"], yields: &[], closes: &[] }
    );
    assert_eq!(
        used(clusapi3::ApiCloseNotify::OPNUM),
        HandleUse { opnum: 56, needs: &["HNOTIFY_RPC"], yields: &[], closes: &["HNOTIFY_RPC"] }
    );
    assert_eq!(
        used(clusapi3::ApiOpenGroup::OPNUM),
        HandleUse { opnum: 41, needs: &[], yields: &["HGROUP_RPC"], closes: &[] }
    );
}

/// The same octets make the same value, and no octets make one too.
#[test]
fn no_choices_are_choices() {
    for opnum in 0..265 {
        let make = || clusapi3::Response::arbitrary_of(opnum, &mut Unstructured::new(&[])).unwrap();
        assert_eq!(make(), make());
        if let Some(response) = make() {
            let stub = response.encode(Format::Ndr64).unwrap();
            assert!(clusapi3::Response::decode(opnum, &stub, Format::Ndr64, &Limits::DEFAULT).is_ok());
        }
    }
    let octets = [0x5A; 64];
    let made = clusapi3::ApiGetNotifyResponse::decode(&octets, Format::NDR20_LE, &Limits::DEFAULT);
    assert!(made.is_err(), "what is made of octets has nothing to do with what they say");
}
