//! Samba's `rpcclient` (Debian package `smbclient`), which finds the server through our endpoint mapper.

use std::process::Command;

use anyhow::{Result, ensure};

use super::server::Server;
use super::{Scene, output};

/// Where an rpcclient asks for endpoints: nothing can tell it another port.
const ENDPOINT_MAPPER: &str = "127.0.0.1:135";

/// Its commands about clusters, in this order, with words that their output must have.
const COMMANDS: [(&str, &str); 16] = [
    ("clusapi_open_cluster", "successfully opened cluster"),
    ("clusapi_get_cluster_name", "NodeName: node1"),
    ("clusapi_get_cluster_version", "WERR_CALL_NOT_IMPLEMENTED"),
    ("clusapi_get_cluster_version2", "rpc_status: WERR_OK"),
    ("clusapi_get_quorum_resource", "lpszResourceName: "),
    ("clusapi_create_enum", "rpc_status: WERR_OK"),
    ("clusapi_create_enumex", "rpc_status: WERR_OK"),
    ("clusapi_open_resource", "rpc_status: WERR_OK"),
    ("clusapi_open_resource nowhere", "WERR_RESOURCE_NOT_FOUND"),
    ("clusapi_get_resource_state", "rpc_status: WERR_OK"),
    ("clusapi_offline_resource", "rpc_status: WERR_OK"),
    ("clusapi_online_resource", "rpc_status: WERR_OK"),
    ("clusapi_resume_node node2", "WERR_CLUSTER_NODE_NOT_PAUSED"),
    ("clusapi_pause_node node2", "rpc_status: WERR_OK"),
    ("clusapi_resume_node node2", "rpc_status: WERR_OK"),
    ("clusapi_resume_node node2", "WERR_CLUSTER_NODE_NOT_PAUSED"),
];

pub(super) fn run(scene: &Scene) -> Result<()> {
    let _server = Server::start(scene, &[&format!("--epm={ENDPOINT_MAPPER}")])?;
    for (command, word) in COMMANDS {
        let (_, text) =
            output(Command::new("rpcclient").args(["ncacn_ip_tcp:127.0.0.1", "-U%", "-c", command]))?;
        ensure!(text.contains(word), "rpcclient {command}: {word:?} is not in:\n{text}");
    }
    println!("interop: rpcclient: {} commands, found through port 135", COMMANDS.len());
    Ok(())
}
