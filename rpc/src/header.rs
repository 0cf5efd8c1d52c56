//! The 16 octets that begin every connection-oriented PDU (C706 12.6.1).

use core::fmt;

use bitflags::bitflags;
use cmrp::ndr::Endian;

use crate::error::{PduError, Reason};
use crate::label::FormatLabel;
use crate::octets::Reader;

/// Kind of a connection-oriented PDU, its `PTYPE` (C706 12.6.4, MS-RPCE 2.2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum PacketType {
    /// A call, or a fragment of one, from the client (C706 12.6.4.9).
    Request = 0,
    /// Its results, or a fragment of them (C706 12.6.4.10).
    Response = 2,
    /// Its failure (C706 12.6.4.7).
    Fault = 3,
    /// The client proposes presentation contexts on a new connection (C706 12.6.4.3).
    Bind = 11,
    /// The server answers them (C706 12.6.4.4).
    BindAck = 12,
    /// The server refuses the connection (C706 12.6.4.5).
    BindNak = 13,
    /// The client proposes more contexts, or continues authentication (C706 12.6.4.1).
    AlterContext = 14,
    /// The server answers that (C706 12.6.4.2).
    AlterContextResp = 15,
    /// The client's last leg of authentication, never answered (MS-RPCE 2.2.2.10).
    Auth3 = 16,
    /// The server asks the client to close the connection (C706 12.6.4.11).
    Shutdown = 17,
    /// The client asks to cancel a call (C706 12.6.4.6).
    CoCancel = 18,
    /// The client gives a call up (C706 12.6.4.8).
    Orphaned = 19,
}

impl PacketType {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Request,
        Self::Response,
        Self::Fault,
        Self::Bind,
        Self::BindAck,
        Self::BindNak,
        Self::AlterContext,
        Self::AlterContextResp,
        Self::Auth3,
        Self::Shutdown,
        Self::CoCancel,
        Self::Orphaned,
    ];

    /// The number in the header.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind with this number, if connection-oriented PDUs have it.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in C706 and MS-RPCE.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Fault => "fault",
            Self::Bind => "bind",
            Self::BindAck => "bind_ack",
            Self::BindNak => "bind_nak",
            Self::AlterContext => "alter_context",
            Self::AlterContextResp => "alter_context_resp",
            Self::Auth3 => "rpc_auth_3",
            Self::Shutdown => "shutdown",
            Self::CoCancel => "co_cancel",
            Self::Orphaned => "orphaned",
        }
    }

    /// Whether the client sends it; otherwise the server does.
    pub const fn is_from_client(self) -> bool {
        matches!(
            self,
            Self::Request | Self::Bind | Self::AlterContext | Self::Auth3 | Self::CoCancel | Self::Orphaned
        )
    }
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

bitflags! {
    /// `pfc_flags` (C706 12.6.3.1, MS-RPCE 2.2.2.3). Unknown bits are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct PfcFlags: u8 {
        /// First fragment of its call.
        const FIRST_FRAG = 0x01;
        /// Last fragment of its call.
        const LAST_FRAG = 0x02;
        /// A cancel was pending at the sender. Means [`PfcFlags::SUPPORT_HEADER_SIGN`] while binding.
        const PENDING_CANCEL = 0x04;
        /// The sender can have several calls open on the connection.
        const CONC_MPX = 0x10;
        /// Fault: the call did not run.
        const DID_NOT_EXECUTE = 0x20;
        /// Request: no response is wanted.
        const MAYBE = 0x40;
        /// Request: an object UUID precedes the stub.
        const OBJECT_UUID = 0x80;
        const _ = !0;
    }
}

impl PfcFlags {
    /// In bind, `bind_ack`, `alter_context`, `alter_context_resp` and `rpc_auth_3`: headers can be signed
    /// (MS-RPCE 2.2.2.3).
    pub const SUPPORT_HEADER_SIGN: Self = Self::PENDING_CANCEL;
    /// An unfragmented PDU.
    pub const WHOLE: Self = Self::FIRST_FRAG.union(Self::LAST_FRAG);
}

/// The common header (C706 12.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind of the PDU.
    pub packet_type: PacketType,
    /// `pfc_flags`.
    pub flags: PfcFlags,
    /// `packed_drep`: how this PDU represents numbers.
    pub label: FormatLabel,
    /// Octets of the whole PDU, header and trailer included. At least [`Header::SIZE`], and enough for the trailer.
    pub frag_length: u16,
    /// Octets of the authentication token, without the 8 octets of the trailer before it; 0 if there is neither.
    pub auth_length: u16,
    /// Number of the call, which its fragments, response and fault share.
    pub call_id: u32,
}

impl Header {
    /// Octets of the header.
    pub const SIZE: usize = 16;

    /// Reads the header at the start of `octets`, which may hold more than the PDU, or less.
    ///
    /// # Errors
    /// If there are fewer than 16 octets, if they are no header of a connection-oriented PDU, or if `frag_length`
    /// has no room for the header and the trailer that `auth_length` asks for.
    pub fn decode(octets: &[u8]) -> Result<Self, PduError> {
        // The label comes before the fields that it governs; until then the order does not matter.
        let mut reader = Reader::new(octets, 0, Endian::Little);
        check_version(reader.array("rpc_vers")?)?;
        let packet_type = read_packet_type(reader.u8("PTYPE")?)?;
        let flags = PfcFlags::from_bits_retain(reader.u8("pfc_flags")?);
        let label = FormatLabel::from_wire(reader.array("packed_drep")?)?;
        let mut reader = Reader::new(reader.rest(), 8, label.endian());
        let header = Self {
            packet_type,
            flags,
            label,
            frag_length: reader.u16("frag_length")?,
            auth_length: reader.u16("auth_length")?,
            call_id: reader.u32("call_id")?,
        };
        header.check_lengths()
    }

    /// Writes the header.
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let [kind, flags] = [self.packet_type.code(), self.flags.bits()];
        let [d0, d1, d2, d3] = self.label.to_wire();
        let ([f0, f1], [a0, a1], [c0, c1, c2, c3]) = match self.label.endian() {
            Endian::Little => {
                (self.frag_length.to_le_bytes(), self.auth_length.to_le_bytes(), self.call_id.to_le_bytes())
            }
            Endian::Big => {
                (self.frag_length.to_be_bytes(), self.auth_length.to_be_bytes(), self.call_id.to_be_bytes())
            }
        };
        [5, 0, kind, flags, d0, d1, d2, d3, f0, f1, a0, a1, c0, c1, c2, c3]
    }

    /// Octets that the security trailer takes with its token: 0 if there is none.
    pub const fn trailer_size(&self) -> usize {
        match self.auth_length {
            0 => 0,
            token => (token as usize).saturating_add(crate::auth::SecurityTrailer::SIZE),
        }
    }

    fn check_lengths(self) -> Result<Self, PduError> {
        let declared = usize::from(self.frag_length);
        let expected = Self::SIZE.saturating_add(self.trailer_size());
        if declared < expected {
            return Err(PduError::new(8, "frag_length", Reason::Length { declared, expected }));
        }
        Ok(self)
    }
}

fn check_version([major, minor]: [u8; 2]) -> Result<(), PduError> {
    match (major, minor) {
        (5, 0) => Ok(()),
        _ => Err(PduError::new(0, "rpc_vers", Reason::Version { major, minor })),
    }
}

fn read_packet_type(code: u8) -> Result<PacketType, PduError> {
    PacketType::from_code(code).ok_or(PduError::new(2, "PTYPE", Reason::PacketType(code)))
}
