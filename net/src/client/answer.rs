//! Answers: responses that own the octets that they borrow from.

use std::fmt;
use std::marker::PhantomData;

use cmrp::ndr::{self, Call, DecodeStub, EncodeStub, Format, Interface, Operation};
use cmrp::{clusapi2, clusapi3};

/// The stub of a response, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawAnswer {
    /// The octets, without anything of the transport.
    pub stub: Vec<u8>,
    /// How to read them.
    pub format: Format,
}

/// What a server answered to a typed request. It was checked against the request when it came.
///
/// The typed response borrows from it: strings and arrays are not copied.
///
/// ```no_run
/// # async fn example(association: cmrp_net::client::Association) -> Result<(), Box<dyn std::error::Error>> {
/// use cmrp::clusapi3::ApiGetClusterNameRequest;
/// let answer = association.call(&ApiGetClusterNameRequest {}).await?;
/// let response = answer.get()?;
/// println!("{:?} on {:?}", response.cluster_name, response.node_name);
/// # Ok(()) }
/// ```
pub struct Answer<O: Operation> {
    raw: RawAnswer,
    operation: PhantomData<fn() -> O>,
}

impl<O: Operation> Answer<O> {
    /// Checks a stub against the request that it answers.
    pub(crate) fn checked<C: Call<Operation = O>>(request: &C, raw: RawAnswer) -> Result<Self, ndr::Error> {
        request.decode_response(&raw.stub, raw.format, &ndr::Limits::DEFAULT)?;
        Ok(Self { raw, operation: PhantomData })
    }

    /// The response.
    ///
    /// # Errors
    /// None: the stub could be decoded when it came.
    pub fn get(&self) -> Result<O::Response<'_>, ndr::Error> {
        DecodeStub::decode(&self.raw.stub, self.raw.format, &ndr::Limits::DEFAULT)
    }

    /// The octets that it is made of.
    pub fn raw(&self) -> &RawAnswer {
        &self.raw
    }

    /// The octets that it is made of.
    pub fn into_raw(self) -> RawAnswer {
        self.raw
    }
}

impl<O: Operation> fmt::Debug for Answer<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("operation", &O::NAME).field("raw", &self.raw).finish()
    }
}

/// One of the two interfaces of ClusAPI, whose requests and responses have an enumeration each.
pub trait ClusApi: Interface {
    /// Any response.
    type Response<'a>;

    /// Decodes a whole stub.
    ///
    /// # Errors
    /// The octets are not those of the operation, or there is none with this number.
    fn decode_response(opnum: u16, stub: &[u8], format: Format) -> Result<Self::Response<'_>, ndr::Error>;
}

/// A request of any operation, as a value: `cmrp::clusapi3::Request` or `cmrp::clusapi2::Request`.
pub trait AnyRequest: EncodeStub {
    /// The interface that it is of.
    type Interface: ClusApi;

    /// The number of its operation.
    fn number(&self) -> u16;

    /// Checks that a stub is a response to it.
    ///
    /// # Errors
    /// It is not.
    fn check(&self, stub: &[u8], format: Format) -> Result<(), ndr::Error>;
}

macro_rules! clus_api {
    ($api:ident, $interface:ident) => {
        impl ClusApi for $api::$interface {
            type Response<'a> = $api::Response<'a>;

            fn decode_response(
                opnum: u16,
                stub: &[u8],
                format: Format,
            ) -> Result<Self::Response<'_>, ndr::Error> {
                $api::Response::decode(opnum, stub, format, &ndr::Limits::DEFAULT)
            }
        }

        impl AnyRequest for $api::Request<'_> {
            type Interface = $api::$interface;

            fn number(&self) -> u16 {
                self.opnum()
            }

            fn check(&self, stub: &[u8], format: Format) -> Result<(), ndr::Error> {
                self.decode_response(stub, format, &ndr::Limits::DEFAULT).map(drop)
            }
        }
    };
}

clus_api!(clusapi2, Clusapi2);
clus_api!(clusapi3, Clusapi3);

/// What a server answered to a request of any operation.
pub struct AnyAnswer<I: ClusApi> {
    opnum: u16,
    raw: RawAnswer,
    interface: PhantomData<fn() -> I>,
}

impl<I: ClusApi> AnyAnswer<I> {
    pub(crate) fn checked<R: AnyRequest<Interface = I>>(
        request: &R,
        raw: RawAnswer,
    ) -> Result<Self, ndr::Error> {
        request.check(&raw.stub, raw.format)?;
        Ok(Self { opnum: request.number(), raw, interface: PhantomData })
    }

    /// The response.
    ///
    /// # Errors
    /// None: the stub could be decoded when it came.
    pub fn get(&self) -> Result<I::Response<'_>, ndr::Error> {
        I::decode_response(self.opnum, &self.raw.stub, self.raw.format)
    }

    /// The number of the operation.
    pub fn opnum(&self) -> u16 {
        self.opnum
    }

    /// The octets that it is made of.
    pub fn raw(&self) -> &RawAnswer {
        &self.raw
    }
}

impl<I: ClusApi> fmt::Debug for AnyAnswer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyAnswer").field("opnum", &self.opnum).field("raw", &self.raw).finish()
    }
}
