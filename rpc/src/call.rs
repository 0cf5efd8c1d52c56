//! Bodies of the PDUs of a call (C706 12.6.4.7, 12.6.4.9, 12.6.4.10).

use cmrp::ndr::Uuid;

use crate::error::PduError;
use crate::octets::{Reader, Writer};

/// Body of a request (C706 12.6.4.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// 0, or the octets of stub in this and the later fragments. A hint: nothing is reserved by it.
    pub alloc_hint: u32,
    /// `p_cont_id`: the presentation context, hence the interface and transfer syntax.
    pub context_id: u16,
    /// Number of the operation in its interface.
    pub opnum: u16,
    /// The object that is called. Its presence decides [`crate::PfcFlags::OBJECT_UUID`] on encode.
    pub object: Option<Uuid>,
    /// This fragment's part of the stub; ciphertext at level privacy.
    pub stub: &'a [u8],
}

impl<'a> Request<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, has_object: bool) -> Result<Self, PduError> {
        Ok(Self {
            alloc_hint: reader.u32("alloc_hint")?,
            context_id: reader.u16("p_cont_id")?,
            opnum: reader.u16("opnum")?,
            object: if has_object { Some(reader.uuid("object")?) } else { None },
            stub: reader.rest(),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.u16(self.opnum);
        if let Some(object) = self.object {
            writer.uuid(object);
        }
        writer.raw(self.stub);
    }
}

/// Body of a response (C706 12.6.4.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// 0, or the octets of stub in this and the later fragments.
    pub alloc_hint: u32,
    /// `p_cont_id` of the request.
    pub context_id: u16,
    /// Cancels that the server has seen for the call.
    pub cancel_count: u8,
    /// This fragment's part of the stub; ciphertext at level privacy.
    pub stub: &'a [u8],
}

impl<'a> Response<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, PduError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let cancel_count = reader.u8("cancel_count")?;
        reader.u8("reserved")?;
        Ok(Self { alloc_hint, context_id, cancel_count, stub: reader.rest() })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.u8(self.cancel_count);
        writer.u8(0);
        writer.raw(self.stub);
    }
}

/// Body of a fault (C706 12.6.4.7, MS-RPCE 2.2.2.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// 0x20 and the octets of `extended` if there are any; otherwise of no meaning.
    pub alloc_hint: u32,
    /// `p_cont_id` of the request.
    pub context_id: u16,
    /// Cancels that the server has seen for the call.
    pub cancel_count: u8,
    /// Bit 0: extended error information follows.
    pub fault_flags: u8,
    /// Why the call failed; see [`crate::status`].
    pub status: u32,
    /// What follows the fixed fields: extended error information (MS-EERR) if `fault_flags` says so.
    pub extended: &'a [u8],
}

impl<'a> Fault<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, PduError> {
        let alloc_hint = reader.u32("alloc_hint")?;
        let context_id = reader.u16("p_cont_id")?;
        let cancel_count = reader.u8("cancel_count")?;
        let fault_flags = reader.u8("reserved")?;
        let status = reader.u32("status")?;
        reader.array::<4>("reserved2")?;
        Ok(Self { alloc_hint, context_id, cancel_count, fault_flags, status, extended: reader.rest() })
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.u32(self.alloc_hint);
        writer.u16(self.context_id);
        writer.u8(self.cancel_count);
        writer.u8(self.fault_flags);
        writer.u32(self.status);
        writer.u32(0);
        writer.raw(self.extended);
    }
}
