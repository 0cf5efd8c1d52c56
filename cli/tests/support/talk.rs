//! Conversations made up octet by octet: DCE/RPC over TCP, on any link layer.

use dcerpc_proto::bind::{Bind, BindAck};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::syntax::{ContextResult, PresentationContext};
use dcerpc_proto::{Body, Pdu, PfcFlags, SyntaxId};
use etherparse::PacketBuilder;

use cmrp::ndr::Uuid;

/// ClusAPI 3.0.
pub(crate) const CLUSAPI3: SyntaxId =
    SyntaxId::new(Uuid::new(0xb97d_b8b2, 0x4c63, 0x11cf, [0xbf, 0xf6, 8, 0, 0x2b, 0xe2, 0x3f, 0x2f]), 3, 0);

/// Request stub of `ApiGetNotify`: handle 00112233-4455-6677-8899-aabbccddeeff.
pub(crate) const GET_NOTIFY: [u8; 20] =
    [0, 0, 0, 0, 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];

/// Response stub of `ApiGetNotify` 3.0 in NDR 2.0: key 7, `RESOURCE_STATE`, sequence 5, "Res1", success.
pub(crate) const NOTIFIED: [u8; 48] = [
    0x07, 0, 0, 0, 0, 1, 0, 0, 5, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0x52, 0, 0x65, 0,
    0x73, 0, 0x31, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// A TCP segment of a talk.
#[expect(clippy::struct_excessive_bools, reason = "TCP has that many flags")]
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) from_client: bool,
    pub(crate) client_port: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) payload: Vec<u8>,
}

/// A link layer below TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Ethernet,
    EthernetIpv6,
    Vlan,
    DoubleVlan,
    Null,
    NullIpv6,
    Loop,
    Raw,
    RawIpv6,
    Sll,
    Sll2,
}

impl Layer {
    pub(crate) const ALL: [Self; 11] = [
        Self::Ethernet,
        Self::EthernetIpv6,
        Self::Vlan,
        Self::DoubleVlan,
        Self::Null,
        Self::NullIpv6,
        Self::Loop,
        Self::Raw,
        Self::RawIpv6,
        Self::Sll,
        Self::Sll2,
    ];

    pub(crate) fn link(self) -> u32 {
        match self {
            Self::Ethernet | Self::EthernetIpv6 | Self::Vlan | Self::DoubleVlan => super::link::ETHERNET,
            Self::Null | Self::NullIpv6 => super::link::NULL,
            Self::Loop => super::link::LOOP,
            Self::Raw | Self::RawIpv6 => super::link::RAW,
            Self::Sll => super::link::SLL,
            Self::Sll2 => super::link::SLL2,
        }
    }

    pub(crate) fn is_ipv6(self) -> bool {
        matches!(self, Self::EthernetIpv6 | Self::NullIpv6 | Self::RawIpv6)
    }

    /// The octets before the IP packet.
    fn header(self) -> Vec<u8> {
        let macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
        match self {
            Self::Ethernet => [&macs[..], &[8, 0]].concat(),
            Self::EthernetIpv6 => [&macs[..], &[0x86, 0xdd]].concat(),
            Self::Vlan => [&macs[..], &[0x81, 0, 0, 5, 8, 0]].concat(),
            Self::DoubleVlan => [&macs[..], &[0x88, 0xa8, 0, 6, 0x81, 0, 0, 5, 8, 0]].concat(),
            Self::Null => vec![2, 0, 0, 0],
            Self::NullIpv6 => vec![30, 0, 0, 0],
            Self::Loop => vec![0, 0, 0, 2],
            Self::Raw | Self::RawIpv6 => Vec::new(),
            Self::Sll => vec![0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0],
            Self::Sll2 => vec![8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0],
        }
    }
}

impl Segment {
    /// The frame that carries it. Short Ethernet frames are padded to 60 octets, as on a wire.
    pub(crate) fn frame(&self, layer: Layer) -> Vec<u8> {
        let mut frame = layer.header();
        let (source, destination) = if self.from_client { (1, 2) } else { (2, 1) };
        let builder = if layer.is_ipv6() {
            let address = |last| [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
            PacketBuilder::ipv6(address(source), address(destination), 64)
        } else {
            PacketBuilder::ipv4([10, 0, 0, source], [10, 0, 0, destination], 64)
        };
        let (from, to) = if self.from_client { (self.client_port, 49152) } else { (49152, self.client_port) };
        let mut builder = builder.tcp(from, to, self.sequence, 64_000);
        if let Some(number) = self.acknowledgment {
            builder = builder.ack(number);
        }
        builder = if self.syn { builder.syn() } else { builder };
        builder = if self.fin { builder.fin() } else { builder };
        builder = if self.rst { builder.rst() } else { builder };
        builder.write(&mut frame, &self.payload).unwrap();
        if layer.link() == super::link::ETHERNET && frame.len() < 60 {
            frame.resize(60, 0xee);
        }
        frame
    }
}

/// One connection between a client and a server on port 49152.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) segments: Vec<Segment>,
    client_port: u16,
    next: [u32; 2],
}

