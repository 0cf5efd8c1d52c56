//! `--simulate`: a life that is made up.

use cmrp_cluster::node::Node;
use cmrp_net::server::Handle;

use super::options::Simulate;

/// Lets things happen until the server stops.
pub(super) async fn run(simulate: Simulate, handle: &Handle<Node>) {
    let _ = (simulate, handle);
}
