//! Operations and the stubs that carry their parameters.

use alloc::vec::Vec;

#[cfg(feature = "arbitrary")]
use super::arbitrary::{self, Unstructured, Vary};
use super::{EncodeError, Error, Format, InField, Limits, Reader, TargetLevel, Uuid, Writer};

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

    /// Compares a response with this request: the sizes of its arrays that the request states (MS-RPCE 3.1.2.7.1).
    ///
    /// # Errors
    /// A size is not the one that was asked for. The error's offset is 0.
    fn check_response(&self, _: &<Self::Operation as Operation>::Response<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// Decodes what a server answered to this request, and [compares](Self::check_response) it with the request.
    ///
    /// # Errors
    /// The octets are not a response of this operation, or not one to this request.
    fn decode_response<'a>(
        &self,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<<Self::Operation as Operation>::Response<'a>, Error> {
        let response = DecodeStub::decode(stub, format, limits)?;
        self.check_response(&response)?;
        Ok(response)
    }
}

/// All parameters of one direction of one operation, as they are read (C706 14.4).
pub trait DecodeStub<'de>: Sized {
    /// How strictly the interface wants its stubs to be checked, unless [`Limits::level`] says otherwise.
    const LEVEL: TargetLevel = TargetLevel::Level5;

    /// Reads the parameters in the order of the signature.
    ///
    /// # Errors
    /// The octets are not those of this operation.
    fn read(reader: &mut Reader<'de>) -> Result<Self, Error>;

    /// Decodes a whole stub.
    ///
    /// # Errors
    /// The octets are not those of this operation, or more follow than `limits` lets pass.
    #[inline]
    fn decode(stub: &'de [u8], format: Format, limits: &Limits) -> Result<Self, Error> {
        let limits = limits.with_level(limits.level.unwrap_or(Self::LEVEL));
        let mut reader = Reader::new(stub, format, &limits);
        let value = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(value)
    }

    /// Decodes a whole stub as far as it has a meaning, and says which rules it breaks. It never panics and never
    /// reserves more than a strict decode.
    ///
    /// A string ends at its first zero character, missing gaps are not missed, arrays hold what is sent, and where
    /// a count contradicts its array, the array is right.
    ///
    /// # Errors
    /// The octets have no meaning, or break more than [`MAX_FORGIVEN`] rules.
    fn decode_lenient(stub: &'de [u8], format: Format, limits: &Limits) -> Result<(Self, Vec<Error>), Error> {
        let limits = limits.with_level(limits.level.unwrap_or(Self::LEVEL));
        lenient(|forgiven| {
            let mut reader = Reader::new(stub, format, &limits).forgiving(forgiven);
            let value = Self::read(&mut reader).and_then(|value| reader.finish().map(|()| value));
            (value, reader.into_forgiven())
        })
    }
}

/// Breaches that a lenient decode forgives. Each costs one more reading of the stub.
pub const MAX_FORGIVEN: usize = 16;

/// Reads again and again, each time with one more error forgiven, so that every breach is told with its path.
fn lenient<T>(
    mut read: impl FnMut(Vec<Error>) -> (Result<T, Error>, Vec<Error>),
) -> Result<(T, Vec<Error>), Error> {
    let mut forgiven = Vec::new();
    loop {
        let (result, known) = read(forgiven);
        forgiven = known;
        match result {
            Ok(value) => return Ok((value, forgiven)),
            Err(error) if error.kind().is_forgivable() && forgiven.len() < MAX_FORGIVEN => {
                forgiven.push(error);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Octets that most stubs do not exceed.
const TYPICAL_STUB: usize = 256;

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
        let mut writer = Writer::with_room(TYPICAL_STUB, format);
        self.write(&mut writer)?;
        Ok(writer.into_stub())
    }
}

/// The request of a reserved slot: a signature without parameters that only keeps the opnums behind it in place.
///
/// A client must not send it. It is here so that what is seen on a wire can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReservedRequest {
    /// The slot.
    pub opnum: u16,
}

/// The response of a reserved slot: a status and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReservedResponse {
    /// The slot.
    pub opnum: u16,
    /// The function result; `RPC_S_PROCNUM_OUT_OF_RANGE` (0x6D1) where MS-CMRP 3.1.4.2 has an opinion.
    pub return_value: u32,
}

impl ReservedRequest {
    /// Decodes a whole stub.
    ///
    /// # Errors
    /// More octets follow than `limits` lets pass.
    pub fn decode(opnum: u16, stub: &[u8], format: Format, limits: &Limits) -> Result<Self, Error> {
        Reader::new(stub, format, limits).finish()?;
        Ok(Self { opnum })
    }
}

impl ReservedResponse {
    /// Decodes a whole stub.
    ///
    /// # Errors
    /// Too few octets are left, or more follow than `limits` lets pass.
    pub fn decode(opnum: u16, stub: &[u8], format: Format, limits: &Limits) -> Result<Self, Error> {
        let mut reader = Reader::new(stub, format, limits);
        let return_value = reader.u32().field(&"return")?;
        reader.finish()?;
        Ok(Self { opnum, return_value })
    }
}

impl EncodeStub for ReservedRequest {
    fn write(&self, _: &mut Writer) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl EncodeStub for ReservedResponse {
    fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.return_value).field(&"return")
    }
}

#[cfg(feature = "arbitrary")]
impl ReservedRequest {
    /// The request of a slot.
    ///
    /// # Errors
    /// None.
    pub const fn arbitrary(opnum: u16, _: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        Ok(Self { opnum })
    }

    /// Nothing can be changed.
    ///
    /// # Errors
    /// None.
    pub const fn vary(&mut self, _: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        Ok(())
    }
}

#[cfg(feature = "arbitrary")]
impl ReservedResponse {
    /// A response of a slot.
    ///
    /// # Errors
    /// None today: where choices end, they are zeros.
    pub fn arbitrary(opnum: u16, choices: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        arbitrary::number(choices).map(|return_value| Self { opnum, return_value })
    }

    /// Changes the status.
    ///
    /// # Errors
    /// As [`arbitrary`](Self::arbitrary).
    pub fn vary(&mut self, choices: &mut Unstructured<'_>) -> arbitrary::Result<()> {
        Vary::vary(&mut self.return_value, choices)
    }
}
