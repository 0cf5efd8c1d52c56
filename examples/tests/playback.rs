//! Runs the examples against a server that plays back a capture: it takes only the requests that Samba's client sent,
//! octet for octet, and gives the answers that were recorded.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that overflows, indexes badly or panics has failed, which is all that it has to do"
)]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

use cmrp::clusapi3::Clusapi3;
use cmrp::ndr::Interface;
use data_encoding::HEXLOWER;
use dcerpc_proto::bind::{Bind, BindAck};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::status::NCA_OP_RNG_ERROR;
use dcerpc_proto::stream::PduReader;
use dcerpc_proto::syntax::ContextResult;
use dcerpc_proto::{Body, Pdu, PfcFlags, SyntaxId};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Opnum, request and response.
type Call = (u16, &'static str, &'static str);

/// From `samples/samba_notify_v3_ndr20.pcapng`: a port, a resource, a filter, its first event, the end.
const NDR20: [Call; 5] = [
    (55, "", "00000000000000000000000084fab25db9ce33265586a197352588f0"),
    (
        8,
        "08000000000000000800000047007200f600df0065002d00a9030000",
        "0000000000000000000000003e09c484b71825523250704243ae4e52",
    ),
    (
        60,
        "0000000084fab25db9ce33265586a197352588f0000000003e09c484b71825523250704243ae4e520001000013000000",
        "010000000000000000000000",
    ),
    (
        65,
        "0000000084fab25db9ce33265586a197352588f0",
        "1300000000010000020000000000020008000000000000000800000047007200f600df0065002d00a90300000000000000000000",
    ),
    (56, "0000000084fab25db9ce33265586a197352588f0", "000000000000000000000000000000000000000000000000"),
];

/// The same from `samples/samba_notify_v3_ndr64.pcapng`, where only what has counts and pointers differs.
const NDR64: [Call; 5] = [
    NDR20[0],
    (
        8,
        "08000000000000000000000000000000080000000000000047007200f600df0065002d00a9030000",
        "0000000000000000000000003e09c484b71825523250704243ae4e52",
    ),
    NDR20[2],
    (
        65,
        "0000000084fab25db9ce33265586a197352588f0",
        "1300000000010000020000000000000000000200000000000800000000000000000000000000000008000000000000004700\
         7200f600df0065002d00a90300000000000000000000",
    ),
    NDR20[4],
];

#[test]
fn dcerpc_carries_ndr20() {
    let (output, served) = play(env!("CARGO_BIN_EXE_over_dcerpc"), SyntaxId::NDR20, &NDR20);
    assert_eq!(served.unwrap(), NDR20.len());
    assert_event(&output);
}

#[test]
fn smb_rpc_carries_ndr64() {
    let (output, served) = play(env!("CARGO_BIN_EXE_over_smb_rpc"), SyntaxId::NDR64, &NDR64);
    assert_eq!(served.unwrap(), NDR64.len());
    assert_event(&output);
}

#[test]
fn a_fault_ends_the_examples() {
    let (output, served) = play(env!("CARGO_BIN_EXE_over_dcerpc"), SyntaxId::NDR20, &NDR20[..3]);
    assert_failure(&output, "Fault(469827586)");
    assert_eq!(served.unwrap(), 3);
    let (output, served) = play(env!("CARGO_BIN_EXE_over_smb_rpc"), SyntaxId::NDR64, &NDR64[..3]);
    assert_failure(&output, "FailedToParseRpcResponse");
    assert_eq!(served.unwrap(), 3);
}

#[test]
fn a_transfer_syntax_that_the_server_lacks_ends_the_examples() {
    let (output, _) = play(env!("CARGO_BIN_EXE_over_dcerpc"), SyntaxId::NDR64, &NDR64);
    assert_failure(&output, "context rejected");
    let (output, _) = play(env!("CARGO_BIN_EXE_over_smb_rpc"), SyntaxId::NDR20, &NDR20);
    assert_failure(&output, "the server does not accept");
}

fn assert_event(output: &Output) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, "ClusterChange(RESOURCE_STATE) happened to Some(\"Größe-Ω\")\n");
}

fn assert_failure(output: &Output, reason: &str) {
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains(reason), "{complaint}");
}