impl Talk {
    /// A connection, as yet without a segment; sequence numbers begin at `base`.
    pub(crate) fn new(client_port: u16, base: u32) -> Self {
        Self { segments: Vec::new(), client_port, next: [base, base.wrapping_add(0x1000_0000)] }
    }

    /// SYN, SYN-ACK, bind and `bind_ack` of ClusAPI 3.0 with NDR 2.0 as context 0.
    pub(crate) fn bound(client_port: u16, base: u32) -> Self {
        let mut talk = Self::new(client_port, base);
        talk.handshake();
        talk.bind();
        talk
    }

    pub(crate) fn handshake(&mut self) {
        self.send(true, true, false, Vec::new());
        self.send(false, true, false, Vec::new());
        if let [.., syn, _] = self.segments.as_mut_slice() {
            syn.acknowledgment = None;
        }
    }

    pub(crate) fn bind(&mut self) {
        let context = PresentationContext {
            id: 0,
            abstract_syntax: CLUSAPI3,
            transfer_syntaxes: vec![SyntaxId::NDR20],
        };
        let bind =
            Bind { max_xmit_frag: 5840, max_recv_frag: 5840, assoc_group_id: 0, contexts: vec![context] };
        self.pdu(true, &Pdu::new(1, Body::Bind(bind)));
        let result = ContextResult { result: 0, reason: 0, transfer_syntax: SyntaxId::NDR20 };
        let ack = BindAck {
            max_xmit_frag: 5840,
            max_recv_frag: 5840,
            assoc_group_id: 9,
            secondary_address: b"49152\0",
            results: vec![result],
        };
        self.pdu(false, &Pdu::new(1, Body::BindAck(ack)));
    }

    pub(crate) fn request(&mut self, call_id: u32, opnum: u16, stub: &[u8]) {
        self.request_fragment(call_id, opnum, stub, PfcFlags::WHOLE);
    }

    pub(crate) fn request_fragment(&mut self, call_id: u32, opnum: u16, stub: &[u8], flags: PfcFlags) {
        let request = Request { alloc_hint: 0, context_id: 0, opnum, object: None, stub };
        let mut pdu = Pdu::new(call_id, Body::Request(request));
        pdu.flags = flags;
        self.pdu(true, &pdu);
    }

    pub(crate) fn response(&mut self, call_id: u32, stub: &[u8]) {
        let response = Response { alloc_hint: 0, context_id: 0, cancel_count: 0, stub };
        self.pdu(false, &Pdu::new(call_id, Body::Response(response)));
    }

    pub(crate) fn fault(&mut self, call_id: u32, status: u32) {
        let fault =
            Fault { alloc_hint: 32, context_id: 0, cancel_count: 0, fault_flags: 0, status, extended: &[] };
        self.pdu(false, &Pdu::new(call_id, Body::Fault(fault)));
    }

    /// A request of `ApiGetNotify` and its response.
    pub(crate) fn get_notify(&mut self, call_id: u32) {
        self.request(call_id, 65, &GET_NOTIFY);
        self.response(call_id, &NOTIFIED);
    }

    pub(crate) fn pdu(&mut self, from_client: bool, pdu: &Pdu<'_>) {
        self.send(from_client, false, false, pdu.encode().unwrap());
    }

    /// FIN of both ends.
    pub(crate) fn goodbye(&mut self) {
        self.send(true, false, true, Vec::new());
        self.send(false, false, true, Vec::new());
    }

    pub(crate) fn send(&mut self, from_client: bool, syn: bool, fin: bool, payload: Vec<u8>) {
        let [client, server] = self.next;
        let (sequence, acknowledgment) = if from_client { (client, server) } else { (server, client) };
        let length = payload.len() as u32 + u32::from(syn) + u32::from(fin);
        let next = if from_client { &mut self.next[0] } else { &mut self.next[1] };
        *next = next.wrapping_add(length);
        let client_port = self.client_port;
        let acknowledgment = Some(acknowledgment);
        self.segments.push(Segment {
            from_client,
            client_port,
            sequence,
            acknowledgment,
            syn,
            fin,
            rst: false,
            payload,
        });
    }

    /// The talk with every payload cut into segments of at most `size` octets.
    pub(crate) fn cut(&self, size: usize) -> Vec<Segment> {
        let parts = |segment: &Segment| {
            let whole = segment.clone();
            let chunks = (0..segment.payload.len().max(1)).step_by(size).map(move |at| {
                let end = (at + size).min(whole.payload.len());
                let payload = whole.payload.get(at..end).unwrap_or_default().to_vec();
                Segment { sequence: whole.sequence.wrapping_add(at as u32), payload, ..whole.clone() }
            });
            chunks.collect::<Vec<_>>()
        };
        self.segments.iter().flat_map(parts).collect()
    }
}

/// A pcap file of these segments.
pub(crate) fn capture(layer: Layer, segments: &[Segment]) -> Vec<u8> {
    let frames: Vec<Vec<u8>> = segments.iter().map(|segment| segment.frame(layer)).collect();
    super::pcap(layer.link(), frames.iter().map(Vec::as_slice))
}
