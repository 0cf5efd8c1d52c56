//! Associations: typed calls over as many connections as they need.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cmrp::ndr::{Call, Format};

use super::answer::{Answer, AnyAnswer, AnyRequest, RawAnswer};
use super::{CallError, ConnectError, Options};

/// An association with one server: handles are those of an association, whichever of its connections a call takes
/// (MS-RPCE 3.3.1.4.1).
///
/// A clone is another name for the same association. When the last one is dropped, all connections close, and the
/// server closes the handles.
#[derive(Clone, Debug)]
pub struct Association {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    server: SocketAddr,
    format: Format,
}

/// What is special about one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// It may wait for ever, as the methods that get events do: it has no deadline, and no other call waits for it.
    pub waits: bool,
    /// A deadline of its own instead of [`Options::call_deadline`].
    pub deadline: Option<Duration>,
}

impl Association {
    /// Makes an association with a server: `host:port`, or `host` if its port is to be asked of its endpoint mapper
    /// (or is [`Options::port`]).
    ///
    /// # Errors
    /// There is no such server, or it does not take the bind.
    pub async fn connect(server: &str, options: &Options) -> Result<Self, ConnectError> {
        let _ = (server, options);
        todo!()
    }

    /// Calls the operation that the type of `request` names. An operation that [waits](Self::wait) does.
    ///
    /// Dropping the future cancels the call: the server is told, and other calls go on.
    ///
    /// # Errors
    /// There is no response, or a malformed one. Codes in a response are no errors.
    pub async fn call<C: Call + Sync>(&self, request: &C) -> Result<Answer<C::Operation>, CallError> {
        let _ = request;
        todo!()
    }

    /// As [`call`](Self::call), of a request that is known at run time only.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_any<R: AnyRequest + Sync>(
        &self,
        request: &R,
    ) -> Result<AnyAnswer<R::Interface>, CallError> {
        let _ = request;
        todo!()
    }

    /// Calls an operation by number with a stub that was encoded in the association's [`format`](Self::format).
    ///
    /// # Errors
    /// As [`call`](Self::call), but that nothing is decoded.
    pub async fn call_raw(
        &self,
        opnum: u16,
        stub: &[u8],
        options: CallOptions,
    ) -> Result<RawAnswer, CallError> {
        let _ = (opnum, stub, options);
        todo!()
    }

    /// As [`call`](Self::call), without a deadline.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn wait<C: Call + Sync>(&self, request: &C) -> Result<Answer<C::Operation>, CallError> {
        let _ = request;
        todo!()
    }

    /// The format of requests.
    pub fn format(&self) -> Format {
        self.inner.format
    }

    /// Where the server is.
    pub fn server(&self) -> SocketAddr {
        self.inner.server
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Waits until the association has no connection left: the server is gone, and all handles with it.
    pub async fn ended(&self) {
        todo!()
    }
}
