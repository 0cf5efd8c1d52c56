//! Context handles.

use core::fmt;

use super::landmark::LandmarkKind;
use super::{EncodeError, Error, Reader, Uuid, Writer};

/// What a context handle is on the wire: 20 octets aligned to 4, in every format (C706 Appendix N).
///
/// To a client it is one opaque token. Windows servers write 0 into `attributes` (MS-RPCE 2.2.1.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContextHandle {
    /// `context_handle_attributes`.
    pub attributes: u32,
    /// `context_handle_uuid`.
    pub uuid: Uuid,
}

impl ContextHandle {
    /// 20 zero octets: no handle.
    pub const NULL: Self = Self { attributes: 0, uuid: Uuid::NIL };

    /// Whether all 20 octets are zero.
    pub fn is_null(&self) -> bool {
        *self == Self::NULL
    }
}

impl fmt::Display for ContextHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attributes != 0 {
            write!(f, "{:#x}:", self.attributes)?;
        }
        self.uuid.fmt(f)
    }
}

/// A kind of context handle that an interface declares. Values are never null; `Option` adds that.
pub trait Handle: Copy {
    /// A handle of this kind, unless the token is null.
    fn new(token: ContextHandle) -> Option<Self>;

    /// What stands on the wire.
    fn token(self) -> ContextHandle;
}

impl Reader<'_> {
    /// Reads a context handle of one kind; `None` when it is null.
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn handle<H: Handle>(&mut self) -> Result<Option<H>, Error> {
        let attributes = self.u32()?;
        let uuid = self.uuid()?;
        Ok(H::new(ContextHandle { attributes, uuid }))
    }
}

impl Writer {
    /// Writes a context handle; 20 zero octets for `None`.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn handle<H: Handle>(&mut self, handle: Option<H>) -> Result<(), EncodeError> {
        let token = handle.map_or(ContextHandle::NULL, H::token);
        self.mark_aligned(LandmarkKind::Handle, 4, 20);
        self.u32(token.attributes)?;
        self.uuid(token.uuid)
    }
}
