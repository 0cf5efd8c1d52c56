//! Constructs that ClusAPI does not have, against octets worked out by hand from C706 chapter 14 and MS-RPCE 2.2.5.

use cmrp::ndr::{
    Decode, DecodeStub, EncodeErrorKind, EncodeStub, ErrorKind, Format, Limits, SizedPtr, TargetLevel,
    Varying, VaryingPtr,
};
use cmrp_ndr_tests::constructs::{
    Aliased, Always, Awkward, Blob, Bounded, Broad, Colour, Folder, GetBlobResponse, GetItemsResponse,
    InPlace, Labeled, Mark, Note, Palette, PingResponse, Pixel, Pointers, Rest, Row, SendAliasedRequest,
    SendAlignedRequest, SendAwkwardRequest, SendBoundedRequest, SendChainRequest, SendChoiceRequest,
    SendChoicesRequest, SendEnumsRequest, SendFolderRequest, SendIdRequest, SendInPlaceRequest,
    SendIntegersRequest, SendMarksRequest, SendPairsRequest, SendPaletteRequest, SendPixelsRequest,
    SendPointersRequest, SendSpreadRequest, SendSwitchedRequest, SendTintRequest, SendTriplesRequest,
    SendVaryingRequest, SendWordyRequest, Shape, SignedWide, Spread, Tint, Tinted, Triple, Wide, Wordy,
};
use cmrp_ndr_tests::hex;

use super::octets;

#[track_caller]
pub(crate) fn assert_stubs<T>(value: &T, ndr20: &str, ndr64: &str)
where
    T: EncodeStub + PartialEq + std::fmt::Debug + for<'a> DecodeFrom<'a>,
{
    for (format, digits) in [(Format::NDR20_LE, ndr20), (Format::Ndr64, ndr64)] {
        let stub = octets(digits);
        assert_eq!(hex::encode(&value.encode(format).unwrap()), hex::encode(&stub), "{format}");
        value.assert_equals(&stub, format);
        for end in 0..stub.len() {
            assert!(T::is_refused(&stub[..end], format), "{format} cut at {end}");
        }
    }
}

/// Compares a value of one lifetime with a stub of another.
pub(crate) trait DecodeFrom<'a> {
    fn assert_equals(&self, stub: &'a [u8], format: Format);
    fn is_refused(stub: &'a [u8], format: Format) -> bool;
}

macro_rules! decode_from {
    ($($type:ident $(<$lifetime:lifetime>)?),+) => {$(
        impl<'a> DecodeFrom<'a> for $type $(<$lifetime>)? {
            fn assert_equals(&self, stub: &'a [u8], format: Format) {
                let limits = Limits::DEFAULT.with_trailing(0);
                assert_eq!($type::decode(stub, format, &limits).as_ref(), Ok(self), "{format}");
            }

            fn is_refused(stub: &'a [u8], format: Format) -> bool {
                $type::decode(stub, format, &Limits::DEFAULT).is_err()
            }
        }
    )+};
}

decode_from!(
    SendAwkwardRequest<'_>,
    PingResponse,
    SendTriplesRequest,
    SendEnumsRequest,
    SendIntegersRequest,
    SendPointersRequest,
    SendPairsRequest,
    SendInPlaceRequest<'_>,
    GetBlobResponse<'_>,
    SendAliasedRequest,
    SendChainRequest<'_>,
    SendAlignedRequest,
    SendFolderRequest<'_>,
    SendVaryingRequest,
    SendTintRequest,
    SendWordyRequest,
    GetItemsResponse,
    SendIdRequest,
    SendChoicesRequest<'_>,
    SendChoiceRequest<'_>,
    SendSwitchedRequest,
    SendPixelsRequest,
    SendPaletteRequest,
    SendSpreadRequest,
    SendMarksRequest
);

/// The example of MS-RPCE 2.2.5.3.4.1: NDR ends without a gap, NDR64 with one.
#[test]
fn structures_have_a_trailing_gap_in_ndr64_only() {
    let request = SendTriplesRequest {
        triples: vec![Triple { a: 0x11, b: 0x22, c: 0x33 }, Triple { a: 0x12, b: 0x23, c: 0x34 }],
    };
    assert_stubs(
        &request,
        "02000000 02000000 11000000 2200 33 00 12000000 2300 34",
        "02000000 00000000 0200000000000000 11000000 2200 33 00 12000000 2300 34 00",
    );
}

#[test]
fn enumerations_are_wider_in_ndr64_unless_v1_enum_makes_them_wide() {
    let request = SendEnumsRequest { colour: Colour::GREEN, wide: Wide::ONE };
    assert_stubs(&request, "0200 0000 01000000", "02000000 01000000");
    let too_wide = SendEnumsRequest { colour: Colour(0x1_0000), wide: Wide::ONE };
    let error = too_wide.encode(Format::NDR20_LE).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::OutOfRange { value: 0x1_0000 });
    assert_eq!(error.path().to_string(), "colour");
}

