//! What must hold of an endpoint mapper: protocol towers, and answers to any request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cmrp::ndr::{EncodeStub, Format, Limits, Uuid};
use cmrp_net::epm::interface::{EptMapRequest, EptMapResponse, Request, Response, TwrT};
use cmrp_net::epm::tower::Tower;
use cmrp_net::epm::{Endpoint, EndpointMap};
use cmrp_net::server::{self, Output, Service};
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;

use crate::input::{Input, Strictness};
use crate::message::Direction;
use crate::oracle::panic_with;

/// Reads octets as a protocol tower: written again it is the same, in 75 octets.
///
/// # Panics
/// A law does not hold, which is a defect of the reader or the writer.
pub fn tower(octets: &[u8]) {
    match Tower::decode(octets) {
        Ok(tower) => {
            let written = tower.encode();
            assert_eq!(Tower::decode(&written), Ok(tower), "writing changes the tower");
            // Of floors 3 to 5, two octets of a minor version are not kept.
            assert_eq!((written.len(), octets.len()), (75, 75), "parts of other lengths are a tower");
        }
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal without a reason"),
    }
}

/// The interface that the mapper of [`endpoint_map`] knows.
pub fn interface() -> SyntaxId {
    SyntaxId::new(Uuid::new(0xB97D_B8B2, 0x4C63, 0x11CF, [0xBF, 0xF6, 8, 0, 0x2B, 0xE2, 0x3F, 0x2F]), 3, 0)
}

fn endpoints() -> Vec<Endpoint> {
    let at = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), port);
    vec![
        Endpoint { interface: interface(), address: at(49_700) },
        Endpoint { interface: interface(), address: at(49_701) },
    ]
}

/// Asks an endpoint mapper with any octets, cut as an [`Input`]: there is one answer, which is a fault or one of the
/// method, and tells of nothing but what was asked for, in no more towers than the client takes.
///
/// # Panics
/// A law does not hold, which is a defect of the mapper or of the codec of its interface.
pub fn endpoint_map(octets: &[u8]) {
    let Some(Input { format, opnum, stub, .. }) = Input::cut(octets) else { return };
    let mut map = EndpointMap::new(endpoints());
    let [interface] = EndpointMap::interfaces()[..] else { return };
    let caller = Caller { association: AssociationId(1), access: None };
    let request = server::Request { interface, opnum, format, stub };
    map.handle_call(Instant::ORIGIN, caller, CallId(1), request);
    let output = map.poll_output();
    assert_eq!(map.poll_output(), None, "a second answer");
    let asked = Request::decode(opnum, stub, format, &Limits::DEFAULT);
    if let (Some(Output::Response { call: CallId(1), stub, receipt: None }), Ok(asked)) = (&output, &asked) {
        let told = Response::decode(opnum, stub, format, &Limits::DEFAULT.with_trailing(0));
        let told = told.unwrap_or_else(|error| panic_with("an answer is not of its method", &error));
        if let (Request::EptMap(asked), Response::EptMap(told)) = (asked, &told) {
            is_answer(asked, told);
        }
    } else {
        let is_fault = matches!(output, Some(Output::Fault { call: CallId(1), .. }));
        assert!(is_fault && asked.is_err(), "{asked:?} ends in {output:?}");
    }
}

fn is_answer(asked: &EptMapRequest<'_>, told: &EptMapResponse<'_>) {
    let towers = &told.towers.data;
    assert!(towers.len() as u64 <= u64::from(asked.max_towers), "more towers than {}", asked.max_towers);
    assert_eq!(told.status == 0, !towers.is_empty(), "status {:#x} of {} towers", told.status, towers.len());
    let read = |tower: &TwrT<'_>| Tower::decode(tower.tower_octet_string).ok();
    let question = asked.map_tower.as_ref().and_then(read);
    for tower in towers {
        let answer = tower.tower.as_ref().and_then(read);
        let is_answer = question.zip(answer).is_some_and(|(question, answer)| answers(question, answer));
        assert!(is_answer, "{question:?} is answered with {answer:?}");
    }
}

fn answers(question: Tower, answer: Tower) -> bool {
    let is_same = (question.interface, question.transfer) == (answer.interface, answer.transfer);
    is_same && answer.interface.uuid == interface().uuid && matches!(answer.port, 49_700 | 49_701)
}

/// A request for the endpoint of an interface, as [`endpoint_map`] takes it.
pub fn question(interface: SyntaxId, format: Format, max_towers: u32) -> Vec<u8> {
    let tower = Tower::question(interface, SyntaxId::NDR20).encode();
    let request = EptMapRequest {
        object: None,
        map_tower: Some(TwrT { tower_octet_string: &tower }),
        entry_handle: None,
        max_towers,
    };
    let stub = request.encode(format).unwrap_or_default();
    let (direction, strictness) = (Direction::Request, Strictness::Level5);
    Input { format, direction, strictness, opnum: 3, stub: &stub }.join()
}
