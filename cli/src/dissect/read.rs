//! From what happened on a connection to what is reported about it.

use std::net::SocketAddr;

use clap::ValueEnum;
use cmrp::ndr::Format;
use dcerpc_proto::auth::Protection;
use dcerpc_proto::event::{
    self, Answered, Event, FaultEvent, Incomplete, Payload, RequestEvent, ResponseEvent,
};
use dcerpc_proto::label::{StubFormatError, stub_format};
use dcerpc_proto::{FormatLabel, SyntaxId, status};

use super::decode::{self, Decoded};
use super::message::{Direction, Fault, Head, Message};
use super::tcp::{Flow, Origin};
use crate::interface::Interface;

/// What to take calls for whose presentation context was made before the capture began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Assumed {
    /// Version 2.0, NDR 2.0.
    Clusapi2,
    /// Version 3.0, NDR 2.0.
    Clusapi3,
    /// Version 3.0, NDR64.
    #[value(name = "clusapi3-ndr64")]
    Clusapi3Ndr64,
}

impl Assumed {
    fn interface(self) -> Interface {
        match self {
            Self::Clusapi2 => Interface::ClusApi2,
            Self::Clusapi3 | Self::Clusapi3Ndr64 => Interface::ClusApi3,
        }
    }

    fn transfer(self) -> SyntaxId {
        match self {
            Self::Clusapi2 | Self::Clusapi3 => SyntaxId::NDR20,
            Self::Clusapi3Ndr64 => SyntaxId::NDR64,
        }
    }
}

/// Where something happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) stream: u64,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) origin: Origin,
}

impl Place {
    /// Something that happened in a frame, on a connection with this direction of requests.
    pub(super) fn of(requests: &Flow, origin: Origin) -> Self {
        let Flow { stream, source: client, destination: server, .. } = *requests;
        Self { stream, client, server, origin }
    }
}

/// What an event means for the report.
#[expect(clippy::large_enum_variant, reason = "a box for each message would cost more than moving it once")]
pub(super) enum Meaning<'e> {
    /// A request, response or fault of ClusAPI.
    Message(Message<'e>),
    /// One of another interface.
    OtherInterface,
    /// One of an interface that is not known.
    UnknownInterface,
    /// No part of a call, or a part of one that was told of already.
    Nothing,
}

/// Reads events.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    assumed: Option<Assumed>,
}

/// The parts of a message that all kinds of event have.
struct Envelope {
    direction: Direction,
    call_id: u32,
    opnum: Option<u16>,
    binding: event::Binding,
    /// Whether the event stands for its call in the counts: a request, or an answer without one.
    is_call: bool,
}

impl Envelope {
    fn of(event: &Event<'_, Origin>) -> Option<Self> {
        let answer = |direction, call_id, binding, request: &Option<Answered<Origin>>| Self {
            direction,
            call_id,
            opnum: request.map(|request| request.opnum),
            binding,
            is_call: request.is_none(),
        };
        match event {
            Event::Request(RequestEvent { call_id, opnum, binding, .. }) => Some(Self {
                direction: Direction::Request,
                call_id: *call_id,
                opnum: Some(*opnum),
                binding: *binding,
                is_call: true,
            }),
            Event::Response(ResponseEvent { call_id, binding, request, .. }) => {
                Some(answer(Direction::Response, *call_id, *binding, request))
            }
            Event::Fault(FaultEvent { call_id, binding, request, .. }) => {
                Some(answer(Direction::Fault, *call_id, *binding, request))
            }
            Event::Incomplete(incomplete) => Some(Self::of_incomplete(incomplete)),
            _ => None,
        }
    }

    fn of_incomplete(incomplete: &Incomplete) -> Self {
        let is_request = incomplete.direction == event::Direction::Request;
        Self {
            direction: if is_request { Direction::Request } else { Direction::Response },
            call_id: incomplete.call_id,
            opnum: incomplete.opnum,
            binding: incomplete.binding,
            is_call: is_request || incomplete.opnum.is_none(),
        }
    }
}

impl Reading {
    pub(super) fn new(assumed: Option<Assumed>) -> Self {
        Self { assumed }
    }

