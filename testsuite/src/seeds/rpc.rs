//! Seeds of the targets that read PDUs.

use cmrp::ndr::Uuid;
use dcerpc_proto::bind::{Bind, BindAck, BindNak};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::syntax::{BindFeatures, ContextResult, PresentationContext};
use dcerpc_proto::{Body, FormatLabel, Pdu, PfcFlags, SyntaxId, status, verification};

use super::capture;
use super::outcome::Kept;
use crate::oracle::join_stream;

/// The longest stream of a seed, in PDUs.
const MOST_PDUS: usize = 12;

/// PDUs that were seen, and one of every kind in both byte orders.
pub(super) fn pdus() -> Vec<Vec<u8>> {
    let mut seeds = made();
    let mut kept = Kept::default();
    for pdu in capture::files().iter().flat_map(|capture| capture::pdus(capture)) {
        // Of those of a length and a type one is enough.
        let kind = pdu.get(2).copied().unwrap_or_default();
        if kept.is_new(format!("{kind} {}", pdu.len())) {
            seeds.push(pdu);
        }
    }
    seeds
}

/// Both sides of the captures in one stream, as an observer may take them, cut in several ways; and a stream with octets
/// between its PDUs that are none.
pub(super) fn streams() -> Vec<Vec<u8>> {
    let cuts: [&[u8]; 5] = [&[], &[1], &[16, 8, 200], &[255], &[3, 0, 90, 15, 17]];
    let mut streams: Vec<Vec<u8>> = Vec::new();
    for capture in capture::files() {
        streams.extend(capture::pdus(&capture).chunks(MOST_PDUS).map(<[_]>::concat));
    }
    let made = made();
    streams.extend(made.chunks(MOST_PDUS).map(<[_]>::concat));
    streams.push(made.join(&b"\x05\x00noise"[..]));
    let cuts = cuts.iter().cycle();
    let mut seeds: Vec<Vec<u8>> =
        streams.iter().zip(cuts.clone()).map(|(stream, lengths)| join_stream(lengths, stream)).collect();
    seeds.extend(
        streams
            .last()
            .into_iter()
            .flat_map(|stream| cuts.clone().take(5).map(|lengths| join_stream(lengths, stream))),
    );
    seeds
}

/// One of every kind, in both byte orders, whole and in fragments.
fn made() -> Vec<Vec<u8>> {
    let mut octets = Vec::new();
    for label in [FormatLabel::LITTLE, FormatLabel::BIG] {
        for (flags, body) in bodies() {
            octets.extend(Pdu { flags, label, ..Pdu::new(2, body) }.encode().ok());
        }
    }
    octets
}

fn bodies() -> Vec<(PfcFlags, Body<'static>)> {
    let calls = [PfcFlags::WHOLE, PfcFlags::FIRST_FRAG, PfcFlags::empty(), PfcFlags::LAST_FRAG];
    let mut bodies = vec![
        (PfcFlags::WHOLE | PfcFlags::CONC_MPX, Body::Bind(bind())),
        (PfcFlags::WHOLE, Body::AlterContext(bind())),
        (PfcFlags::WHOLE, Body::BindAck(ack(b"49664\0"))),
        (PfcFlags::WHOLE, Body::AlterContextResp(ack(b""))),
        (PfcFlags::WHOLE, Body::BindNak(BindNak { reason: 4, versions: vec![[5, 0], [5, 1]], rest: &[] })),
        (PfcFlags::WHOLE, Body::Fault(fault(status::RPC_X_BAD_STUB_DATA, &[]))),
        (PfcFlags::WHOLE, Body::Fault(fault(status::NCA_OP_RNG_ERROR, &[1, 2, 3, 4, 5, 6, 7, 8]))),
        (PfcFlags::WHOLE | PfcFlags::OBJECT_UUID, Body::Request(request(Some(Uuid::NIL), &[0; 20]))),
        (PfcFlags::WHOLE, Body::Request(request(None, TRAILER))),
        (PfcFlags::WHOLE, Body::Auth3),
        (PfcFlags::WHOLE, Body::Shutdown),
        (PfcFlags::WHOLE, Body::CoCancel),
        (PfcFlags::WHOLE, Body::Orphaned),
    ];
    bodies.extend(calls.map(|flags| (flags, Body::Request(request(None, &[1; 24])))));
    bodies.extend(calls.map(|flags| (flags, Body::Response(response(&[2; 24])))));
    bodies
}

/// A handle, and a verification trailer with the last command of each kind.
const TRAILER: &[u8] = &{
    let [a, b, c, d, e, f, g, h] = verification::SIGNATURE;
    [
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, a, b, c, d, e, f, g, h, 1, 0x40, 4, 0, 1,
        0, 0, 0,
    ]
};

fn interface() -> SyntaxId {
    SyntaxId::new(Uuid::new(0xB97D_B8B2, 0x4C63, 0x11CF, [0xBF, 0xF6, 8, 0, 0x2B, 0xE2, 0x3F, 0x2F]), 3, 0)
}

fn bind() -> Bind {
    let context = |id, syntax| PresentationContext {
        id,
        abstract_syntax: interface(),
        transfer_syntaxes: vec![syntax],
    };
    let features = BindFeatures::from_bits_retain(3).to_syntax();
    let contexts = vec![context(0, SyntaxId::NDR20), context(1, SyntaxId::NDR64), context(2, features)];
    Bind { max_xmit_frag: 5840, max_recv_frag: 5840, assoc_group_id: 0, contexts }
}

fn ack(secondary_address: &'static [u8]) -> BindAck<'static> {
    let result = |result, reason, transfer_syntax| ContextResult { result, reason, transfer_syntax };
    let results =
        vec![result(0, 0, SyntaxId::NDR20), result(2, 2, SyntaxId::NIL), result(3, 3, SyntaxId::NIL)];
    BindAck { max_xmit_frag: 5840, max_recv_frag: 5840, assoc_group_id: 1, secondary_address, results }
}

fn request(object: Option<Uuid>, stub: &'static [u8]) -> Request<'static> {
    Request { alloc_hint: 24, context_id: 0, opnum: 1, object, stub }
}

fn response(stub: &'static [u8]) -> Response<'static> {
    Response { alloc_hint: 24, context_id: 0, cancel_count: 0, stub }
}

fn fault(status: u32, extended: &'static [u8]) -> Fault<'static> {
    let fault_flags = u8::from(!extended.is_empty());
    Fault { alloc_hint: 0, context_id: 0, cancel_count: 0, fault_flags, status, extended }
}
