//! Waits for an event of a resource over the crate `dcerpc`: asynchronous, NDR 2.0.
//!
//! ```sh
//! cargo run -p cmrp-examples --bin over_dcerpc -- HOST:PORT RESOURCE
//! ```
//!
//! `RpcTcp` takes opnums and finished stubs, so nothing stands between the two crates but [`call`]. A Windows server
//! wants its callers to authenticate: `bind_sealed` and `call_sealed` take the same interface, opnum and stub.

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::time::Duration;

use cmrp::clusapi3::{
    ApiAddNotifyResourceRequest, ApiCloseNotifyRequest, ApiCreateNotifyRequest, ApiGetNotifyRequest,
    ApiOpenResourceRequest, Clusapi3,
};
use cmrp::cluster_change::ResourceFilter;
use cmrp::ndr::{Call, Endian, Format, Interface, Limits, Operation};
use dcerpc::Syntax;
use dcerpc::transport::{RpcTcp, TransportLimits};

/// What the server answers to a request of type `C`.
type ResponseTo<'a, C> = <<C as Call>::Operation as Operation>::Response<'a>;

/// What `dcerpc` agrees on with the server when it binds.
const FORMAT: Format = Format::Ndr20(Endian::Little);

/// `ApiGetNotify` is answered when something happens, which may take longer than the 30 seconds `dcerpc` waits.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(address), Some(resource)) = (arguments.next(), arguments.next()) else {
        return Err("usage: over_dcerpc HOST:PORT RESOURCE".into());
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(watch(&address, &resource))
}

/// Prints the first event of a resource.
async fn watch(address: &str, resource: &str) -> Result<(), Box<dyn Error>> {
    let limits =
        TransportLimits { io_timeout: PATIENCE, call_timeout: PATIENCE, ..TransportLimits::default() };
    let rpc = &mut RpcTcp::connect_with_limits(address, limits).await?;
    rpc.bind(syntax::<Clusapi3>()).await?;
    let answer = &mut Vec::new();

    let created = call(rpc, &ApiCreateNotifyRequest {}, answer).await?;
    let port = created.return_value.ok_or_else(|| format!("no port: error {}", created.status))?;
    let open = ApiOpenResourceRequest { lpsz_resource_name: resource.into() };
    let opened = call(rpc, &open, answer).await?;
    let add = ApiAddNotifyResourceRequest {
        h_notify: Some(port),
        h_resource: Some(
            opened.return_value.ok_or_else(|| format!("no {resource}: error {}", opened.status))?,
        ),
        dw_filter: ResourceFilter::STATE,
        dw_notify_key: 19,
    };
    succeeded(call(rpc, &add, answer).await?.return_value)?;

    let event = call(rpc, &ApiGetNotifyRequest { h_notify: Some(port) }, answer).await?;
    succeeded(event.return_value)?;
    println!("{:?} happened to {:?}", event.dw_filter, event.name);
    succeeded(call(rpc, &ApiCloseNotifyRequest { notify: Some(port) }, answer).await?.return_value)
}

/// Calls the operation that the type of `request` names. The response borrows from `answer`, its stub.
async fn call<'a, C: Call>(
    rpc: &mut RpcTcp,
    request: &C,
    answer: &'a mut Vec<u8>,
) -> Result<ResponseTo<'a, C>, Box<dyn Error>> {
    *answer = rpc.call(C::Operation::OPNUM, &request.encode(FORMAT)?).await?;
    Ok(request.decode_response(answer, FORMAT, &Limits::default())?)
}

/// The name of an interface, as `dcerpc` writes it.
fn syntax<I: Interface>() -> Syntax {
    let (ver_major, ver_minor) = I::VERSION;
    Syntax { uuid: I::UUID.to_wire(Endian::Little), ver_major, ver_minor }
}

fn succeeded(code: u32) -> Result<(), Box<dyn Error>> {
    if code == 0 { Ok(()) } else { Err(format!("the server says error {code}").into()) }
}
