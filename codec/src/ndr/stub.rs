//! Operations and the stubs that carry their parameters.

use alloc::vec::Vec;

use super::{EncodeError, Error, Format, Limits, Reader, Uuid, Writer};

/// An interface: what a bind names (C706 12.6.4.3).
pub trait Interface {
    /// The interface UUID.
    const UUID: Uuid;
    /// Major and minor version.
    const VERSION: (u16, u16);
    /// The name in the IDL.
    const NAME: &'static str;
}

/// An operation of an interface, as data: any RPC stack can carry it.
pub trait Operation {
    /// The interface that numbers it.
    type Interface: Interface;
    /// Its place in the interface.
    const OPNUM: u16;
    /// The name in the IDL.
    const NAME: &'static str;
    /// What the client sends.
    type Request<'a>: DecodeStub<'a> + Call<Operation = Self>;
    /// What the server answers.
    type Response<'a>: DecodeStub<'a> + EncodeStub;
}

/// A request, which knows its operation.
pub trait Call: EncodeStub {
    /// The operation that it calls.
    type Operation: Operation;

    /// Decodes what a server answered to this request.
    ///
    /// # Errors
    /// The octets are not a response of this operation.
    fn decode_response<'a>(
        &self,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<<Self::Operation as Operation>::Response<'a>, Error> {
        DecodeStub::decode(stub, format, limits)
    }
}

/// All parameters of one direction of one operation, as they are read (C706 14.4).
pub trait DecodeStub<'de>: Sized {
    /// Reads the parameters in the order of the signature.
    ///
    /// # Errors
    /// The octets are not those of this operation.
    fn read(reader: &mut Reader<'de>) -> Result<Self, Error>;

    /// Decodes a whole stub.
    ///
    /// # Errors
    /// The octets are not those of this operation, or more follow than `limits` lets pass.
    fn decode(stub: &'de [u8], format: Format, limits: &Limits) -> Result<Self, Error> {
        let mut reader = Reader::new(stub, format, limits);
        let value = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }
}

/// All parameters of one direction of one operation, as they are written. Object-safe.
pub trait EncodeStub {
    /// Writes the parameters in the order of the signature.
    ///
    /// # Errors
    /// A value has no form on the wire.
    fn write(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Encodes a whole stub.
    ///
    /// # Errors
    /// A value has no form on the wire.
    fn encode(&self, format: Format) -> Result<Vec<u8>, EncodeError> {
        let mut writer = Writer::new(format);
        self.write(&mut writer)?;
        Ok(writer.into_stub())
    }
}
