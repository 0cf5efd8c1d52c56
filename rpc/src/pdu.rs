//! One PDU: what all kinds share, and the body that tells them apart.

use alloc::vec::Vec;

use crate::auth::{AuthLevel, SecurityTrailer};
use crate::bind::{Bind, BindAck, BindNak};
use crate::call::{Fault, Request, Response};
use crate::error::{PduError, Reason};
use crate::header::{Header, PacketType, PfcFlags};
use crate::label::FormatLabel;
use crate::octets::{Reader, Writer, fit};

/// A connection-oriented PDU, borrowing from the octets that it was read from.
///
/// Lengths are not kept: they follow from the parts. Decoding what [`Pdu::encode`] wrote gives the same value, and
/// encoding what [`Pdu::decode`] read gives the same octets, except that reserved and gap octets become 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdu<'a> {
    /// `pfc_flags`.
    pub flags: PfcFlags,
    /// How numbers are represented in this PDU.
    pub label: FormatLabel,
    /// Number of the call.
    pub call_id: u32,
    /// What the PDU says.
    pub body: Body<'a>,
    /// Octets behind the last field of the body that neither a field nor `auth_pad_length` accounts for. Senders that
    /// align the trailer without counting the padding leave such. Always empty in request, response and fault.
    pub surplus: &'a [u8],
    /// The security trailer, present exactly when `auth_length` is not 0.
    pub trailer: Option<SecurityTrailer<'a>>,
}

