//! Values made of any octets: what comes out is a value of its operation, and stays one when it is varied; landmarks
//! are where the octets say they are.

use std::collections::{BTreeMap, BTreeSet};

use cmrp::ndr::arbitrary::{LandmarkKind, Unstructured, Vary};
use cmrp::ndr::{ContextHandle, EncodeStub, FileTime, Format, Handle, Uuid, WStr, Writer};
use cmrp_ndr_tests::arbitrary::pool;
use cmrp_ndr_tests::random::Random;
use cmrp_ndr_tests::{constructs, laws_of_arbitrary_values};

use super::Open;

laws_of_arbitrary_values! { arbitrary_values_of_constructs_travel constructs }

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

fn marks(stub: &impl EncodeStub, format: Format) -> Vec<(&'static str, usize, usize)> {
    let mut writer = Writer::marking(format);
    stub.write(&mut writer).unwrap();
    let (octets, landmarks) = writer.into_marked();
    assert_eq!(stub.encode(format), Ok(octets), "marking changes nothing");
    landmarks.into_iter().map(|mark| (mark.kind.name(), mark.offset, mark.size)).collect()
}

/// A string without a pointer, octets behind one, their count, and a structure with a pointer to a string.
#[test]
fn landmarks_of_strings_and_arrays_are_where_c706_puts_them() {
    let [wire_le, wire_be] = [[0x61, 0, 0x62, 0], [0, 0x61, 0, 0x62]];
    let (little, big) = (decoded(wire_le, Format::NDR20_LE), decoded(wire_be, Format::NDR20_BE));
    let special = cmrp::ndr::WStr::from("éß");
    for name in ["ab".into(), special, [0x61, 0x62].as_slice().into(), little, big] {
        let request = constructs::SendBoundedRequest {
            name,
            octets: cmrp::ndr::SizedPtr::Array(&[9]),
            member: constructs::Bounded { name: Some("c".into()) },
        };
        let ndr20 = [
            ("maximum_count", 0, 4),
            ("offset", 4, 4),
            ("actual_count", 8, 4),
            ("terminator", 16, 2),
            ("gap", 18, 2),
            ("referent", 20, 4),
            ("maximum_count", 24, 4),
            ("gap", 29, 3),
            ("count_field", 32, 4),
            ("referent", 36, 4),
            ("maximum_count", 40, 4),
            ("offset", 44, 4),
            ("actual_count", 48, 4),
            ("terminator", 54, 2),
        ];
        assert_eq!(marks(&request, Format::NDR20_LE), ndr20);
        assert_eq!(marks(&request, Format::NDR20_BE), ndr20);
        let ndr64 = [
            ("maximum_count", 0, 8),
            ("offset", 8, 8),
            ("actual_count", 16, 8),
            ("terminator", 28, 2),
            ("gap", 30, 2),
            ("referent", 32, 8),
            ("maximum_count", 40, 8),
            ("gap", 49, 3),
            ("count_field", 52, 4),
            ("referent", 56, 8),
            ("maximum_count", 64, 8),
            ("offset", 72, 8),
            ("actual_count", 80, 8),
            ("terminator", 90, 2),
        ];
        assert_eq!(marks(&request, Format::Ndr64), ndr64);
    }
}

/// A string of two characters as a reader gives it.
fn decoded(units: [u8; 4], format: Format) -> cmrp::ndr::WStr<'static> {
    let word = |number: u32| {
        if format == Format::NDR20_BE { number.to_be_bytes() } else { number.to_le_bytes() }
    };
    let stub = [word(3).as_slice(), &word(0), &word(3), &units, &[0; 2]].concat();
    cmrp::ndr::Reader::new(stub.leak(), format, &cmrp::ndr::Limits::DEFAULT).wstr().unwrap()
}

#[test]
fn landmarks_of_varying_arrays_unions_and_handles_are_where_c706_puts_them() {
    let items = cmrp::ndr::Varying { size: 3, data: vec![7] };
    let varying = constructs::SendVaryingRequest { items: cmrp::ndr::VaryingPtr::Array(items) };
    let expected = [
        ("referent", 0, 4),
        ("maximum_count", 4, 4),
        ("offset", 8, 4),
        ("actual_count", 12, 4),
        ("gap", 18, 2),
        ("count_field", 20, 4),
        ("count_field", 24, 4),
    ];
    assert_eq!(marks(&varying, Format::NDR20_LE), expected);
    let choice = constructs::SendChoiceRequest {
        choice: Some(constructs::Choice::Few { tag: 4, value: 1 }),
        behind: 1,
    };
    let tags = |format| {
        let marks = marks(&choice, format);
        marks.into_iter().filter(|(kind, ..)| *kind == "tag").collect::<Vec<_>>()
    };
    // The arm that is aligned most, a hyper, aligns the whole.
    assert_eq!(tags(Format::NDR20_LE), [("tag", 8, 4)]);
    assert_eq!(tags(Format::Ndr64), [("tag", 8, 4)]);
}

