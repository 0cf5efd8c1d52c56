//! PDUs of generated calls, read by an observer that knows nothing of how they were made.
#![cfg(test)]

use std::num::NonZeroU32;

use cmrp::ndr::Format;
use cmrp_traffic::generate::{Generator, Options};
use cmrp_traffic::message::{Direction, Protocol};
use cmrp_traffic::record::Record;
use dcerpc_proto::Pdu;
use dcerpc_proto::association::Association;
use dcerpc_proto::event::Event;
use dcerpc_proto::stream::PduReader;

/// What an observer sees of a stub: opnum, format, octets.
type Seen = (u16, Format, Vec<u8>);

fn observe(association: &mut Association<()>, octets: &[u8]) -> Vec<Seen> {
    let (mut reader, mut rest, mut seen) = (PduReader::new(), octets, Vec::new());
    while let Some(framed) = reader.next(&mut rest).unwrap() {
        assert!(framed.octets.len() <= 100, "{} octets", framed.octets.len());
        for event in association.observe(Pdu::decode(framed.octets).unwrap(), ()) {
            let (opnum, binding, payload) = match &event {
                Event::Request(request) => (request.opnum, request.binding, &request.payload),
                Event::Response(response) => (response.opnum().unwrap(), response.binding, &response.payload),
                Event::Bind(_) | Event::BindAck(_) => continue,
                other => panic!("{other:?}"),
            };
            let format = payload.format(binding.transfer.unwrap()).unwrap();
            seen.push((opnum, format, payload.stub.to_vec()));
        }
    }
    seen
}

#[test]
fn an_observer_finds_the_stubs_again() {
    for sequence in [None, NonZeroU32::new(25)] {
        let options = Options { hostile: 0.5, seed: 2, sequence, ..Options::new(Protocol::V3) };
        let mut association = Association::default();
        for call in Generator::new(options).unwrap().take(250) {
            let call = call.unwrap();
            if call.place.is_none_or(|(_, index)| index == 0) {
                association = Association::default();
            }
            for way in Direction::ALL {
                let octets = Record::of(&call, way, Some(100)).unwrap().octets();
                let expected = (call.opnum, call.format, call.stub(way).octets.clone());
                assert_eq!(observe(&mut association, &octets), [expected], "{}", call.operation());
            }
        }
    }
}
