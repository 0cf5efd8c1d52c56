//! Format labels and stub formats.

use cmrp::ndr::{Endian, Format};
use dcerpc_proto::label::{StubFormatError, stub_format};
use dcerpc_proto::{FormatLabel, Reason, SyntaxId};

use crate::samples::clusapi3;

#[test]
fn the_high_nibble_is_the_byte_order() {
    let label = FormatLabel::from_wire([0x11, 3, 0, 0]).unwrap();
    assert_eq!((label.endian(), label.characters(), label.floats()), (Endian::Little, 1, 3));
    assert_eq!(FormatLabel::from_wire([0; 4]).unwrap().endian(), Endian::Big);
    for nibble in 2..16 {
        let error = FormatLabel::from_wire([nibble << 4, 0, 0, 0]).unwrap_err();
        assert_eq!(error.reason, Reason::IntegerRepresentation(nibble));
    }
}

#[test]
fn there_are_three_stub_formats() {
    assert_eq!(stub_format(SyntaxId::NDR20, FormatLabel::LITTLE), Ok(Format::NDR20_LE));
    assert_eq!(stub_format(SyntaxId::NDR20, FormatLabel::BIG), Ok(Format::NDR20_BE));
    assert_eq!(stub_format(SyntaxId::NDR64, FormatLabel::LITTLE), Ok(Format::Ndr64));
    assert_eq!(stub_format(SyntaxId::NDR64, FormatLabel::BIG), Err(StubFormatError::BigEndianNdr64));
    for unknown in [clusapi3(), SyntaxId { major: 1, ..SyntaxId::NDR20 }] {
        let error = StubFormatError::UnknownTransfer(unknown);
        assert_eq!(stub_format(unknown, FormatLabel::LITTLE), Err(error));
    }
}
