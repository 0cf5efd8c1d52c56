//! Waits for an event of a resource over the crate `smb-rpc`: synchronous, NDR64.
//!
//! ```sh
//! cargo run -p cmrp-examples --bin over_smb_rpc -- HOST:PORT RESOURCE
//! ```
//!
//! `smb-rpc` has the PDUs and a trait for connections, [`BoundRpcConnection`], which named pipes of the crate `smb`
//! implement. Here a TCP connection does. Its typed calls decode a response by its type alone and without borrowing,
//! so [`call`] hands over finished stubs instead. Its PDUs carry no authentication: enough for a server that wants
//! none, not for Windows.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::io::{Read, Write};
use std::net::TcpStream;

use cmrp::clusapi3::{
    ApiAddNotifyResourceRequest, ApiCloseNotifyRequest, ApiCreateNotifyRequest, ApiGetNotifyRequest,
    ApiOpenResourceRequest, Clusapi3,
};
use cmrp::cluster_change::ResourceFilter;
use cmrp::ndr::{Call, Endian, Format, Interface, Limits, Operation, Uuid};
use smb_rpc::SmbRpcError;
use smb_rpc::interface::BoundRpcConnection;
use smb_rpc::pdu::{
    DcRpcCoPktBind, DcRpcCoPktBindContextElement, DcRpcCoPktRequest, DcRpcCoPktRequestContent,
    DcRpcCoPktResponseContent, DceRpcCoPktBindAckDefResult, DceRpcCoPktFlags, DceRpcCoRequestPkt,
    DceRpcCoResponsePkt, DceRpcSyntaxId,
};

/// What the server answers to a request of type `C`.
type ResponseTo<'a, C> = <<C as Call>::Operation as Operation>::Response<'a>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(address), Some(resource)) = (arguments.next(), arguments.next()) else {
        return Err("usage: over_smb_rpc HOST:PORT RESOURCE".into());
    };
    watch(&mut RpcTcp::bind::<Clusapi3>(&address)?, &resource)
}

/// Prints the first event of a resource.
fn watch(rpc: &mut impl BoundRpcConnection, resource: &str) -> Result<(), Box<dyn Error>> {
    let answer = &mut Vec::new();
    let created = call(rpc, &ApiCreateNotifyRequest {}, answer)?;
    let port = created.return_value.ok_or_else(|| format!("no port: error {}", created.status))?;
    let opened = call(rpc, &ApiOpenResourceRequest { lpsz_resource_name: resource.into() }, answer)?;
    let add = ApiAddNotifyResourceRequest {
        h_notify: Some(port),
        h_resource: Some(
            opened.return_value.ok_or_else(|| format!("no {resource}: error {}", opened.status))?,
        ),
        dw_filter: ResourceFilter::STATE,
        dw_notify_key: 19,
    };
    succeeded(call(rpc, &add, answer)?.return_value)?;

    let event = call(rpc, &ApiGetNotifyRequest { h_notify: Some(port) }, answer)?;
    succeeded(event.return_value)?;
    println!("{:?} happened to {:?}", event.dw_filter, event.name);
    succeeded(call(rpc, &ApiCloseNotifyRequest { notify: Some(port) }, answer)?.return_value)
}

/// Calls the operation that the type of `request` names. The response borrows from `answer`, its stub.
fn call<'a, C: Call>(
    rpc: &mut impl BoundRpcConnection,
    request: &C,
    answer: &'a mut Vec<u8>,
) -> Result<ResponseTo<'a, C>, Box<dyn Error>> {
    *answer = rpc.send_receive_raw(C::Operation::OPNUM, &request.encode(Format::Ndr64)?)?;
    Ok(request.decode_response(answer, Format::Ndr64, &Limits::default())?)
}

fn succeeded(code: u32) -> Result<(), Box<dyn Error>> {
    if code == 0 { Ok(()) } else { Err(format!("the server says error {code}").into()) }
}

/// RPC over TCP, with one interface bound in NDR64.
struct RpcTcp {
    stream: TcpStream,
    call_id: u32,
}