#[test]
fn pointer_sized_integers_and_hypers_are_aligned_to_their_size() {
    let request = SendIntegersRequest { word: 1, huge: -2, few: 9 };
    assert_stubs(
        &request,
        "01000000 00000000 feffffffffffffff 0900",
        "0100000000000000 feffffffffffffff 0900",
    );
}

#[test]
fn a_value_outside_its_range_is_refused_at_its_first_octet() {
    let good = SendIntegersRequest { word: 1, huge: 1, few: 9 }.encode(Format::NDR20_LE).unwrap();
    for few in [0_u8, 10] {
        let stub = [&good[..16], &[few, 0]].concat();
        let error = SendIntegersRequest::decode(&stub, Format::NDR20_LE, &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfRange { value: few.into(), low: 1, high: 9 });
        assert_eq!((error.path().to_string().as_str(), error.offset()), ("few", 16));
    }
}

#[test]
fn arrays_and_strings_in_place_are_not_deferred() {
    let value = InPlace { raw: [1, 2, 3], name: "ab".into(), numbers: [0x0405, 0x0607] };
    let request = SendInPlaceRequest { value };
    assert_stubs(
        &request,
        "010203 00 00000000 03000000 6100 6200 0000 0504 0706",
        "010203 0000000000 0000000000000000 0300000000000000 6100 6200 0000 0504 0706 000000000000",
    );
    let too_long = InPlace { name: "12345678".into(), ..InPlace::default() };
    let error = SendInPlaceRequest { value: too_long }.encode(Format::NDR20_LE).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::LengthExceedsSize { length: 9, size: 8 });
    assert_eq!(error.path().to_string(), "value.name");
}

#[test]
fn embedded_pointers_defer_their_targets_in_order() {
    let always = Triple { a: 1, b: 2, c: 3 };
    let pointers = Pointers { always, perhaps: None, number: Some(7) };
    let request = SendPointersRequest { pointers: Some(pointers) };
    assert_stubs(
        &request,
        "00000200 04000200 00000000 08000200 01000000 0200 03 00 07000000",
        "0000020000000000 0400020000000000 0000000000000000 0800020000000000 01000000 0200 03 00 07000000",
    );
    assert_stubs(&SendPointersRequest { pointers: None }, "00000000", "0000000000000000");
}

#[test]
fn an_embedded_ref_pointer_must_not_be_null_in_ndr64() {
    let stub =
        octets("0000020000000000 0000000000000000 0000000000000000 0000000000000000 01000000 0200 03 00");
    let error = SendPointersRequest::decode(&stub, Format::Ndr64, &Limits::DEFAULT).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::NullRef, 8));
    assert_eq!(error.path().to_string(), "pointers.always");
}

#[test]
fn a_conformant_structure_has_its_count_in_front() {
    let response = GetBlobResponse { blob: Some(Blob { octets: &[0xAA, 0xBB, 0xCC] }), return_value: -1 };
    assert_stubs(
        &response,
        "00000200 03000000 0300 aabbcc 000000 ffffffff",
        "0000020000000000 0300000000000000 0300 aabbcc 000000 ffffffff",
    );
}

#[test]
fn arrays_that_share_a_count_must_have_one_length() {
    let request = SendPairsRequest { keys: vec![1, 2], values: vec![3, 4] };
    assert_stubs(
        &request,
        "02000000 01000000 02000000 02000000 0300000000000000 0400000000000000 02000000",
        "0200000000000000 01000000 02000000 0200000000000000 0300000000000000 0400000000000000 02000000",
    );
    let uneven = SendPairsRequest { keys: vec![1, 2], values: vec![3] };
    let error = uneven.encode(Format::NDR20_LE).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::CountMismatch { len: 1, expected: 2 });
}

