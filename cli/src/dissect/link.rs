//! Finds the TCP segment in a frame, whatever link layer it was captured on.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice};

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
    let packet = match link {
        link_type::ETHERNET => LaxSlicedPacket::from_ethernet(frame).ok(),
        link_type::NULL | link_type::LOOP => frame.get(LOOPBACK_HEADER..).and_then(ip),
        link_type::RAW | link_type::RAW_BSD | link_type::RAW_OPENBSD | link_type::IPV4 | link_type::IPV6 => {
            ip(frame)
        }
        link_type::LINUX_SLL => cooked(frame, 14, 16),
        link_type::LINUX_SLL2 => cooked(frame, 0, 20),
        _ => return Content::UnknownLink,
    };
    packet.map_or(Content::Other, |packet| tcp(&packet))
}

/// A packet that says itself which version of IP it is.
fn ip(packet: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    LaxSlicedPacket::from_ip(packet).ok()
}

/// A "cooked" frame of Linux: an Ethernet protocol number at offset `protocol` of a header of `header` octets.
fn cooked(frame: &[u8], protocol: usize, header: usize) -> Option<LaxSlicedPacket<'_>> {
    let number = frame.get(protocol..)?.first_chunk::<2>()?;
    Some(LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes(*number)), frame.get(header..)?))
}

fn tcp<'a>(packet: &LaxSlicedPacket<'a>) -> Content<'a> {
    let Some((source, destination)) = packet.net.as_ref().and_then(addresses) else {
        return Content::Other;
    };
    if packet.net.as_ref().and_then(LaxNetSlice::ip_payload_ref).is_some_and(|payload| payload.fragmented) {
        return Content::IpFragment;
    }
    match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => Content::Tcp(segment(source, destination, tcp)),
        _ => Content::Other,
    }
}

fn addresses(net: &LaxNetSlice<'_>) -> Option<(IpAddr, IpAddr)> {
    match net {
        LaxNetSlice::Ipv4(ip) => {
            Some((ip.header().source_addr().into(), ip.header().destination_addr().into()))
        }
        LaxNetSlice::Ipv6(ip) => {
            Some((ip.header().source_addr().into(), ip.header().destination_addr().into()))
        }
        LaxNetSlice::Arp(_) => None,
    }
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
