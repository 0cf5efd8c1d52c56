//! Associations: typed calls over as many connections as they need.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cmrp::ndr::{Call, EncodeStub, Format, Operation};
use cmrp::{clusapi2, clusapi3};
use dcerpc_proto::SyntaxId;
use tokio::time::timeout;

use super::answer::{Answer, AnyAnswer, AnyRequest, RawAnswer};
use super::pool::Pool;
use super::{CallError, ConnectError, Options, address};

/// An association with one server: handles are those of an association, whichever of its connections a call takes
/// (MS-RPCE 3.3.1.4.1).
///
/// A clone is another name for the same association. When the last one is dropped, all connections close, and the
/// server closes the handles.
///
/// # Connections
///
/// A call that does not share a connection ([`Options::multiplexing`]) has one to itself. If none is free, another one
/// joins the association, up to [`Limits::connections`](super::Limits::connections) for calls that do not wait, which
/// then take turns. Calls that wait for events have one more connection each, so that they block nobody.
///
/// # Cancelling
///
/// A future of a call can be dropped at any time, and is when a deadline passes. The server is told that nobody waits
/// for the answer; other calls, handles and the association stay as they are. Whether the call was carried out is
/// unknown then.
#[derive(Clone)]
pub struct Association {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Arc<Pool>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pool.end();
    }
}

/// What is special about one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// It may wait for ever, as the methods that get events do: it has no deadline unless it is given one here, and
    /// no other call waits for it.
    pub waits: bool,
    /// A deadline of its own instead of [`Options::call_deadline`].
    pub deadline: Option<Duration>,
}

impl CallOptions {
    /// Sets [`waits`](Self::waits).
    #[must_use]
    pub fn waiting(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Sets [`deadline`](Self::deadline).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What an operation asks for: those that get events wait.
    fn of(interface: SyntaxId, opnum: u16) -> Self {
        Self { waits: is_get(interface, opnum), deadline: None }
    }
}

impl Association {
    /// Makes an association with a server: `host:port`, or `host` if its port is to be asked of its endpoint mapper
    /// (or is [`Options::port`]).
    ///
    /// # Errors
    /// There is no such server, or it does not take the bind.
    pub async fn connect(server: &str, options: &Options) -> Result<Self, ConnectError> {
        let connected = timeout(options.connect_deadline, async {
            let addresses = address::locate(server, options).await?;
            Self::connect_to(&addresses, options).await
        });
        connected.await.unwrap_or(Err(ConnectError::Deadline(options.connect_deadline)))
    }

    /// Makes an association with the first of some addresses that answers, without a deadline for all of it.
    pub(crate) async fn connect_to(
        addresses: &[SocketAddr],
        options: &Options,
    ) -> Result<Self, ConnectError> {
        let pool = Pool::connect(addresses, options).await?;
        Ok(Self { inner: Arc::new(Inner { pool }) })
    }

    /// Calls the operation that the type of `request` names. The methods that get events (`ApiGetNotify`,
    /// `ApiGetNotifyV2`, `ApiGetNotifyAsync`) may wait for ever; all others have
    /// [`Options::call_deadline`].
    ///
    /// Dropping the future cancels the call: the server is told, and other calls go on.
    ///
    /// # Errors
    /// There is no response, or a malformed one. Codes in a response are no errors.
    pub async fn call<C: Call + Sync>(&self, request: &C) -> Result<Answer<C::Operation>, CallError> {
        self.call_with(request, CallOptions::of(syntax::<C>(), C::Operation::OPNUM)).await
    }

    /// As [`call`](Self::call), without a deadline.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn wait<C: Call + Sync>(&self, request: &C) -> Result<Answer<C::Operation>, CallError> {
        self.call_with(request, CallOptions::default().waiting()).await
    }

    /// As [`call`](Self::call), with options of its own.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_with<C: Call + Sync>(
        &self,
        request: &C,
        options: CallOptions,
    ) -> Result<Answer<C::Operation>, CallError> {
        let stub = self.encode(syntax::<C>(), request)?;
        let raw = self.send(C::Operation::OPNUM, stub, options).await?;
        Answer::checked(request, raw).map_err(CallError::Response)
    }

    /// As [`call`](Self::call), of a request that is known at run time only.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_any<R: AnyRequest + Sync>(
        &self,
        request: &R,
    ) -> Result<AnyAnswer<R::Interface>, CallError> {
        let interface = SyntaxId::of::<R::Interface>();
        let options = CallOptions::of(interface, request.number());
        let stub = self.encode(interface, request)?;
        let raw = self.send(request.number(), stub, options).await?;
        AnyAnswer::checked(request, raw).map_err(CallError::Response)
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
        self.send(opnum, stub.to_vec(), options).await
    }

    fn encode<R: EncodeStub + ?Sized>(&self, interface: SyntaxId, request: &R) -> Result<Vec<u8>, CallError> {
        if interface != self.options().interface {
            return Err(CallError::WrongInterface);
        }
        request.encode(self.format()).map_err(CallError::Encode)
    }

    async fn send(&self, opnum: u16, stub: Vec<u8>, options: CallOptions) -> Result<RawAnswer, CallError> {
        let pool = &self.inner.pool;
        let call = pool.call(opnum, stub, options.waits);
        let usual = (!options.waits).then_some(pool.options().call_deadline);
        match options.deadline.or(usual) {
            None => call.await,
            Some(deadline) => timeout(deadline, call).await.unwrap_or(Err(CallError::Deadline(deadline))),
        }
    }

    /// The format of requests.
    pub fn format(&self) -> Format {
        self.inner.pool.format()
    }

    /// Where the server is.
    pub fn server(&self) -> SocketAddr {
        self.inner.pool.server()
    }

    /// What it was made with.
    pub fn options(&self) -> &Options {
        self.inner.pool.options()
    }

    /// TCP connections that it has now. None: it has ended, and its handles are gone.
    pub fn connections(&self) -> usize {
        self.inner.pool.connections()
    }

    /// Ends all connections, whoever else holds a clone. Calls under way fail.
    pub fn close(&self) {
        self.inner.pool.end();
    }

    /// Ends when the association has no connection left: the server is gone, and all handles with it. The future does
    /// not keep the association.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        self.inner.pool.ended()
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Association")
            .field("server", &self.server())
            .field("format", &self.format())
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

fn syntax<C: Call>() -> SyntaxId {
    SyntaxId::of::<<C::Operation as Operation>::Interface>()
}

/// Whether a method gets events, and so may wait (MS-CMRP 3.1.4.1.66, 3.1.4.2.66, 3.1.4.2.138, 3.1.4.2.143).
fn is_get(interface: SyntaxId, opnum: u16) -> bool {
    let in_v2 = interface == SyntaxId::of::<clusapi2::Clusapi2>() && opnum == clusapi2::ApiGetNotify::OPNUM;
    let in_v3 = interface == SyntaxId::of::<clusapi3::Clusapi3>();
    let gets =
        [clusapi3::ApiGetNotify::OPNUM, clusapi3::ApiGetNotifyV2::OPNUM, clusapi3::ApiGetNotifyAsync::OPNUM];
    in_v2 || (in_v3 && gets.contains(&opnum))
}
