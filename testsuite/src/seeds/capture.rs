//! What is seen on wires: whole captures, the PDUs in them, and the stubs in those.

use std::path::Path;

use cmrp::clusapi3;
use cmrp::ndr::{Format, Interface};
use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::Binding;
use dcerpc_proto::event::{Event, Payload};
use dcerpc_proto::stream::PduReader;

use crate::message::Direction;
use crate::stubs::InterfaceName;

/// Files of the folder of samples.
const SAMPLES: [&str; 4] = [
    "samba_notify_v3_ndr20.pcapng",
    "samba_notify_v3_ndr64.pcapng",
    "samba_notify_v3_ntlm_seal.pcapng",
    "scapy_notify_v2_ndr20.pcapng",
];

/// A stub that was seen.
pub(super) struct Seen {
    pub(super) interface: InterfaceName,
    pub(super) direction: Direction,
    pub(super) format: Format,
    pub(super) opnum: u16,
    pub(super) stub: Vec<u8>,
}

/// The samples, octet for octet.
#[expect(clippy::panic, reason = "the files are part of the workspace")]
pub(super) fn files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let read =
        |name: &&str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    SAMPLES.iter().map(read).collect()
}

/// The PDUs of a capture, in order. It is read as if it were one stream: the headers of packets and blocks are skipped
/// as any octets are that start no PDU.
pub(super) fn pdus(capture: &[u8]) -> Vec<Vec<u8>> {
    let (mut reader, mut found) = (PduReader::with_limit(4096), Vec::new());
    let mut rest = capture;
    loop {
        match reader.next(&mut rest) {
            Ok(None) => return found,
            Ok(Some(framed)) if Pdu::decode(framed.octets).is_ok() => found.push(framed.octets.to_vec()),
            Ok(Some(_)) => {}
            Err(_) => drop(reader.resynchronize(&mut rest)),
        }
    }
}

/// The stubs of all samples that are not encrypted.
pub(super) fn stubs() -> Vec<Seen> {
    let mut seen = Vec::new();
    for capture in files() {
        let mut association = Association::<()>::default();
        for octets in pdus(&capture) {
            let Ok(pdu) = Pdu::decode(&octets) else { continue };
            seen.extend(association.observe(pdu, ()).iter().filter_map(stub));
        }
    }
    seen
}

fn stub(event: &Event<'_, ()>) -> Option<Seen> {
    match event {
        Event::Request(request) => {
            let (parameters, _) = request.parameters();
            part(Direction::Request, request.opnum, request.binding, &request.payload, parameters)
        }
        Event::Response(response) => {
            let opnum = response.opnum()?;
            part(Direction::Response, opnum, response.binding, &response.payload, &response.payload.stub)
        }
        _ => None,
    }
}

fn part(
    direction: Direction,
    opnum: u16,
    binding: Binding,
    payload: &Payload<'_>,
    stub: &[u8],
) -> Option<Seen> {
    let syntax = binding.interface.filter(|_| !payload.is_sealed())?;
    let is_ours = syntax.uuid == clusapi3::Clusapi3::UUID;
    let interface = if syntax.major == 2 { InterfaceName::Clusapi2 } else { InterfaceName::Clusapi3 };
    let format = payload.format(binding.transfer?).ok().filter(|_| is_ours)?;
    Some(Seen { interface, direction, format, opnum, stub: stub.to_vec() })
}
