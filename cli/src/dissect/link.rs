//! Finds the TCP segment in a frame, whatever link layer it was captured on.

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    EtherType, Ethernet2Slice, IpNumber, LaxIpSlice, LaxLinkExtSlice, LaxSlicedPacket, TcpSlice,
};

use super::tcp::Segment;

/// Link types as registered at tcpdump.org.
mod link_type {
    pub(super) const NULL: i32 = 0;
    pub(super) const ETHERNET: i32 = 1;
    pub(super) const RAW_BSD: i32 = 12;
    pub(super) const RAW_OPENBSD: i32 = 14;
    pub(super) const RAW: i32 = 101;
    pub(super) const LOOP: i32 = 108;
    pub(super) const LINUX_SLL: i32 = 113;
    pub(super) const IPV4: i32 = 228;
    pub(super) const IPV6: i32 = 229;
    pub(super) const LINUX_SLL2: i32 = 276;
}

/// Octets before the packet on a loopback interface: an address family, in an order that depends on the host.
const LOOPBACK_HEADER: usize = 4;

/// What a frame holds.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// A TCP segment, or as much of it as was captured.
    Tcp(Segment<'a>),
    /// A part of an IP packet, which is not put together.
    IpFragment,
    /// Nothing that can carry a call.
    Other,
    /// A frame of a link type that can't be read.
    UnknownLink,
}

/// Takes a frame apart down to TCP.
pub(crate) fn content(link: i32, frame: &[u8]) -> Content<'_> {
    let content = match link {
        link_type::ETHERNET => ethernet(frame),
        link_type::NULL | link_type::LOOP => frame.get(LOOPBACK_HEADER..).map(ip),
        link_type::RAW | link_type::RAW_BSD | link_type::RAW_OPENBSD | link_type::IPV4 | link_type::IPV6 => {
            Some(ip(frame))
        }
        link_type::LINUX_SLL => cooked(frame, 14, 16),
        link_type::LINUX_SLL2 => cooked(frame, 0, 20),
        _ => return Content::UnknownLink,
    };
    content.unwrap_or(Content::Other)
}

fn ethernet(frame: &[u8]) -> Option<Content<'_>> {
    let ethernet = Ethernet2Slice::from_slice_without_fcs(frame).ok()?;
    Some(packet(ethernet.ether_type(), ethernet.payload_slice()))
}

/// A "cooked" frame of Linux: an Ethernet protocol number at offset `protocol` of a header of `header` octets.
fn cooked(frame: &[u8], protocol: usize, header: usize) -> Option<Content<'_>> {
    let number = frame.get(protocol..)?.first_chunk::<2>()?;
    Some(packet(EtherType(u16::from_be_bytes(*number)), frame.get(header..)?))
}

/// A packet of this Ethernet protocol.
fn packet(protocol: EtherType, packet: &[u8]) -> Content<'_> {
    if matches!(protocol, EtherType::IPV4 | EtherType::IPV6) {
        return ip(packet);
    }
    // Between Ethernet and IP there may be tags.
    let tagged = LaxSlicedPacket::from_ether_type(protocol, packet);
    let inner = tagged.link_exts.last().and_then(LaxLinkExtSlice::payload);
    match inner.map(|inner| (inner.ether_type, inner.payload)) {
        Some((EtherType::IPV4 | EtherType::IPV6, packet)) => ip(packet),
        _ => Content::Other,
    }
}

/// A packet that says itself which version of IP it is.
fn ip(packet: &[u8]) -> Content<'_> {
    let Ok((ip, error)) = LaxIpSlice::from_slice(packet) else { return Content::Other };
    let payload = ip.payload();
    if payload.fragmented {
        return Content::IpFragment;
    }
    if error.is_some() || payload.ip_number != IpNumber::TCP {
        return Content::Other;
    }
    let (source, destination) = (ip.source_addr(), ip.destination_addr());
    let tcp = TcpSlice::from_slice(payload.payload);
    tcp.map_or(Content::Other, |tcp| Content::Tcp(segment(source, destination, &tcp)))
}

fn segment<'a>(source: IpAddr, destination: IpAddr, tcp: &TcpSlice<'a>) -> Segment<'a> {
    Segment {
        source: SocketAddr::new(source, tcp.source_port()),
        destination: SocketAddr::new(destination, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledgment: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        payload: tcp.payload(),
    }
}
