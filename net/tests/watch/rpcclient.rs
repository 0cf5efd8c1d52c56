//! Samba's rpcclient finds a node through our endpoint mapper.

use std::process::Stdio;

use cmrp_net::epm::{Endpoint, Server};
use cmrp_net::server::Service;
use cmrp_port::sequence::StateSequences;

use super::node::{Node, Running};

/// rpcclient asks port 135 alone, which not everybody may have.
#[tokio::test]
#[ignore = "needs rpcclient (Debian package smbclient) and port 135 of 127.0.0.135"]
async fn rpcclient_finds_a_node() {
    let node = Running::start_at("127.0.0.135:0", "node1", StateSequences::new()).await;
    let endpoints =
        Node::interfaces().into_iter().map(|interface| Endpoint { interface, address: node.address });
    let _mapper = Server::bind("127.0.0.135:135", endpoints.collect()).await.unwrap();
    let rpcclient = tokio::process::Command::new("rpcclient")
        .args(["ncacn_ip_tcp:127.0.0.135", "-U%", "-c", "clusapi_get_cluster_name;clusapi_open_cluster"])
        .stdin(Stdio::null())
        .output();
    let output = rpcclient.await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("ClusterName: C") && text.contains("NodeName: node1"), "{text}");
}