    /// The message that an event is.
    pub(super) fn meaning<'e>(self, place: &Place, event: &'e Event<'_, Origin>) -> Meaning<'e> {
        let Some(envelope) = Envelope::of(event) else {
            return Meaning::Nothing;
        };
        let known = envelope.binding.interface;
        let interface = match (known, self.assumed) {
            (Some(syntax), _) => decode::interface(syntax),
            (None, assumed) => assumed.map(Assumed::interface),
        };
        match (interface, known) {
            (Some(interface), _) => {
                let mut message = Message { head: Self::head(place, interface, &envelope), fields: None };
                self.fill(&mut message, &envelope, event);
                message.head.is_readable = message.fields.is_some();
                Meaning::Message(message)
            }
            (None, _) if !envelope.is_call => Meaning::Nothing,
            (None, Some(_)) => Meaning::OtherInterface,
            (None, None) => Meaning::UnknownInterface,
        }
    }

    /// What is known of a message without its contents.
    fn head(place: &Place, interface: Interface, envelope: &Envelope) -> Head {
        let (src, dst) = match envelope.direction {
            Direction::Request => (place.client, place.server),
            Direction::Response | Direction::Fault => (place.server, place.client),
        };
        Head {
            frame: place.origin.frame,
            time: place.origin.time,
            stream: place.stream,
            src,
            dst,
            call_id: envelope.call_id,
            interface,
            opnum: envelope.opnum,
            operation: envelope.opnum.and_then(|opnum| interface.operation(opnum)),
            direction: envelope.direction,
            format: None,
            is_readable: false,
            sealed: None,
            error: None,
            latency: None,
            fault: None,
        }
    }

    fn fill<'e>(self, message: &mut Message<'e>, envelope: &Envelope, event: &'e Event<'_, Origin>) {
        let transfer = envelope.binding.transfer.or(self.assumed.map(Assumed::transfer));
        match event {
            Event::Request(request) => {
                fill_payload(message, &request.payload, transfer, |interface, opnum, format| {
                    decode::request(interface, opnum, request.parameters().0, format)
                });
            }
            Event::Response(response) => {
                fill_payload(message, &response.payload, transfer, |interface, opnum, format| {
                    decode::response(interface, opnum, &response.payload.stub, format)
                });
            }
            Event::Fault(fault) => {
                message.head.fault = Some(Fault { status: fault.status, name: status::name(fault.status) });
            }
            Event::Incomplete(incomplete) => {
                message.head.sealed = sealed(incomplete.protection);
                message.head.error = Some(incomplete.cause.to_string());
            }
            _ => {}
        }
    }
}

/// Notes format and protection, and decodes the stub if it has a known format and is not sealed.
fn fill_payload<'e>(
    message: &mut Message<'e>,
    payload: &Payload<'_>,
    transfer: Option<SyntaxId>,
    decode: impl FnOnce(Interface, u16, Format) -> Decoded<'e>,
) {
    let head = &mut message.head;
    let (name, format) = format_of(transfer, payload.label);
    head.format = name;
    head.sealed = sealed(payload.protection);
    match (format, head.opnum) {
        (Err(error), _) => head.error = Some(error),
        (Ok(_), None) => head.error = Some("its request is not in the capture".to_owned()),
        (Ok(_), Some(_)) if head.sealed.is_some() => {}
        (Ok(format), Some(opnum)) => {
            let decoded = decode(head.interface, opnum, format);
            head.error = decoded.error;
            message.fields = decoded.fields;
        }
    }
}

/// The name of a stub's format, and the format if it can be decoded.
fn format_of(
    transfer: Option<SyntaxId>,
    label: FormatLabel,
) -> (Option<&'static str>, Result<Format, String>) {
    let Some(transfer) = transfer else {
        return (None, Err("the transfer syntax was agreed on outside of the capture".to_owned()));
    };
    match stub_format(transfer, label) {
        Ok(format) => (Some(format.name()), Ok(format)),
        Err(StubFormatError::BigEndianNdr64) => {
            (Some("ndr64-be"), Err("not decoded: MS-RPCE 2.2.5 forbids big-endian NDR64".to_owned()))
        }
        Err(error @ StubFormatError::UnknownTransfer(_)) => (None, Err(error.to_string())),
    }
}

/// The protection of a stub that is encrypted.
fn sealed(protection: Option<Protection>) -> Option<Protection> {
    protection.filter(|protection| protection.level.is_sealing())
}
