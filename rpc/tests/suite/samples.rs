//! PDUs to test with: vectors computed by hand, and captured ones with the fields that tshark printed for them.

use dcerpc_proto::SyntaxId;

/// Interface MS-CMRP version 3.0.
pub(crate) fn clusapi3() -> SyntaxId {
    let node = [0xbf, 0xf6, 0x08, 0x00, 0x2b, 0xe2, 0x3f, 0x2f];
    SyntaxId::new(cmrp::ndr::Uuid::new(0xb97d_b8b2, 0x4c63, 0x11cf, node), 3, 0)
}

/// bind, call 1: NDR, NDR64 and both features for MS-CMRP 3.0.
pub(crate) const BIND: &str = "
    05000b0310000000a000000001000000d016d016000000000300000000000100
    b2b87db9634ccf11bff608002be23f2f03000000045d888aeb1cc9119fe80800
    2b1048600200000001000100b2b87db9634ccf11bff608002be23f2f03000000
    33057171babe37498319b5dbef9ccc360100000002000100b2b87db9634ccf11
    bff608002be23f2f030000002c1cb76c12984045030000000000000001000000";

/// Its `bind_ack`: association 0x12345, port 49664, NDR64 accepted, both features.
pub(crate) const BIND_ACK: &str = "
    05000c03100000006c00000001000000d016d016452301000600343936363400
    0300000002000200000000000000000000000000000000000000000000000000
    33057171babe37498319b5dbef9ccc3601000000030003000000000000000000
    000000000000000000000000";

/// request, call 2, context 1, opnum 107, a context handle.
pub(crate) const REQUEST: &str = "
    05000003100000002c000000020000001400000001006b000000000033221100
    554477668899aabbccddeeff";

/// Its response, result 0.
pub(crate) const RESPONSE: &str = "05000203100000001c00000002000000040000000100000000000000";

/// A fault for it: unknown handle.
pub(crate) const FAULT: &str = "0500030310000000200000000200000020000000010000001a00001c00000000";

/// request, call 7, big-endian, object 00112233-4455-6677-8899-aabbccddeeff, context 2, opnum 258, stub `aa bb`.
pub(crate) const OBJECT_REQUEST: &str = "
    05000083 00000000 002a 0000 00000007 00000002 0002 0102
    00112233445566778899aabbccddeeffaabb";

/// `bind_nak`, big-endian, call 1: authentication type not recognized, versions 5.0 and 5.1, two octets of padding.
pub(crate) const BIND_NAK: &str = "05000d0300000000 0019 0000 00000001 0008 02 0500 0501 0000";

/// `alter_context` of one context without transfer syntaxes, and its answer without a secondary address.
pub(crate) const ALTER_CONTEXT: &str = "
    05000e0310000000 3400 0000 05000000 d016 d016 45230100 01000000
    0700 00 00 b2b87db9634ccf11bff608002be23f2f 03000000";
/// Its answer: abstract syntax not supported.
pub(crate) const ALTER_CONTEXT_RESP: &str = "
    05000f0310000000 3800 0000 05000000 d016 d016 45230100 0000 0000 01000000
    0200 0100 00000000000000000000000000000000 00000000";

/// PDUs that are a header only.
pub(crate) const SHUTDOWN: &str = "05001103100000001000000000000000";
/// See [`SHUTDOWN`].
pub(crate) const CO_CANCEL: &str = "05001203100000001000000009000000";
/// See [`SHUTDOWN`].
pub(crate) const ORPHANED: &str = "05001303100000001000000009000000";

/// All vectors that were computed by hand.
pub(crate) const VECTORS: [&str; 12] = [
    BIND,
    BIND_ACK,
    REQUEST,
    RESPONSE,
    FAULT,
    OBJECT_REQUEST,
    BIND_NAK,
    ALTER_CONTEXT,
    ALTER_CONTEXT_RESP,
    SHUTDOWN,
    CO_CANCEL,
    ORPHANED,
];

/// Octets from hexadecimal digits and white space.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// A captured PDU, and what tshark printed for it; `None` where it printed nothing.
pub(crate) struct Captured {
    pub(crate) capture: &'static str,
    pub(crate) packet_type: u8,
    pub(crate) flags: u8,
    pub(crate) drep: Vec<u8>,
    pub(crate) frag_length: u16,
    pub(crate) auth_length: u16,
    pub(crate) call_id: u32,
    pub(crate) context: Option<u16>,
    /// For a response, taken from its request.
    pub(crate) opnum: Option<u16>,
    pub(crate) auth_type: Option<u8>,
    pub(crate) auth_level: Option<u8>,
    pub(crate) padding: Option<usize>,
    pub(crate) auth_context: Option<u32>,
    pub(crate) octets: Vec<u8>,
}

/// The captured PDUs, in the order of their capture.
pub(crate) fn captured() -> Vec<Captured> {
    include_str!("data/captured.txt").lines().skip(1).map(parse).collect()
}

/// The captured PDUs of one capture.
pub(crate) fn flow(capture: &str) -> Vec<Captured> {
    captured().into_iter().filter(|pdu| pdu.capture == capture).collect()
}

/// Every vector and captured PDU.
pub(crate) fn everything() -> Vec<Vec<u8>> {
    let captured = captured().into_iter().map(|pdu| pdu.octets);
    VECTORS.iter().map(|text| hex(text)).chain(captured).collect()
}

fn parse(line: &'static str) -> Captured {
    let fields: Vec<&str> = line.split(' ').collect();
    let flags = u8::from_str_radix(fields[2].trim_start_matches("0x"), 16).unwrap();
    Captured {
        capture: fields[0],
        packet_type: fields[1].parse().unwrap(),
        flags,
        drep: hex(fields[3]),
        frag_length: fields[4].parse().unwrap(),
        auth_length: fields[5].parse().unwrap(),
        call_id: fields[6].parse().unwrap(),
        context: fields[7].parse().ok(),
        opnum: fields[8].parse().ok(),
        auth_type: fields[9].parse().ok(),
        auth_level: fields[10].parse().ok(),
        padding: fields[11].parse().ok(),
        auth_context: fields[12].parse().ok(),
        octets: hex(fields[13]),
    }
}
