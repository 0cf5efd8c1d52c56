//! Says what state a group is in, and on which node.
//!
//! ```sh
//! cargo run -p cmrp-net --example call -- HOST[:PORT] "Cluster Group"
//! ```
//!
//! Without a port, the endpoint mapper of the host is asked for it.

use std::env;
use std::error::Error;

use cmrp::clusapi3::{ApiGetGroupStateRequest, ApiOpenGroupRequest};
use cmrp_net::client::{Association, Options, Protocol};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(server), Some(group)) = (arguments.next(), arguments.next()) else {
        return Err("usage: call HOST[:PORT] GROUP".into());
    };
    let (state, node) = state_of(&server, &group).await?;
    println!("{group} is in state {state} on {node}");
    Ok(())
}

/// The state of a group (MS-CMRP 3.1.4.2.46), and the node that has it.
///
/// # Errors
/// There is no such server or group.
pub async fn state_of(server: &str, group: &str) -> Result<(u32, String), Box<dyn Error>> {
    let association = Association::connect(server, &Options::new(Protocol::V3)).await?;

    let answer = association.call(&ApiOpenGroupRequest { lpsz_group_name: group.into() }).await?;
    let opened = answer.get()?;
    let h_group = opened.return_value.ok_or_else(|| format!("no group {group}: error {}", opened.status))?;

    let answer = association.call(&ApiGetGroupStateRequest { h_group: Some(h_group) }).await?;
    let response = answer.get()?;
    if response.return_value != 0 {
        return Err(format!("no state of {group}: error {}", response.return_value).into());
    }
    let node = response.node_name.map(|name| name.to_string_lossy()).unwrap_or_default();
    // When the association is dropped, the server closes the handle.
    Ok((response.state, node))
}
