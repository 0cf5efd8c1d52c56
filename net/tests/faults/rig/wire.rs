//! A client that writes PDUs itself, and may write what it likes.

use std::net::SocketAddr;

use cmrp::clusapi3::Clusapi3;
use cmrp::ndr::{Call, Format, Interface, Limits, Operation};
use dcerpc_proto::bind::Bind;
use dcerpc_proto::call::Request;
use dcerpc_proto::syntax::PresentationContext;
use dcerpc_proto::{Body, Pdu, SyntaxId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

pub(crate) const FORMAT: Format = Format::NDR20_LE;

/// One connection.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    call: u32,
}

impl Wire {
    /// Connects from this address.
    pub(crate) async fn connect(from: [u8; 4], server: SocketAddr) -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        // So little that a client that does not read is felt soon.
        socket.set_recv_buffer_size(8_192)?;
        Ok(Self { stream: socket.connect(server).await?, call: 1 })
    }

    /// Connects and binds, into a group unless that is 0.
    pub(crate) async fn bound(server: SocketAddr, group: u32) -> std::io::Result<Self> {
        let mut wire = Self::connect([127, 0, 0, 1], server).await?;
        let context = PresentationContext {
            id: 0,
            abstract_syntax: SyntaxId::new(Clusapi3::UUID, Clusapi3::VERSION.0, Clusapi3::VERSION.1),
            transfer_syntaxes: vec![SyntaxId::NDR20],
        };
        let bind = Bind {
            max_xmit_frag: 5_840,
            max_recv_frag: 5_840,
            assoc_group_id: group,
            contexts: vec![context],
        };
        let mut pdu = Pdu::new(1, Body::Bind(bind)).encode().unwrap();
        // PFC_CONC_MPX: several calls at a time.
        pdu[3] |= 0x10;
        wire.send(&pdu).await?;
        wire.answer().await?;
        Ok(wire)
    }

    pub(crate) async fn send(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(octets).await
    }

    /// Makes a call without waiting for the answer.
    pub(crate) async fn request(&mut self, opnum: u16, stub: &[u8]) -> std::io::Result<()> {
        self.call += 1;
        let request = Request { alloc_hint: 0, context_id: 0, opnum, object: None, stub };
        let pdu = Pdu::new(self.call, Body::Request(request)).encode().unwrap();
        self.send(&pdu).await
    }

    /// Makes a call, and picks something of its answer.
    pub(crate) async fn ask<C: Call, T>(
        &mut self,
        request: &C,
        pick: impl FnOnce(<C::Operation as Operation>::Response<'_>) -> T,
    ) -> std::io::Result<T> {
        self.request(C::Operation::OPNUM, &request.encode(FORMAT).unwrap()).await?;
        let answer = self.answer().await?;
        let stub = answer.get(24..).unwrap_or_default();
        let response = request.decode_response(stub, FORMAT, &Limits::default());
        response.map(pick).map_err(|error| std::io::Error::other(error.to_string()))
    }

    /// The next PDU.
    pub(crate) async fn answer(&mut self) -> std::io::Result<Vec<u8>> {
        let mut pdu = vec![0; 16];
        self.stream.read_exact(&mut pdu).await?;
        pdu.resize(usize::from(u16::from_le_bytes([pdu[8], pdu[9]])).max(16), 0);
        self.stream.read_exact(&mut pdu[16..]).await?;
        Ok(pdu)
    }

    /// Waits until the server ends the connection.
    pub(crate) async fn ended(mut self) {
        let mut rest = [0; 4_096];
        while !matches!(self.stream.read(&mut rest).await, Ok(0) | Err(_)) {}
    }
}