#[test]
fn a_depth_limit_stops_at_the_pointer_that_exceeds_it() {
    let pointers = Pointers { perhaps: Some(Triple::default()), ..Pointers::default() };
    let stub = SendPointersRequest { pointers: Some(pointers) }.encode(Format::NDR20_LE).unwrap();
    let decode =
        |depth| SendPointersRequest::decode(&stub, Format::NDR20_LE, &Limits::DEFAULT.with_depth(depth));
    assert!(decode(2).is_ok());
    let error = decode(1).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)));
    assert_eq!(error.path().to_string(), "pointers.always");
}

/// MS-RPCE 2.2.4.10: an attribute at the place of use overrides that of the typedef, for the first level.
#[test]
fn a_typedef_gives_its_pointer_kind_to_one_level() {
    let triple = |a| Triple { a, b: 2, c: 3 };
    let aliased = Aliased { always: triple(1), perhaps: None, chain: Some(7) };
    let request = SendAliasedRequest { aliased, behind_two: triple(4) };
    assert_stubs(
        &request,
        "00000200 00000000 04000200 01000000 0200 03 00 08000200 07000000 0c000200 04000000 0200 03",
        "0000020000000000 0000000000000000 0400020000000000 01000000 0200 03 00 0800020000000000 07000000
         00000000 0c00020000000000 04000000 0200 03 00",
    );
}

/// MS-RPCE 2.2.4.9: the outer pointer is `ref`, the inner one of the interface's default kind.
#[test]
fn a_pointer_attribute_is_that_of_the_outer_pointer() {
    let request = SendChainRequest { number: Some(7), name: "a".into() };
    assert_stubs(
        &request,
        "00000200 07000000 02000000 00000000 02000000 6100 0000",
        "0000020000000000 07000000 00000000 0200000000000000 0000000000000000 0200000000000000 6100 0000",
    );
    let null = SendChainRequest { number: None, name: "".into() };
    assert_stubs(
        &null,
        "00000000 01000000 00000000 01000000 0000",
        "0000000000000000 0100000000000000 0000000000000000 0100000000000000 0000",
    );
}

#[test]
fn structures_are_aligned_to_their_largest_member_in_the_format() {
    let wordy = |word| Wordy { word, tag: 1 };
    let tinted = |colour| Tinted { colour, shades: [1, 2, 3] };
    let broad = Broad { wide: Wide::ONE, tag: 5 };
    let request = SendAlignedRequest {
        wordy: vec![wordy(-2), wordy(3)],
        tinted: vec![tinted(Colour::RED), tinted(Colour::GREEN)],
        broad: vec![broad.clone(), broad],
    };
    assert_stubs(
        &request,
        "02000000 02000000 feffffff 01 000000 03000000 01 000000
         02000000 0100 010203 00 0200 010203 00 02000000 01000000 05 000000 01000000 05",
        "02000000 00000000 0200000000000000 feffffffffffffff 01 00000000000000 0300000000000000 01 00000000000000
         0200000000000000 01000000 010203 00 02000000 010203 00
         0200000000000000 01000000 05 000000 01000000 05 000000",
    );
}

/// Behind the last item of a stub, where the alignment of a next one cannot hide it.
#[test]
fn a_trailing_gap_reaches_the_alignment_of_the_structure() {
    let request = SendTintRequest { tint: Tint { colour: Colour::GREEN, shade: 5 } };
    assert_stubs(&request, "0200 05", "02000000 05 000000");
    let request = SendWordyRequest { wordy: Wordy { word: -2, tag: 1 } };
    assert_stubs(&request, "feffffff 01", "feffffffffffffff 01 00000000000000");
}

#[test]
fn what_is_in_place_stays_there_beside_pointers() {
    let note = Note { name: "a".into(), initials: [0x62, 0x63], number: Some(7) };
    let request = SendFolderRequest {
        folder: Folder { note, tag: 9 },
        labeled: Labeled { label: Some(8), octets: &[1, 2] },
        row: Row { triples: vec![Triple { a: 1, b: 2, c: 3 }] },
    };
    assert_stubs(
        &request,
        "00000000 02000000 6100 0000 6200 6300 00000200 09 000000 07000000
         02000000 04000200 0200 0102 08000000 01000000 0100 0000 01000000 0200 03",
        "0000000000000000 0200000000000000 6100 0000 6200 6300 0000020000000000 09 00000000000000 07000000
         00000000 0200000000000000 0400020000000000 0200 000000000000 0102 0000 08000000
         0100000000000000 0100 0000 01000000 0200 03 00",
    );
}

