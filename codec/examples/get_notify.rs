//! One `ApiGetNotify` call by hand: what goes to the server, and what to read from its answer.
//!
//! ```sh
//! cargo run -p cmrp --example get_notify
//! ```

use std::error::Error;

use cmrp::clusapi3::{ApiGetNotify, ApiGetNotifyRequest, ApiGetNotifyResponse, HNotifyRpc};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{Call, ContextHandle, EncodeStub, Format, Handle, Limits, Operation, Uuid};

/// Fetches one event. `call` is the RPC stack: it carries opnum and stub to the server and brings back the answer.
fn get_notify(port: HNotifyRpc, call: impl Fn(u16, &[u8]) -> Vec<u8>) -> Result<(), Box<dyn Error>> {
    let request = ApiGetNotifyRequest { h_notify: Some(port) };
    let answer = call(ApiGetNotify::OPNUM, &request.encode(Format::Ndr64)?);
    let response = request.decode_response(&answer, Format::Ndr64, &Limits::default())?;
    println!("{:?} happened to {:?}", response.dw_filter, response.name);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // A handle as ApiCreateNotify returns it.
    let token = ContextHandle { attributes: 0, uuid: Uuid::new(0x5db2_fa84, 0xceb9, 0x2633, [0x55; 8]) };
    let port = HNotifyRpc::new(token).ok_or("the server refused to create a port")?;

    // In place of a server: a resource changed its state.
    let event = ApiGetNotifyResponse {
        dw_notify_key: 19,
        dw_filter: ClusterChange::RESOURCE_STATE,
        dw_state_sequence: 2,
        name: Some("Disk 2".into()),
        ..ApiGetNotifyResponse::default()
    };
    let answer = event.encode(Format::Ndr64)?;
    get_notify(port, |opnum, stub| {
        println!("opnum {opnum}, {} octets: {stub:02x?}", stub.len());
        answer.clone()
    })
}
