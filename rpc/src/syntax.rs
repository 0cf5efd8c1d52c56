//! Abstract and transfer syntaxes, and how a connection agrees on them (C706 12.6.3.1, MS-RPCE 3.3.1.5.3, 3.3.1.5.6).

use alloc::vec::Vec;
use core::fmt;

use bitflags::bitflags;
use cmrp::ndr::{Format, Interface, Uuid};

use crate::error::PduError;
use crate::octets::{Reader, Writer};

/// Name and version of an interface or of a transfer syntax: `p_syntax_id_t` (C706 12.6.3.1), 20 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SyntaxId {
    /// Which interface or syntax.
    pub uuid: Uuid,
    /// Major version, the low 16 bits of `if_version`.
    pub major: u16,
    /// Minor version, the high 16 bits.
    pub minor: u16,
}

impl SyntaxId {
    /// NDR 2.0 (MS-RPCE 2.2.4.12).
    pub const NDR20: Self = Self::new(Format::NDR20_SYNTAX, 2, 0);
    /// NDR64 1.0 (MS-RPCE 2.2.5.1).
    pub const NDR64: Self = Self::new(Format::NDR64_SYNTAX, 1, 0);
    /// Twenty zero octets: the transfer syntax of a result that accepts nothing.
    pub const NIL: Self = Self::new(Uuid::NIL, 0, 0);

    /// Octets on the wire.
    pub const SIZE: usize = 20;

    /// Makes a syntax of its parts.
    pub const fn new(uuid: Uuid, major: u16, minor: u16) -> Self {
        Self { uuid, major, minor }
    }

    /// The syntax of an interface.
    pub const fn of<I: Interface>() -> Self {
        let (major, minor) = I::VERSION;
        Self::new(I::UUID, major, minor)
    }

    /// Whether a server of this interface serves clients of another: it has to be the same one, of the same major
    /// version and of no higher minor version (C706 6.1.2).
    ///
    /// ```
    /// use cmrp::ndr::Uuid;
    /// use dcerpc_proto::SyntaxId;
    ///
    /// let version = |major, minor| SyntaxId::new(Uuid::NIL, major, minor);
    /// assert!(version(3, 1).serves(version(3, 0)));
    /// assert!(!version(3, 1).serves(version(3, 2)));
    /// assert!(!version(3, 1).serves(version(2, 0)));
    /// ```
    pub fn serves(self, client: Self) -> bool {
        self.uuid == client.uuid && self.major == client.major && self.minor >= client.minor
    }

    pub(crate) fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, PduError> {
        let uuid = reader.uuid(field)?;
        let [major, minor] = halves(reader.u32(field)?);
        Ok(Self { uuid, major, minor })
    }

    pub(crate) fn write(self, writer: &mut Writer) {
        writer.uuid(self.uuid);
        writer.u32(u32::from(self.major) | u32::from(self.minor) << 16);
    }
}

/// Low and high 16 bits.
const fn halves(version: u32) -> [u16; 2] {
    let [a, b, c, d] = version.to_le_bytes();
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}

impl fmt::Display for SyntaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} v{}.{}", self.uuid, self.major, self.minor)
    }
}

bitflags! {
    /// What a side of the connection offers or accepts at bind time (MS-RPCE 2.2.2.14, 3.3.1.5.3).
    /// Unknown bits are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct BindFeatures: u64 {
        /// Several security contexts on one connection.
        const SECURITY_CONTEXT_MULTIPLEXING = 0x01;
        /// The connection is kept after an orphaned PDU.
        const KEEP_CONNECTION_ON_ORPHAN = 0x02;
        const _ = !0;
    }
}

impl BindFeatures {
    /// First three fields of the transfer syntax that stands for an offer; the other 8 octets are the bit mask.
    const PREFIX: (u32, u16, u16) = (0x6cb7_1c2c, 0x9812, 0x4540);

    /// The offer in a transfer syntax that stands for one instead of naming a syntax.
    pub fn from_syntax(syntax: SyntaxId) -> Option<Self> {
        let uuid = syntax.uuid;
        let is_offer = (uuid.data1, uuid.data2, uuid.data3) == Self::PREFIX && syntax.major == 1;
        is_offer.then(|| Self::from_bits_retain(u64::from_le_bytes(uuid.data4)))
    }

    /// The transfer syntax that stands for this offer.
    pub const fn to_syntax(self) -> SyntaxId {
        let (data1, data2, data3) = Self::PREFIX;
        SyntaxId::new(Uuid::new(data1, data2, data3, self.bits().to_le_bytes()), 1, 0)
    }
}

