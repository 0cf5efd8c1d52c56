//! Samba's `rpcclient` (Debian package `smbclient`), which finds the server through our endpoint mapper.

use std::process::Command;

use anyhow::{Result, ensure};

use super::server::Server;
use super::{Scene, output};

/// Where an rpcclient asks for endpoints: nothing can tell it another port.
const ENDPOINT_MAPPER: &str = "127.0.0.1:135";

/// Its commands about clusters, with words that their output must have.
const COMMANDS: [(&str, &[&str]); 13] = [
    ("clusapi_open_cluster", &["successfully opened cluster"]),
    ("clusapi_get_cluster_name", &["ClusterName:", "NodeName: node1"]),
    ("clusapi_get_cluster_version", &["WERR_CALL_NOT_IMPLEMENTED"]),
    ("clusapi_get_cluster_version2", &["lpwMajorVersion"]),
    ("clusapi_get_quorum_resource", &["successfully queried quorum resource"]),
    ("clusapi_create_enum", &[]),
    ("clusapi_create_enumex", &[]),
    ("clusapi_open_resource", &["successfully opened resource"]),
    ("clusapi_get_resource_state", &["Cluster Name"]),
    ("clusapi_offline_resource", &[]),
    ("clusapi_online_resource", &[]),
    ("clusapi_pause_node", &["Cluster Paused Node"]),
    ("clusapi_resume_node", &["Cluster Resumed Node"]),
];

pub(super) fn run(scene: &Scene) -> Result<()> {
    let _server = Server::start(scene, &["--epm", ENDPOINT_MAPPER])?;
    for (command, words) in COMMANDS {
        let (_, text) =
            output(Command::new("rpcclient").args(["ncacn_ip_tcp:127.0.0.1", "-U%", "-c", command]))?;
        println!("{command}: {text}");
        let missing: Vec<_> = words.iter().filter(|word| !text.contains(**word)).collect();
        ensure!(missing.is_empty(), "rpcclient {command}: {missing:?} are not in:\n{text}");
    }
    println!("interop: rpcclient: {} commands, found through port 135", COMMANDS.len());
    Ok(())
}