impl RpcTcp {
    fn bind<I: Interface>(address: &str) -> Result<Self, SmbRpcError> {
        let mut rpc = Self { stream: TcpStream::connect(address).map_err(transport)?, call_id: 0 };
        rpc.send(bind::<I>().into())?;
        match rpc.receive()?.into_content() {
            DcRpcCoPktResponseContent::BindAck(ack) => match ack.results.first() {
                Some(first) if first.result == DceRpcCoPktBindAckDefResult::Acceptance => Ok(rpc),
                _ => Err(SmbRpcError::InvalidResponseData("the server does not accept interface and NDR64")),
            },
            _ => Err(SmbRpcError::InvalidResponseData("the server refuses to be bound")),
        }
    }

    fn send(&mut self, content: DcRpcCoPktRequestContent) -> Result<(), SmbRpcError> {
        let whole = DceRpcCoPktFlags::new().with_first_frag(true).with_last_frag(true);
        self.call_id = self.call_id.wrapping_add(1);
        let pdu = DceRpcCoRequestPkt::new(content, self.call_id, whole, LITTLE_ENDIAN);
        let octets: Vec<u8> = pdu.try_into().map_err(transport)?;
        self.stream.write_all(&octets).map_err(transport)
    }

    fn receive(&mut self) -> Result<DceRpcCoResponsePkt, SmbRpcError> {
        let mut header = [0; DceRpcCoResponsePkt::COMMON_SIZE_BYTES];
        self.stream.read_exact(&mut header).map_err(transport)?;
        let [_, _, _, _, _, _, _, _, low, high, ..] = header;
        let mut octets = vec![0; usize::from(u16::from_le_bytes([low, high])).max(header.len())];
        let (start, rest) = octets.split_at_mut(header.len());
        start.copy_from_slice(&header);
        self.stream.read_exact(rest).map_err(transport)?;
        let pdu = DceRpcCoResponsePkt::try_from(&*octets).map_err(SmbRpcError::FailedToParseRpcResponse)?;
        if pdu.call_id() == self.call_id { Ok(pdu) } else { Err(transport("an answer to another call")) }
    }
}

impl BoundRpcConnection for RpcTcp {
    fn send_receive_raw(&mut self, opnum: u16, stub: &[u8]) -> Result<Vec<u8>, SmbRpcError> {
        let alloc_hint = DcRpcCoPktRequest::ALLOC_HINT_NONE;
        let request = DcRpcCoPktRequest { alloc_hint, context_id: 0, opnum, stub_data: stub.to_vec() };
        self.send(request.into())?;
        let mut answer = Vec::new();
        loop {
            let pdu = self.receive()?;
            let is_last = pdu.pfc_flags().last_frag();
            let DcRpcCoPktResponseContent::Response(response) = pdu.into_content() else {
                return Err(SmbRpcError::InvalidResponseData("neither a response nor a fault"));
            };
            answer.extend(response.stub_data);
            if is_last {
                return Ok(answer);
            }
        }
    }
}

/// `packed_drep` of little-endian integers, ASCII and IEEE numbers (C706 14.1).
const LITTLE_ENDIAN: u32 = 0x10;

fn bind<I: Interface>() -> DcRpcCoPktBind {
    let context = DcRpcCoPktBindContextElement {
        context_id: 0,
        abstract_syntax: syntax(I::UUID, I::VERSION),
        transfer_syntaxes: vec![syntax(Format::NDR64_SYNTAX, (1, 0))],
    };
    DcRpcCoPktBind {
        max_xmit_frag: 4280,
        max_recv_frag: 4280,
        assoc_group_id: 0,
        context_elements: vec![context],
    }
}

/// A name and version, as `smb-rpc` writes them.
fn syntax(uuid: Uuid, (major, minor): (u16, u16)) -> DceRpcSyntaxId {
    let version = u32::from(major) | u32::from(minor) << 16;
    DceRpcSyntaxId { uuid: uuid.to_wire(Endian::Little).into(), version }
}

fn transport(error: impl Display) -> SmbRpcError {
    SmbRpcError::SendReceiveError(error.to_string())
}
