//! The endpoint map of a server, and its answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cmrp::ndr::{EncodeStub, Format, Limits, Varying};
use cmrp_port::server::{AssociationId, CallId, Caller, Statistics};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;
use dcerpc_proto::status::{NCA_OP_RNG_ERROR, RPC_X_BAD_STUB_DATA};

use super::interface::{
    self, Ept, EptLookupHandleFreeResponse, EptMapRequest, EptMapResponse, Response, TwrPT, TwrT,
};
use super::tower::Tower;
use crate::server::{Output, Request, Service};

/// Nothing in the map matches (MS-RPCE 2.2.1.2.5).
pub(super) const EP_S_NOT_REGISTERED: u32 = 0x16C9_A0D6;

/// An endpoint that a [`Server`](super::Server) tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The interface. Clients of the same major version and no higher minor version are told.
    pub interface: SyntaxId,
    /// Where it is served, for NDR 2.0 and NDR64. Clients that know what they do ignore the address and keep to the
    /// one that they reached the mapper at, so that it may be unspecified; towers have no IPv6 addresses.
    pub address: SocketAddr,
}

/// The transfer syntaxes that all endpoints are served with.
const TRANSFERS: [SyntaxId; 2] = [SyntaxId::NDR20, SyntaxId::NDR64];

/// The service of an endpoint mapper: it answers `ept_map`, to anybody.
#[derive(Debug)]
pub struct EndpointMap {
    endpoints: Vec<Endpoint>,
    outputs: Vec<Output<()>>,
}

impl EndpointMap {
    /// A map of these endpoints.
    pub fn new(endpoints: Vec<Endpoint>) -> Self {
        Self { endpoints, outputs: Vec::new() }
    }

    /// Replaces all endpoints.
    pub fn set(&mut self, endpoints: Vec<Endpoint>) {
        self.endpoints = endpoints;
    }

    /// The answer to a call.
    ///
    /// # Errors
    /// The status of the fault that it ends in.
    fn answer(&self, opnum: u16, stub: &[u8], format: Format) -> Result<Vec<u8>, u32> {
        if !interface::NOT_GENERATED.iter().all(|(other, ..)| *other != opnum) || Self::name(opnum).is_none()
        {
            return Err(NCA_OP_RNG_ERROR);
        }
        let request = interface::Request::decode(opnum, stub, format, &Limits::DEFAULT);
        match request.map_err(|_| RPC_X_BAD_STUB_DATA)? {
            interface::Request::EptMap(request) => self.map(&request, format),
            interface::Request::EptLookupHandleFree(_) => {
                let freed = EptLookupHandleFreeResponse { entry_handle: None, status: 0 };
                Response::from(freed).encode(format).map_err(|_| RPC_X_BAD_STUB_DATA)
            }
        }
    }

    /// All that matches is told at once, so that there is never anything to go on with.
    fn map(&self, request: &EptMapRequest<'_>, format: Format) -> Result<Vec<u8>, u32> {
        let asked = request.map_tower.as_ref().and_then(|tower| Tower::decode(tower.tower_octet_string).ok());
        let most = usize::try_from(request.max_towers).unwrap_or(usize::MAX);
        let found: Vec<_> = asked.iter().flat_map(|asked| self.matching(asked)).take(most).collect();
        let towers = found.iter().map(|tower| TwrPT { tower: Some(TwrT { tower_octet_string: tower }) });
        let response = EptMapResponse {
            entry_handle: None,
            towers: Varying { size: request.max_towers, data: towers.collect() },
            status: if found.is_empty() { EP_S_NOT_REGISTERED } else { 0 },
        };
        response.encode(format).map_err(|_| RPC_X_BAD_STUB_DATA)
    }

    /// The towers of the endpoints that serve what a tower asks for.
    fn matching(&self, asked: &Tower) -> impl Iterator<Item = Vec<u8>> {
        let asked = *asked;
        let known = TRANSFERS.contains(&asked.transfer);
        let endpoints =
            self.endpoints.iter().filter(move |endpoint| known && endpoint.interface.serves(asked.interface));
        endpoints.map(move |endpoint| {
            let address = match endpoint.address.ip() {
                IpAddr::V4(address) => address,
                IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
            };
            Tower { port: endpoint.address.port(), address, ..asked }.encode()
        })
    }

    fn name(opnum: u16) -> Option<&'static str> {
        interface::OPERATION_NAMES.get(usize::from(opnum)).copied()
    }
}

impl Service for EndpointMap {
    type Receipt = ();

    fn interfaces() -> Vec<SyntaxId> {
        vec![SyntaxId::of::<Ept>()]
    }

    fn is_public() -> bool {
        true
    }

    fn operation(_: SyntaxId, opnum: u16) -> Option<&'static str> {
        Self::name(opnum)
    }

    fn handle_call(&mut self, _: Instant, _: Caller, call: CallId, request: Request<'_>) {
        self.outputs.push(match self.answer(request.opnum, request.stub, request.format) {
            Ok(stub) => Output::Response { call, stub, receipt: None },
            Err(status) => Output::Fault { call, status },
        });
    }

    fn handle_cancel(&mut self, _: CallId) {}

    fn handle_undelivered(&mut self, (): ()) {}

    fn handle_disconnect(&mut self, _: AssociationId) {}

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_output(&mut self) -> Option<Output<()>> {
        self.outputs.pop()
    }

    fn shut_down(&mut self, _: Instant) {}

    fn holds(&self, _: AssociationId) -> bool {
        false
    }

    fn statistics(&self) -> Statistics {
        Statistics::default()
    }
}