/// Runs an example against the server. Gives what it printed, and how many calls it made of those it may make.
fn play(example: &str, transfer: SyntaxId, calls: &'static [Call]) -> (Output, Outcome<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || serve(&listener.accept()?.0, transfer, calls));
    let output = Command::new(example).args([&address, "Größe-Ω"]).output().unwrap();
    // An example that ended before it connected must not leave the server waiting.
    drop(TcpStream::connect(address));
    (output, server.join().unwrap())
}

/// Serves one connection until the client closes it.
fn serve(mut stream: &TcpStream, transfer: SyntaxId, calls: &[Call]) -> Outcome<usize> {
    let (mut reader, mut chunk, mut served) = (PduReader::new(), [0; 1024], 0);
    loop {
        let length = stream.read(&mut chunk)?;
        if length == 0 {
            return Ok(served);
        }
        let mut input = &chunk[..length];
        while let Some(framed) = reader.next(&mut input)? {
            let pdu = Pdu::decode(framed.octets)?;
            match &pdu.body {
                Body::Bind(bind) => stream.write_all(&accept(pdu.call_id, bind, transfer)?)?,
                Body::Request(request) => match calls.get(served) {
                    Some(call) => {
                        served += 1;
                        stream.write_all(&answer(pdu.call_id, request, call)?)?;
                    }
                    None => stream.write_all(&refuse(pdu.call_id, request)?)?,
                },
                other => return Err(format!("unexpected: {other:?}").into()),
            }
        }
    }
}

/// Accepts the first context if it is that of clusapi 3.0 in `transfer`.
fn accept(call_id: u32, bind: &Bind, transfer: SyntaxId) -> Outcome<Vec<u8>> {
    let (major, minor) = Clusapi3::VERSION;
    let context = bind.contexts.first().ok_or("no context")?;
    if context.abstract_syntax != SyntaxId::new(Clusapi3::UUID, major, minor) {
        return Err(format!("a bind to {}", context.abstract_syntax).into());
    }
    let result = if context.transfer_syntaxes.contains(&transfer) {
        ContextResult { result: ContextResult::ACCEPTANCE, reason: 0, transfer_syntax: transfer }
    } else {
        ContextResult { result: ContextResult::PROVIDER_REJECTION, reason: 2, transfer_syntax: SyntaxId::NIL }
    };
    let ack = BindAck {
        max_xmit_frag: bind.max_recv_frag,
        max_recv_frag: bind.max_xmit_frag,
        assoc_group_id: 1,
        secondary_address: b"4704\0",
        results: vec![result],
    };
    Ok(Pdu::new(call_id, Body::BindAck(ack)).encode()?)
}

/// The recorded response in fragments of 16 octets, if the request is the recorded one.
fn answer(call_id: u32, request: &Request<'_>, recorded: &Call) -> Outcome<Vec<u8>> {
    let (opnum, sent, received) = *recorded;
    let seen = HEXLOWER.encode(request.stub);
    if (request.opnum, seen.as_str()) != (opnum, sent) {
        return Err(format!("opnum {} with {seen}, not {opnum} with {sent}", request.opnum).into());
    }
    let stub = HEXLOWER.decode(received.as_bytes())?;
    let mut octets = Vec::new();
    for (index, part) in stub.chunks(16).enumerate() {
        let response =
            Response { alloc_hint: 0, context_id: request.context_id, cancel_count: 0, stub: part };
        let mut pdu = Pdu::new(call_id, Body::Response(response));
        pdu.flags.set(PfcFlags::FIRST_FRAG, index == 0);
        pdu.flags.set(PfcFlags::LAST_FRAG, index + 1 == stub.len().div_ceil(16));
        octets.extend(pdu.encode()?);
    }
    Ok(octets)
}

fn refuse(call_id: u32, request: &Request<'_>) -> Outcome<Vec<u8>> {
    let fault = Fault {
        alloc_hint: 0,
        context_id: request.context_id,
        cancel_count: 0,
        fault_flags: 0,
        status: NCA_OP_RNG_ERROR,
        extended: &[],
    };
    Ok(Pdu::new(call_id, Body::Fault(fault)).encode()?)
}