/// Many values of one kind.
fn many<T>(make: impl Fn(&mut Unstructured<'static>) -> cmrp::ndr::arbitrary::Result<T>) -> Vec<T> {
    let mut random = Random::new(11);
    let octets: &'static [u8] = (0..200_000).map(|_| random.octet()).collect::<Vec<_>>().leak();
    let mut choices = Unstructured::new(octets);
    (0..2000).map(|_| make(&mut choices).unwrap()).collect()
}

fn ends<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> (T, T) {
    let values: Vec<T> = values.into_iter().collect();
    (*values.iter().min().unwrap(), *values.iter().max().unwrap())
}

#[test]
fn numbers_keep_their_bounds_and_reach_them() {
    use cmrp::ndr::arbitrary::{between, count, enumerator, flags, number, tag, word};

    assert_eq!(ends(many(|choices| between::<i16>(choices, -3, 9))), (-3, 9));
    let middle =
        many(|choices| between::<u32>(choices, 0, 1000)).into_iter().filter(|n| (1..1000).contains(n));
    assert!(middle.count() > 500, "not the ends alone");
    for end in [0, 1000] {
        let times =
            many(|choices| between::<u32>(choices, 0, 1000)).into_iter().filter(|n| *n == end).count();
        assert!(times > 300, "{end} is there {times} times of 2000");
    }
    assert_eq!(ends(many(number::<u8>)), (0, u8::MAX));
    assert_eq!(ends(many(number::<i64>)), (i64::MIN, i64::MAX));
    let small = many(number::<u32>).into_iter().filter(|number| *number < 100).count();
    assert!((400..1600).contains(&small), "{small} of 2000 are small");
    assert_eq!(many(word::<u64>).into_iter().max(), Some(u64::from(u32::MAX >> 1)));
    assert_eq!(ends(many(|choices| count(choices, 2, 4))), (2, 4));
    assert_eq!(ends(many(|choices| count(choices, 2, usize::MAX))), (2, 8));
    let named =
        many(|choices| enumerator(choices, &[5, -7])).into_iter().filter(|n| [5, -7].contains(n)).count();
    assert!((1600..1950).contains(&named), "{named} of 2000 have a name");
    assert!(ends(many(|choices| enumerator(choices, &[]))).1 <= 0x7FFF);
    let bits: Vec<u32> = many(flags).into_iter().map(u32::count_ones).collect();
    let share = |wanted: u32| bits.iter().filter(|bits| **bits == wanted).count();
    assert!(share(0) > 100 && share(1) > 800 && share(2) > 200, "{} {} {}", share(0), share(1), share(2));
    let many_bits = bits.iter().filter(|bits| **bits > 2).count();
    assert!(many_bits > 100, "{many_bits} of 2000 have more than two bits");
    // Two of the same bit are that bit.
    assert_eq!(flags(&mut Unstructured::new(&[1, 5, 5])), Ok(1 << 5));
    let tags = many(|choices| tag::<i32>(choices, &[0, 1, 2, 64], 3));
    assert!(tags.iter().all(|tag| ![0, 1, 2, 64].contains(tag)));
    assert_eq!(ends(tags), (3, 0x7F));
}

#[test]
fn arrays_and_strings_keep_their_bounds_and_reach_them() {
    use cmrp::ndr::arbitrary::{elements, number, octets, optional, sized, text, varying, varying_sized};
    use cmrp::ndr::{SizedPtr, VaryingPtr};

    assert_eq!(ends(many(|choices| octets(choices, 3, 5).map(<[u8]>::len))), (3, 5));
    assert_eq!(ends(many(|choices| octets(choices, 3, usize::MAX).map(<[u8]>::len))), (3, 67));
    assert_eq!(ends(many(|choices| elements(choices, 1, 9, number::<u8>).map(|made| made.len()))), (1, 7));
    assert_eq!(ends(many(|choices| text(choices, 3, 5).map(|text| text.len()))), (2, 4));
    assert_eq!(ends(many(|choices| text(choices, 60, 90).map(|text| text.len()))).0, 59);
    assert_eq!(ends(many(Unstructured::arbitrary::<WStr<'_>>).iter().map(WStr::len)), (0, 48));
    let texts = many(|choices| text(choices, 1, usize::MAX).map(|text| text.units().all(|unit| unit != 0)));
    assert!(texts.into_iter().all(|is_whole| is_whole));
    let room = |low, high| {
        ends(many(move |choices| varying(choices, vec![0_u8; 3], low, high).map(|made| made.size)))
    };
    assert_eq!(room(0, usize::MAX), (3, 11));
    assert_eq!(room(5, 7), (5, 7));
    let nulls = many(|choices| optional(choices, number::<u8>)).into_iter().filter(Option::is_none).count();
    assert!((200..500).contains(&nulls), "{nulls} of 2000 are null");
    let sizes = many(|choices| sized(choices, number::<u8>)).into_iter().filter_map(|made| match made {
        SizedPtr::Null { size } => Some(size),
        SizedPtr::Array(_) => None,
    });
    let sizes: Vec<u32> = sizes.collect();
    let zeros = sizes.iter().filter(|size| **size == 0).count();
    assert!(
        zeros < sizes.len() && zeros * 10 > sizes.len() * 9,
        "{zeros} of {} counts beside null are 0",
        sizes.len()
    );
    assert!(sizes.iter().all(|size| *size <= 0x7F));
    let made = many(|choices| varying_sized(choices, |choices| varying(choices, vec![0_u8], 0, 4)));
    assert!(made.iter().any(|made| matches!(made, VaryingPtr::Array(_))));
    assert!(made.iter().any(|made| matches!(made, VaryingPtr::Null { length: 0, .. })));
}

#[test]
fn arrays_in_place_are_made_up_in_every_place() {
    use cmrp::ndr::arbitrary::{array, number};

    let arrays = many(|choices| array::<u32, 3>(choices, number));
    for place in 0..3 {
        let made = arrays.iter().filter(|array| array[place] != 0).count();
        assert!(made > 1000, "{made} of 2000 are not 0 in place {place}");
    }
    let times: BTreeSet<u64> = many(Unstructured::arbitrary::<FileTime>).iter().map(|time| time.0).collect();
    assert!(times.len() > 1000, "{} times of 2000", times.len());
}

/// Most handles are of fifteen objects and have no attributes, so that calls meet; the others are any.
#[test]
fn handles_are_null_now_and_then_and_else_of_a_few_objects() {
    let handles: Vec<ContextHandle> =
        many(cmrp::ndr::arbitrary::handle::<Open>).into_iter().flatten().map(Handle::token).collect();
    let nulls = 2000 - handles.len();
    assert!((200..500).contains(&nulls), "{nulls} of 2000 are null");
    let plain = handles.iter().filter(|handle| handle.attributes == 0).count();
    assert!(plain < handles.len() && plain * 10 > handles.len() * 9, "{plain} of {}", handles.len());
    let mut times = BTreeMap::<_, usize>::new();
    for handle in &handles {
        *times.entry(handle.uuid).or_default() += 1;
    }
    let often = times.values().filter(|times| **times > 50).count();
    assert_eq!(often, 15, "{times:?}");
    assert!(times.len() > 50, "only {} objects", times.len());
}

/// A number moves a little, changes one bit, or becomes another.
#[test]
fn numbers_are_varied_in_three_ways() {
    const START: u32 = 0x000F_4240;
    let varied = many(|choices| {
        let mut number = START;
        number.vary(choices)?;
        Ok(number)
    });
    for number in START - 4..=START + 4 {
        assert!(varied.contains(&number), "{number} is not there");
    }
    let near = varied.iter().filter(|number| (START - 4..=START + 4).contains(*number)).count();
    assert!((500..1000).contains(&near), "{near} of 2000 are near");
    let one_bit = varied.iter().filter(|number| (*number ^ START).is_power_of_two()).count();
    assert!(one_bit > 600, "{one_bit} of 2000 differ in one bit");
    let bits: BTreeSet<u32> = varied.iter().map(|number| number ^ START).collect();
    assert!((0..32).all(|bit| bits.contains(&(1 << bit))), "every bit is changed sometimes");
}

/// What is inside is changed without a change of counts.
#[test]
fn variation_inside_keeps_counts() {
    use cmrp::ndr::arbitrary::Inside;
    use cmrp::ndr::{SizedPtr, Varying, VaryingPtr};

    let changed = many(|choices| {
        let mut array = vec![1_u16, 2, 3];
        let mut octets: &[u8] = &[1, 2, 3];
        let mut in_place = [7_u32; 2];
        let mut varying = VaryingPtr::Array(Varying { size: 9, data: vec![1_u8, 2] });
        let mut sized = SizedPtr::Array(vec![1_u8, 2]);
        let mut optional = Some(5_i8);
        let is_changed = [
            array.vary_inside(choices)?,
            octets.vary_inside(choices)?,
            in_place.vary_inside(choices)?,
            varying.vary_inside(choices)?,
            sized.vary_inside(choices)?,
            optional.vary_inside(choices)?,
        ];
        assert_eq!(is_changed, [true; 6]);
        let (VaryingPtr::Array(varying), SizedPtr::Array(sized)) = (varying, sized) else { panic!("null") };
        assert_eq!(
            (array.len(), octets.len(), varying.size, varying.data.len(), sized.len()),
            (3, 3, 9, 2, 2)
        );
        Ok([
            array != [1, 2, 3],
            octets != [1, 2, 3],
            in_place != [7; 2],
            varying.data != [1, 2],
            sized != [1, 2],
            optional != Some(5),
        ])
    });
    for place in 0..6 {
        assert!(changed.iter().filter(|changed| changed[place]).count() > 1000, "{place} is seldom changed");
    }
    let nothing = many(|choices| {
        Ok([
            Vec::<u8>::new().vary_inside(choices)?,
            [].as_slice().vary_inside(choices)?,
            None::<u8>.vary_inside(choices)?,
            SizedPtr::<Vec<u8>>::Null { size: 0 }.vary_inside(choices)?,
            VaryingPtr::<Vec<u8>>::Null { size: 0, length: 0 }.vary_inside(choices)?,
        ])
    });
    assert!(nothing.into_iter().all(|changed| changed == [false; 5]), "there is nothing to change");
}

/// Strings, identifiers and times become others; so does what a field has inside.
#[test]
fn what_is_varied_is_seldom_what_it_was() {
    use cmrp::ndr::arbitrary::vary_inside;

    let uuid = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88; 8]);
    let changed = many(|choices| {
        let (mut text, mut id, mut time, mut inside) =
            (WStr::from("a name"), uuid, FileTime(1 << 40), 1_u32 << 20);
        text.vary(choices)?;
        id.vary(choices)?;
        time.vary(choices)?;
        vary_inside(&mut inside, choices)?;
        Ok([text != WStr::from("a name"), id != uuid, time != FileTime(1 << 40), inside != 1 << 20])
    });
    for place in 0..4 {
        let times = changed.iter().filter(|changed| changed[place]).count();
        assert!(times > 1500, "{place} is changed {times} times of 2000");
    }
}

#[test]
fn a_field_is_made_anew_now_and_then_and_where_nothing_is_inside() {
    use cmrp::ndr::arbitrary::vary_field;

    let anew = many(|choices| {
        let mut field = 0x000F_4240_u32;
        vary_field(&mut field, choices, |_| Ok(0x7654_3210)).map(|()| field == 0x7654_3210)
    });
    let times = anew.into_iter().filter(|anew| *anew).count();
    assert!((400..650).contains(&times), "{times} of 2000 are made anew");
    let filled = many(|choices| {
        let mut field = None::<u8>;
        vary_field(&mut field, choices, |_| Ok(Some(5))).map(|()| field)
    });
    assert!(filled.into_iter().all(|field| field == Some(5)));
}

/// Other octets come from the choices, if there are as many.
#[test]
fn octets_are_varied_as_far_as_the_choices_reach() {
    use cmrp::ndr::arbitrary::Inside;

    let mut octets: &[u8] = &[1, 2, 3];
    assert_eq!(octets.vary_inside(&mut Unstructured::new(&[8, 9])), Ok(false));
    assert_eq!(octets, [1, 2, 3]);
    assert_eq!(octets.vary_inside(&mut Unstructured::new(&[7, 8, 9])), Ok(true));
    assert_eq!(octets, [7, 8, 9]);
}