#[test]
fn a_nullable_varying_array_has_two_counts() {
    let items = VaryingPtr::Array(Varying { size: 3, data: vec![1, 2] });
    assert_stubs(
        &SendVaryingRequest { items },
        "00000200 03000000 00000000 02000000 0100 0200 03000000 02000000",
        "0000020000000000 0300000000000000 0000000000000000 0200000000000000 0100 0200 03000000 02000000",
    );
    let items = VaryingPtr::Null { size: 3, length: 2 };
    assert_stubs(
        &SendVaryingRequest { items },
        "00000000 03000000 02000000",
        "0000000000000000 03000000 02000000",
    );
}

#[test]
fn a_size_in_the_other_direction_leaves_the_array_its_own() {
    let response = GetItemsResponse { items: Some(vec![1, 2]), always: Always { items: vec![3] } };
    assert_stubs(
        &response,
        "00000200 02000000 0100 0200 04000200 0100 0000 01000000 0300",
        "0000020000000000 0200000000000000 0100 0200 00000000 0400020000000000 0100 000000000000
         0100000000000000 0300",
    );
    let stub = octets("00000000 04000200 0200 0000 01000000 0300");
    let error = GetItemsResponse::decode(&stub, Format::NDR20_LE, &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SizeMismatch { maximum: 1, size: 2 });
    assert_eq!(error.path().to_string(), "always.items");
}