/// One element of a bind or `alter_context`: an interface and the transfer syntaxes that the client can use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentationContext {
    /// `p_cont_id`: what requests will name this context by, if it is accepted.
    pub id: u16,
    /// The interface.
    pub abstract_syntax: SyntaxId,
    /// Up to 255 transfer syntaxes; the only one may be an offer of [`BindFeatures`].
    pub transfer_syntaxes: Vec<SyntaxId>,
}

impl PresentationContext {
    /// Octets of an element without transfer syntaxes.
    pub(crate) const MIN_SIZE: usize = 24;

    /// The features that this element offers, if it is there for that (MS-RPCE 3.3.1.5.3).
    pub fn features(&self) -> Option<BindFeatures> {
        self.transfer_syntaxes.iter().find_map(|syntax| BindFeatures::from_syntax(*syntax))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, PduError> {
        let id = reader.u16("p_cont_id")?;
        let reserved_and_syntax = SyntaxId::SIZE.saturating_add(1);
        let count = reader.count(reserved_and_syntax, SyntaxId::SIZE, "n_transfer_syn")?;
        reader.u8("reserved")?;
        let abstract_syntax = SyntaxId::read(reader, "abstract_syntax")?;
        let transfer_syntaxes =
            (0..count).map(|_| SyntaxId::read(reader, "transfer_syntaxes")).collect::<Result<_, _>>()?;
        Ok(Self { id, abstract_syntax, transfer_syntaxes })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), PduError> {
        writer.u16(self.id);
        writer.count(self.transfer_syntaxes.len(), "n_transfer_syn")?;
        writer.u8(0);
        self.abstract_syntax.write(writer);
        self.transfer_syntaxes.iter().for_each(|syntax| syntax.write(writer));
        Ok(())
    }
}

/// The server's answer to one presentation context: `p_result_t` (C706 12.6.3.1), 24 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextResult {
    /// `result`: [`ContextResult::ACCEPTANCE`] and its siblings.
    pub result: u16,
    /// `reason` of a rejection; the accepted [`BindFeatures`] of a negotiate ack.
    pub reason: u16,
    /// The accepted transfer syntax; [`SyntaxId::NIL`] unless accepted.
    pub transfer_syntax: SyntaxId,
}

impl ContextResult {
    /// The context is accepted.
    pub const ACCEPTANCE: u16 = 0;
    /// The server program refuses it.
    pub const USER_REJECTION: u16 = 1;
    /// The server's runtime refuses it.
    pub const PROVIDER_REJECTION: u16 = 2;
    /// Answer to an offer of features (MS-RPCE 2.2.2.4).
    pub const NEGOTIATE_ACK: u16 = 3;

    /// Reason of a provider rejection: the server does not know the interface.
    pub const ABSTRACT_SYNTAX: u16 = 1;
    /// Reason of a provider rejection: the server does not know the transfer syntaxes, or has chosen another one.
    pub const TRANSFER_SYNTAXES: u16 = 2;
    /// Reason of a provider rejection: there are too many contexts.
    pub const LOCAL_LIMIT: u16 = 3;

    /// Octets on the wire.
    pub(crate) const SIZE: usize = 24;

    /// Whether requests may name the context.
    pub const fn is_accepted(&self) -> bool {
        self.result == Self::ACCEPTANCE
    }

    /// The features that both sides have, if this answers an offer.
    pub fn features(&self) -> Option<BindFeatures> {
        (self.result == Self::NEGOTIATE_ACK).then(|| BindFeatures::from_bits_retain(self.reason.into()))
    }

    /// Name of `result` in C706 and MS-RPCE.
    pub const fn result_name(&self) -> &'static str {
        match self.result {
            Self::ACCEPTANCE => "acceptance",
            Self::USER_REJECTION => "user_rejection",
            Self::PROVIDER_REJECTION => "provider_rejection",
            Self::NEGOTIATE_ACK => "negotiate_ack",
            _ => "unknown result",
        }
    }

    /// Name of `reason`, which means something in a provider rejection only.
    pub const fn reason_name(&self) -> &'static str {
        match self.reason {
            0 => "reason not specified",
            1 => "abstract syntax not supported",
            2 => "proposed transfer syntaxes not supported",
            3 => "local limit exceeded",
            _ => "unknown reason",
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, PduError> {
        Ok(Self {
            result: reader.u16("result")?,
            reason: reader.u16("reason")?,
            transfer_syntax: SyntaxId::read(reader, "transfer_syntax")?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u16(self.result);
        writer.u16(self.reason);
        self.transfer_syntax.write(writer);
    }
}