/// What distinguishes the kinds of PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A call or a fragment of one.
    Request(Request<'a>),
    /// Results or a fragment of them.
    Response(Response<'a>),
    /// A failed call.
    Fault(Fault<'a>),
    /// First proposal of contexts.
    Bind(Bind),
    /// Answer to a bind.
    BindAck(BindAck<'a>),
    /// Refusal of a bind.
    BindNak(BindNak<'a>),
    /// Later proposal, or continued authentication.
    AlterContext(Bind),
    /// Answer to an `alter_context`.
    AlterContextResp(BindAck<'a>),
    /// Last leg of authentication; its only content is the trailer (MS-RPCE 2.2.2.10).
    Auth3,
    /// The server wants the connection closed.
    Shutdown,
    /// The client wants a call cancelled.
    CoCancel,
    /// The client has given a call up.
    Orphaned,
}

impl Body<'_> {
    /// The kind of PDU that has this body.
    pub const fn packet_type(&self) -> PacketType {
        match self {
            Self::Request(_) => PacketType::Request,
            Self::Response(_) => PacketType::Response,
            Self::Fault(_) => PacketType::Fault,
            Self::Bind(_) => PacketType::Bind,
            Self::BindAck(_) => PacketType::BindAck,
            Self::BindNak(_) => PacketType::BindNak,
            Self::AlterContext(_) => PacketType::AlterContext,
            Self::AlterContextResp(_) => PacketType::AlterContextResp,
            Self::Auth3 => PacketType::Auth3,
            Self::Shutdown => PacketType::Shutdown,
            Self::CoCancel => PacketType::CoCancel,
            Self::Orphaned => PacketType::Orphaned,
        }
    }
}

impl<'a> Pdu<'a> {
    /// An unfragmented, unprotected little-endian PDU.
    pub const fn new(call_id: u32, body: Body<'a>) -> Self {
        Self {
            flags: PfcFlags::WHOLE,
            label: FormatLabel::LITTLE,
            call_id,
            body,
            surplus: &[],
            trailer: None,
        }
    }

    /// Whether the stub is encrypted: a request or response at level privacy.
    pub fn is_sealed(&self) -> bool {
        matches!(self.body, Body::Request(_) | Body::Response(_))
            && self.trailer.is_some_and(|trailer| trailer.protection.level.is_sealing())
    }

    /// Reads the PDU that `octets` holds, no more and no less.
    ///
    /// # Errors
    /// If the header is bad (see [`Header::decode`]), if `frag_length` is not the number of octets, or if a field,
    /// an array or the trailer does not fit into it.
    pub fn decode(octets: &'a [u8]) -> Result<Self, PduError> {
        let header = Header::decode(octets)?;
        check_frag_length(&header, octets)?;
        let after_header = octets.get(Header::SIZE..).unwrap_or_default();
        let (body, trailer) = SecurityTrailer::split(&header, after_header)?;
        let mut reader = Reader::new(body, Header::SIZE, header.label.endian());
        let Header { flags, label, call_id, .. } = header;
        let body = read_body(&header, &mut reader)?;
        Ok(Self { flags, label, call_id, body, surplus: reader.rest(), trailer })
    }

    /// Writes the PDU. [`PfcFlags::OBJECT_UUID`] is set or cleared as the body demands.
    ///
    /// # Errors
    /// If a count, a length or the whole PDU is too large for its field, or if the trailer has no token.
    pub fn encode(&self) -> Result<Vec<u8>, PduError> {
        let mut writer = Writer::new(self.label.endian());
        self.write_body(&mut writer)?;
        writer.raw(self.surplus);
        let auth_length = self.trailer.map_or(Ok(0), |trailer| trailer.write(&mut writer))?;
        let after_header = writer.finish();
        let header = self.header(after_header.len(), auth_length)?;
        let mut octets = Vec::with_capacity(usize::from(header.frag_length));
        octets.extend_from_slice(&header.encode());
        octets.extend_from_slice(&after_header);
        Ok(octets)
    }

    fn header(&self, after_header: usize, auth_length: u16) -> Result<Header, PduError> {
        let length = after_header.saturating_add(Header::SIZE);
        Ok(Header {
            packet_type: self.body.packet_type(),
            flags: self.wire_flags(),
            label: self.label,
            frag_length: fit(length, usize::from(u16::MAX), 8, "frag_length")?,
            auth_length,
            call_id: self.call_id,
        })
    }

    fn wire_flags(&self) -> PfcFlags {
        let mut flags = self.flags;
        if let Body::Request(request) = &self.body {
            flags.set(PfcFlags::OBJECT_UUID, request.object.is_some());
        }
        flags
    }

    fn write_body(&self, writer: &mut Writer) -> Result<(), PduError> {
        match &self.body {
            Body::Request(request) => request.write(writer),
            Body::Response(response) => response.write(writer),
            Body::Fault(fault) => fault.write(writer),
            Body::Bind(bind) | Body::AlterContext(bind) => bind.write(writer)?,
            Body::BindAck(ack) | Body::AlterContextResp(ack) => ack.write(writer)?,
            Body::BindNak(nak) => nak.write(writer)?,
            Body::Auth3 => writer.raw(&AUTH3_PAD),
            Body::Shutdown | Body::CoCancel | Body::Orphaned => {}
        }
        Ok(())
    }

    /// The level that the trailer names; [`AuthLevel::NONE`] without a trailer.
    pub fn level(&self) -> AuthLevel {
        self.trailer.map_or(AuthLevel::NONE, |trailer| trailer.protection.level)
    }
}

/// Octets between header and trailer of an `rpc_auth_3`, ignored by receivers (MS-RPCE 2.2.2.10).
const AUTH3_PAD: [u8; 4] = [0; 4];

fn check_frag_length(header: &Header, octets: &[u8]) -> Result<(), PduError> {
    let (declared, expected) = (usize::from(header.frag_length), octets.len());
    if declared == expected {
        return Ok(());
    }
    Err(PduError::new(8, "frag_length", Reason::Length { declared, expected }))
}

fn read_body<'a>(header: &Header, reader: &mut Reader<'a>) -> Result<Body<'a>, PduError> {
    Ok(match header.packet_type {
        PacketType::Request => {
            Body::Request(Request::read(reader, header.flags.contains(PfcFlags::OBJECT_UUID))?)
        }
        PacketType::Response => Body::Response(Response::read(reader)?),
        PacketType::Fault => Body::Fault(Fault::read(reader)?),
        PacketType::Bind => Body::Bind(Bind::read(reader)?),
        PacketType::BindAck => Body::BindAck(BindAck::read(reader)?),
        PacketType::BindNak => Body::BindNak(BindNak::read(reader)?),
        PacketType::AlterContext => Body::AlterContext(Bind::read(reader)?),
        PacketType::AlterContextResp => Body::AlterContextResp(BindAck::read(reader)?),
        PacketType::Auth3 => {
            reader.array::<4>("pad")?;
            Body::Auth3
        }
        PacketType::Shutdown => Body::Shutdown,
        PacketType::CoCancel => Body::CoCancel,
        PacketType::Orphaned => Body::Orphaned,
    })
}