/// The octets of the smaller format, without gaps and pointees.
#[test]
fn the_least_size_of_a_structure_is_that_of_its_fixed_part() {
    assert_eq!(<Triple as Decode<'_>>::MIN_WIRE_SIZE, 4 + 2 + 1);
    // Octets, a string of offset, actual count and terminator, numbers.
    assert_eq!(<InPlace<'_> as Decode<'_>>::MIN_WIRE_SIZE, 3 + (4 + 4 + 2) + 2 * 2);
    assert_eq!(<Pointers as Decode<'_>>::MIN_WIRE_SIZE, 3 * 4);
    assert_eq!(<Wordy as Decode<'_>>::MIN_WIRE_SIZE, 4 + 1);
    assert_eq!(<Tinted as Decode<'_>>::MIN_WIRE_SIZE, 2 + 3);
    assert_eq!(<Broad as Decode<'_>>::MIN_WIRE_SIZE, 4 + 1);
    assert_eq!(<Folder<'_> as Decode<'_>>::MIN_WIRE_SIZE, (4 + 4 + 2) + 2 * 2 + 4 + 1);
}

#[test]
fn names_that_generated_code_uses_itself_and_long_arrays_are_no_obstacle() {
    let value = Awkward { raw: [7; 40], reader_: 1, fixed_: 2, target_: Some(3), r#type: Some("a".into()) };
    let request = SendAwkwardRequest { value, reader_: 4, writer_: 5, map_: 6, wide: SignedWide::MINUS };
    let raw = "07".repeat(40);
    assert_stubs(
        &request,
        &format!(
            "{raw} 01000000 02000000 00000200 04000200 03000000 02000000 00000000 02000000 6100 0000 \
             04000000 05000000 06000000 feffffff"
        ),
        &format!(
            "{raw} 01000000 02000000 0000020000000000 0400020000000000 03000000 00000000 0200000000000000 \
             0000000000000000 0200000000000000 6100 0000 04000000 05000000 06000000 feffffff"
        ),
    );
}

#[test]
fn octets_alone_are_not_aligned() {
    let pixels = vec![Pixel { level: 1, shift: -2 }, Pixel { level: 3, shift: 4 }];
    assert_stubs(
        &SendPixelsRequest { self_: -1, pixels },
        "ff 000000 02000000 02000000 01fe 0304",
        "ff 000000 02000000 0200000000000000 01fe 0304",
    );
}

#[test]
fn enumerations_may_stand_behind_pointers() {
    assert_eq!((Shape::_2.name(), Shape(4).name()), (Some("SHAPE_2"), None));
    let palette =
        Palette { perhaps: Some(Colour::GREEN), shape: Some(Shape::_2), always: Colour::RED, shade: -2 };
    assert_stubs(
        &SendPaletteRequest { palette },
        "00000200 04000200 08000200 0c000200 0200 0000 02000000 0100 fe",
        "0000020000000000 0400020000000000 0800020000000000 0c00020000000000 02000000 02000000 01000000 fe",
    );
}

#[test]
fn a_varying_array_may_stand_behind_a_ref_pointer() {
    let spread = Spread { items: Varying { size: 3, data: vec![1, 2] } };
    assert_stubs(
        &SendSpreadRequest { spread },
        "00000200 03000000 02000000 03000000 00000000 02000000 0100 0200",
        "0000020000000000 03000000 02000000 0300000000000000 0000000000000000 0200000000000000 0100 0200",
    );
}

/// The default of a union is its first arm; its tag, if no case states one, is the first that selects no other.
#[test]
fn arms_of_a_union_may_hold_nothing() {
    assert_eq!((Mark::default(), Rest::default()), (Mark::Default { tag: 1 }, Rest::Known(0)));
    let request = SendMarksRequest { first: Mark::CaseMinus3, second: Mark::Octet(7), rest: Rest::Known(-5) };
    assert_stubs(&request, "fd 05 07 00 01000000 fbffffff", "fd 05 07 00 01000000 fbffffff");
    let request = SendMarksRequest {
        first: Mark::Default { tag: 7 },
        second: Mark::Case0,
        rest: Rest::Default { tag: 3 },
    };
    assert_stubs(&request, "07 00 0000 03000000", "07 00 0000 03000000");
}

#[test]
fn an_operation_without_parameters_is_an_operation() {
    assert_stubs(&PingResponse { return_value: 7 }, "07000000", "07000000");
    let request =
        cmrp_ndr_tests::constructs::Request::decode(8, &[], Format::Ndr64, &Limits::DEFAULT).unwrap();
    assert_eq!(request.name(), "Nothing");
}

/// A sender refuses what its receiver would refuse.
#[test]
fn a_value_outside_its_range_is_not_sent() {
    let error = SendIntegersRequest { word: 1, huge: 1, few: 10 }.encode(Format::NDR20_LE).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::OutsideRange { value: 10, low: 1, high: 9 });
    assert_eq!(error.path().to_string(), "few");
}

/// MS-RPCE 3.1.1.5.3.3: level 6.0 checks the range of a count, with the terminator of a string; level 5.0 does not.
#[test]
fn the_count_of_a_string_or_array_is_in_its_range_at_level_6() {
    let request = |name: &'static str, octets: &'static [u8], member: &'static str| SendBoundedRequest {
        name: name.into(),
        octets: SizedPtr::Array(octets),
        member: Bounded { name: Some(member.into()) },
    };
    let good = request("ab", &[1, 2], "c").encode(Format::NDR20_LE).unwrap();
    for (bad, path, count, high) in [
        (request("abc", &[1, 2], "c"), "name", 4, 3),
        (request("ab", &[1, 2, 3], "c"), "octets", 3, 2),
        (request("ab", &[1, 2], "cde"), "member.name", 4, 3),
    ] {
        let error = bad.encode(Format::NDR20_LE).unwrap_err();
        assert_eq!(error.path().to_string(), path);
        let low = i64::from(path != "octets");
        assert_eq!(error.kind(), EncodeErrorKind::OutsideRange { value: count, low, high });
    }
    // The first string gets one character more than its range allows.
    let bad = octets("04000000 00000000 04000000 6100 6200 6300 0000 00000000 00000000 00000000");
    let decode = |stub: &[u8], level| {
        let limits = Limits::DEFAULT.with_level(level);
        SendBoundedRequest::decode(stub, Format::NDR20_LE, &limits).map(drop)
    };
    assert_eq!(decode(&good, TargetLevel::Level6), Ok(()));
    assert_eq!(decode(&bad, TargetLevel::Level5), Ok(()));
    let error = decode(&bad, TargetLevel::Level6).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CountOutOfRange { count: 4, low: 1, high: 3 });
    assert_eq!(error.path().to_string(), "name");
}
