//! A cluster that is there for as long as the program runs: `cargo run -p cmrp-net --example serve`, and then
//! `smbtorture "ncacn_ip_tcp:127.0.0.1[PORT]" rpc.clusapi -U%`.

use std::error::Error;

use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_net::server::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = server().await?;
    println!("serving at {}, until Ctrl-C", server.local_addr());
    let interrupt = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    Ok(server.serve(interrupt).await?)
}

/// One node of the default cluster, on a free port.
///
/// # Errors
/// There is no chance, or no free port.
pub async fn server() -> Result<Server<Node>, Box<dyn Error>> {
    let cluster = Embedded::new(Definition::from_toml(DEFAULT)?.state(0), Config::default());
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).map_err(|error| error.to_string())?;
    let node = Node::new(Box::new(cluster), NodeConfig::new("node1", seed));
    Ok(Server::builder(node).allow_insecure(true).bind("127.0.0.1:0").await?)
}
