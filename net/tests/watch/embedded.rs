//! Watchers and calls against a real node of an embedded cluster.

use cmrp::clusapi3::{ApiOfflineResourceRequest, ApiOpenResourceRequest, ObjectFilter};
use cmrp::cluster_change::{ClusterChange, ClusterChangeResourceV2};
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_net::client::{Association, Interest, Options, Protocol, Subject, Transfer, WatchEvent, Watcher};
use cmrp_net::server::Server;
use cmrp_port::client::Indication;
use cmrp_port::object::ObjectKind;

use super::node::until;

/// `ERROR_IO_PENDING`: it goes offline, and is not yet.
const PENDING: u32 = 997;

#[tokio::test]
async fn a_resource_goes_offline() {
    for (transfer, multiplexing) in [(Transfer::Ndr20, false), (Transfer::Ndr64, true)] {
        let cluster = Embedded::new(Definition::from_toml(DEFAULT).unwrap().state(0), Config::default());
        let node = Node::new(Box::new(cluster), NodeConfig::new("node1", [7; 16]));
        let server = Server::builder(node).allow_insecure(true).bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().to_string();
        tokio::spawn(server.serve(std::future::pending()));

        let options = Options::new(Protocol::V3).with_transfer(transfer).with_multiplexing(multiplexing);
        let resource = || Subject::object(ObjectKind::Resource, "Network Name");
        let state = ObjectFilter::Resource(ClusterChangeResourceV2::STATE);
        let (watcher, mut events) = Watcher::builder([address.clone()], Protocol::V3)
            .options(options.clone())
            .interest(Interest::v1(resource(), ClusterChange::RESOURCE_STATE))
            .interest(Interest::v2(resource(), state))
            .start()
            .unwrap();
        for _ in 0..2 {
            until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
        }

        let association = Association::connect(&address, &options).await.unwrap();
        let open = ApiOpenResourceRequest { lpsz_resource_name: "Network Name".into() };
        let h_resource = association.call(&open).await.unwrap().get().unwrap().return_value;
        let offline = association.call(&ApiOfflineResourceRequest { h_resource }).await.unwrap();
        assert!([0, PENDING].contains(&offline.get().unwrap().return_value));

        let (mut v1, mut v2) = (false, false);
        until(&mut events, |event| {
            if let WatchEvent::Changed(change) = event {
                match &change.indication {
                    Indication::V1 { change, name, .. } => {
                        v1 |= *change == ClusterChange::RESOURCE_STATE && name == "Network Name";
                    }
                    Indication::V2 { filter, name, .. } => v2 |= *filter == state && name == "Network Name",
                }
            }
            v1 && v2
        })
        .await;
        watcher.shut_down().await;
    }
}
