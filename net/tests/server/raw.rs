//! A client that writes and reads PDUs octet by octet (C706 12.6), and shares no code with what it tests.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::within;

/// The interface of the script, version 1.0, as C706 12.6.3.1 writes it.
const INTERFACE: [u8; 20] = [
    0x44, 0x33, 0x22, 0x11, 0x66, 0x55, 0x88, 0x77, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00, 1, 0, 0,
    0,
];

/// 8a885d04-1ceb-11c9-9fe8-08002b104860, version 2.0.
const NDR: [u8; 20] = [
    0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 2, 0, 0,
    0,
];

/// 6cb71c2c-9812-4540-0300-000000000000, version 1.0: both features of MS-RPCE 3.3.1.5.3 are offered.
const FEATURES: [u8; 20] =
    [0x2c, 0x1c, 0xb7, 0x6c, 0x12, 0x98, 0x40, 0x45, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];

pub(crate) const REQUEST: u8 = 0;
pub(crate) const RESPONSE: u8 = 2;
pub(crate) const FAULT: u8 = 3;
const BIND: u8 = 11;
const BIND_ACK: u8 = 12;
pub(crate) const BIND_NAK: u8 = 13;
pub(crate) const SHUTDOWN: u8 = 17;
pub(crate) const CANCEL: u8 = 18;
pub(crate) const ORPHANED: u8 = 19;

const FIRST: u8 = 1;
pub(crate) const LAST: u8 = 2;
const MULTIPLEX: u8 = 0x10;

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    pub(crate) group: u32,
}

/// What a call came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Response { call: u32, stub: Vec<u8> },
    Fault { call: u32, status: u32 },
}

pub(crate) struct Pdu {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) call: u32,
    pub(crate) body: Vec<u8>,
}

fn pdu(kind: u8, flags: u8, call: u32, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(16 + body.len()).unwrap();
    let mut octets = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
    octets.extend(length.to_le_bytes());
    octets.extend([0, 0]);
    octets.extend(call.to_le_bytes());
    octets.extend(body);
    octets
}

pub(crate) fn header_only(kind: u8, call: u32) -> Vec<u8> {
    pdu(kind, FIRST | LAST, call, &[])
}

pub(crate) fn bind(group: u32) -> Vec<u8> {
    bind_to(INTERFACE, group)
}

/// Proposes an interface, with NDR 2.0 and with both features.
pub(crate) fn bind_to(interface: [u8; 20], group: u32) -> Vec<u8> {
    let mut body = vec![0xd0, 0x16, 0xd0, 0x16];
    body.extend(group.to_le_bytes());
    body.extend([2, 0, 0, 0]);
    for (number, transfer) in [(0, NDR), (1, FEATURES)] {
        body.extend([number, 0, 1, 0]);
        body.extend(interface);
        body.extend(transfer);
    }
    pdu(BIND, FIRST | LAST | MULTIPLEX, 1, &body)
}

/// A request in fragments of at most so many octets of stub.
pub(crate) fn request(call: u32, opnum: u16, stub: &[u8], size: usize) -> Vec<Vec<u8>> {
    let chunks: Vec<&[u8]> = if stub.is_empty() { vec![stub] } else { stub.chunks(size).collect() };
    let last = chunks.len() - 1;
    let fragment = |(index, chunk): (usize, &&[u8])| {
        let flags = if index == 0 { FIRST } else { 0 } | if index == last { LAST } else { 0 };
        let mut body = u32::try_from(chunk.len()).unwrap().to_le_bytes().to_vec();
        body.extend([0, 0]);
        body.extend(opnum.to_le_bytes());
        body.extend(*chunk);
        pdu(REQUEST, flags, call, &body)
    };
    chunks.iter().enumerate().map(fragment).collect()
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), group: 0 }
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    /// Binds, and joins a group unless it is 0.
    pub(crate) async fn bind(&mut self, group: u32) {
        self.bind_to(INTERFACE, group).await;
    }

    /// Binds to an interface.
    pub(crate) async fn bind_to(&mut self, interface: [u8; 20], group: u32) {
        self.send(&bind_to(interface, group)).await;
        let ack = self.pdu().await;
        assert_eq!((ack.kind, ack.flags & MULTIPLEX), (BIND_ACK, MULTIPLEX));
        self.group = u32::from_le_bytes(ack.body[4..8].try_into().unwrap());
    }

    /// Makes a call in one fragment.
    pub(crate) async fn request(&mut self, call: u32, opnum: u16, stub: &[u8]) {
        for fragment in request(call, opnum, stub, 5_000) {
            self.send(&fragment).await;
        }
    }

    pub(crate) async fn call(&mut self, call: u32, opnum: u16, stub: &[u8]) -> Answer {
        self.request(call, opnum, stub).await;
        self.answer().await
    }

    pub(crate) async fn pdu(&mut self) -> Pdu {
        within("a PDU comes", self.next()).await.expect("the server has closed the connection")
    }

    /// The next PDU; `None` if the server has closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Pdu> {
        next(&mut self.stream).await
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        let mut stub = Vec::new();
        loop {
            let pdu = self.pdu().await;
            match pdu.kind {
                FAULT => {
                    let status = u32::from_le_bytes(pdu.body[8..12].try_into().unwrap());
                    return Answer::Fault { call: pdu.call, status };
                }
                RESPONSE => stub.extend(&pdu.body[8..]),
                other => panic!("PDU of type {other}"),
            }
            if pdu.flags & LAST != 0 {
                return Answer::Response { call: pdu.call, stub };
            }
        }
    }

    /// Waits until the server closes the connection; what it says before does not matter.
    pub(crate) async fn closed(&mut self) {
        let mut rest = [0; 4_096];
        within("the server closes the connection", async {
            while !matches!(self.stream.read(&mut rest).await, Ok(0) | Err(_)) {}
        })
        .await;
    }
}

pub(crate) fn response(call: u32, stub: &[u8]) -> Answer {
    Answer::Response { call, stub: stub.to_vec() }
}

/// The next PDU; `None` if the server has closed the connection.
pub(crate) async fn next(stream: &mut (impl AsyncRead + Unpin)) -> Option<Pdu> {
    let mut header = [0; 16];
    stream.read_exact(&mut header).await.ok()?;
    // The label says in which order: C706 14.1.
    let is_little = header[4] >> 4 == 1;
    let (length, call) = ([header[8], header[9]], header[12..].try_into().unwrap());
    let length = if is_little { u16::from_le_bytes(length) } else { u16::from_be_bytes(length) };
    let call = if is_little { u32::from_le_bytes(call) } else { u32::from_be_bytes(call) };
    let mut body = vec![0; usize::from(length) - 16];
    stream.read_exact(&mut body).await.ok()?;
    Some(Pdu { kind: header[2], flags: header[3], call, body })
}
