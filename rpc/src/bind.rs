//! Bodies of the PDUs that set a connection up (C706 12.6.4.1 to 12.6.4.5).

use alloc::vec::Vec;

use cmrp::ndr::Uuid;

use crate::error::PduError;
use crate::label::FormatLabel;
use crate::octets::{Reader, Writer};
use crate::syntax::{ContextResult, PresentationContext};

/// Octets of a fragment that every implementation accepts (C706 12.6.3.1). Less is not agreed on.
pub const MIN_FRAGMENT: u16 = 1432;

/// Body of a bind or `alter_context` (C706 12.6.4.3, 12.6.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// Largest fragment that the client will send, in octets.
    pub max_xmit_frag: u16,
    /// Largest fragment that the client accepts, in octets.
    pub max_recv_frag: u16,
    /// The association to join; 0 asks for a new one.
    pub assoc_group_id: u32,
    /// Up to 255 presentation contexts.
    pub contexts: Vec<PresentationContext>,
}

impl Bind {
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, PduError> {
        Ok(Self {
            max_xmit_frag: reader.u16("max_xmit_frag")?,
            max_recv_frag: reader.u16("max_recv_frag")?,
            assoc_group_id: reader.u32("assoc_group_id")?,
            contexts: read_contexts(reader)?,
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), PduError> {
        writer.u16(self.max_xmit_frag);
        writer.u16(self.max_recv_frag);
        writer.u32(self.assoc_group_id);
        writer.count(self.contexts.len(), "n_context_elem")?;
        writer.raw(&[0; 3]);
        self.contexts.iter().try_for_each(|context| context.write(writer))
    }
}

fn read_contexts(reader: &mut Reader<'_>) -> Result<Vec<PresentationContext>, PduError> {
    let count = reader.count(3, PresentationContext::MIN_SIZE, "n_context_elem")?;
    reader.array::<3>("reserved")?;
    (0..count).map(|_| PresentationContext::read(reader)).collect()
}

/// Body of a `bind_ack` or `alter_context_resp` (C706 12.6.4.4, 12.6.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindAck<'a> {
    /// Largest fragment that the server will send, in octets.
    pub max_xmit_frag: u16,
    /// Largest fragment that the server accepts, in octets.
    pub max_recv_frag: u16,
    /// The association that the connection belongs to.
    pub assoc_group_id: u32,
    /// `sec_addr` as it is on the wire: the port as text with its NUL, or nothing.
    pub secondary_address: &'a [u8],
    /// Answers to the proposed contexts, in their order.
    pub results: Vec<ContextResult>,
}

impl<'a> BindAck<'a> {
    /// The secondary address without its NUL, if it is text.
    pub fn port(&self) -> Option<&'a str> {
        let text = self.secondary_address.strip_suffix(&[0]).unwrap_or(self.secondary_address);
        core::str::from_utf8(text).ok()
    }

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, PduError> {
        let max_xmit_frag = reader.u16("max_xmit_frag")?;
        let max_recv_frag = reader.u16("max_recv_frag")?;
        let assoc_group_id = reader.u32("assoc_group_id")?;
        let address_length = usize::from(reader.u16("sec_addr.length")?);
        let secondary_address = reader.take(address_length, "sec_addr")?;
        reader.align4("p_result_list")?;
        let results = read_results(reader)?;
        Ok(Self { max_xmit_frag, max_recv_frag, assoc_group_id, secondary_address, results })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), PduError> {
        writer.u16(self.max_xmit_frag);
        writer.u16(self.max_recv_frag);
        writer.u32(self.assoc_group_id);
        writer.length(self.secondary_address.len(), "sec_addr.length")?;
        writer.raw(self.secondary_address);
        writer.align4();
        writer.count(self.results.len(), "n_results")?;
        writer.raw(&[0; 3]);
        self.results.iter().for_each(|result| result.write(writer));
        Ok(())
    }
}

fn read_results(reader: &mut Reader<'_>) -> Result<Vec<ContextResult>, PduError> {
    let count = reader.count(3, ContextResult::SIZE, "n_results")?;
    reader.array::<3>("reserved")?;
    (0..count).map(|_| ContextResult::read(reader)).collect()
}

/// Body of a `bind_nak` (C706 12.6.4.5, MS-RPCE 2.2.2.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindNak<'a> {
    /// `provider_reject_reason`.
    pub reason: u16,
    /// Protocol versions that the server knows: major and minor. Up to 255.
    pub versions: Vec<[u8; 2]>,
    /// Whatever follows: nothing, padding, or extended error information.
    pub rest: &'a [u8],
}

impl<'a> BindNak<'a> {
    /// Says that extended error information follows (MS-RPCE 2.2.1.1.2).
    pub const EXTENDED_ERROR: Uuid =
        Uuid::new(0x9074_0320, 0xfad0, 0x11d3, [0x82, 0xd7, 0x00, 0x90, 0x27, 0xb1, 0x30, 0xab]);

    /// Reason: none of the others, such as an association group that does not exist.
    pub const NOT_SPECIFIED: u16 = 0;
    /// Reason: the server has too much to do now.
    pub const CONGESTION: u16 = 1;
    /// Reason: the server has too much of something.
    pub const LOCAL_LIMIT: u16 = 2;
    /// Reason: the bind broke a rule of the protocol (MS-RPCE 2.2.2.5).
    pub const PROTOCOL: u16 = 4;
    /// Reason: the server does not know the security provider.
    pub const AUTHENTICATION_TYPE: u16 = 8;

    /// Name of the reason (C706 12.6.3.1, MS-RPCE 2.2.2.5).
    pub const fn reason_name(&self) -> &'static str {
        match self.reason {
            0 => "reason not specified",
            1 => "temporary congestion",
            2 => "local limit exceeded",
            4 => "protocol version not supported",
            8 => "authentication type not recognized",
            9 => "invalid checksum",
            _ => "unknown reason",
        }
    }

    /// The extended error information (MS-EERR) after its signature, under the label of the PDU.
    ///
    /// Up to three octets of padding before the signature are skipped: the sources do not say whether it is aligned.
    pub fn extended_error(&self, label: FormatLabel) -> Option<&'a [u8]> {
        let signature = Self::EXTENDED_ERROR.to_wire(label.endian());
        (0..4_usize).find_map(|gap| self.rest.get(gap..)?.strip_prefix(&signature))
    }

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, PduError> {
        let reason = reader.u16("provider_reject_reason")?;
        let count = reader.count(0, 2, "n_protocols")?;
        let versions = (0..count).map(|_| reader.array("p_protocols")).collect::<Result<_, _>>()?;
        Ok(Self { reason, versions, rest: reader.rest() })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), PduError> {
        writer.u16(self.reason);
        writer.count(self.versions.len(), "n_protocols")?;
        self.versions.iter().for_each(|version| writer.raw(version));
        writer.raw(self.rest);
        Ok(())
    }
}
