//! `cmrp watch` at servers that refuse ports, or end them.
#![cfg(test)]
#![cfg(unix)]

mod support;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::thread;

use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::Embedded;
use cmrp_cluster::node::{Delivery, Node, NodeConfig};
use cmrp_net::server::{Output, Request, Server, Service};
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;
use support::network::Running;
use support::{cmrp, stderr, stdout};

/// `ApiCreateNotify` and `ApiGetNotify` of protocol version 3 (MS-CMRP 3.1.4.2).
const CREATE_NOTIFY: u16 = 55;
const GET_NOTIFY: u16 = 65;

/// A node that answers some calls of one operation with `ERROR_ACCESS_DENIED`.
struct Reluctant {
    node: Node,
    opnum: u16,
    /// How many of them.
    times: usize,
    refused: VecDeque<CallId>,
}

impl Reluctant {
    fn new(opnum: u16, times: usize) -> Self {
        let definition = Definition::from_text(DEFAULT).unwrap();
        let cluster = Embedded::new(definition.state(0), definition.config());
        let node = Node::new(Box::new(cluster), NodeConfig::new("node1", [7; 16]));
        Self { node, opnum, times, refused: VecDeque::new() }
    }

    /// Serves until the process ends.
    fn serve(self) -> SocketAddr {
        let (sender, receiver) = channel();
        let serve = async move {
            let server = Server::builder(self).allow_insecure(true).bind("127.0.0.1:0").await.unwrap();
            sender.send(server.local_addr()).unwrap();
            server.serve(std::future::pending()).await.unwrap();
        };
        thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(serve);
        });
        receiver.recv().unwrap()
    }
}

impl Service for Reluctant {
    type Receipt = Delivery;

    fn interfaces() -> Vec<SyntaxId> {
        Node::interfaces()
    }

    fn operation(interface: SyntaxId, opnum: u16) -> Option<&'static str> {
        <Node as Service>::operation(interface, opnum)
    }

    fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, request: Request<'_>) {
        if request.opnum == self.opnum && self.times > 0 {
            self.times = self.times.saturating_sub(1);
            self.refused.push_back(call);
        } else {
            Service::handle_call(&mut self.node, now, caller, call, request);
        }
    }

    fn handle_cancel(&mut self, call: CallId) {
        Service::handle_cancel(&mut self.node, call);
    }

    fn handle_undelivered(&mut self, receipt: Delivery) {
        Service::handle_undelivered(&mut self.node, receipt);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        Service::handle_disconnect(&mut self.node, association);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Service::handle_timeout(&mut self.node, now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Service::poll_timeout(&self.node)
    }

    fn poll_output(&mut self) -> Option<Output<Delivery>> {
        let refused = self.refused.pop_front().map(|call| Output::Fault { call, status: 5 });
        refused.or_else(|| Service::poll_output(&mut self.node))
    }
}

#[test]
fn a_watch_without_a_port_ends() {
    for (opnum, news) in [(CREATE_NOTIFY, ""), (GET_NOTIFY, "watching cluster")] {
        let address = Reluctant::new(opnum, usize::MAX).serve();
        let output = cmrp().args(["watch", &address.to_string(), "--color", "never"]).output().unwrap();
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(3), "{text}{}", stderr(&output));
        assert!(text.contains(news), "{text}");
        assert!(text.contains("not watching anything"), "{text}");
        assert!(text.contains("ERROR_ACCESS_DENIED (5)"), "{text}");
    }
}

#[test]
fn an_exporter_makes_another_port() {
    for opnum in [CREATE_NOTIFY, GET_NOTIFY] {
        let address = Reluctant::new(opnum, 1).serve();
        let arguments = ["watch", &address.to_string(), "--json", "--metrics", "0"];
        let mut watch = Running::start(&arguments);
        watch.json(|news| news["type"] == "not_watching" && news["code"] == 5);
        watch.json(|news| news["type"] == "connected");
        watch.json(|news| news["type"] == "watching");
        watch.signal("INT");
        assert_eq!(watch.end().code(), Some(0));
    }
}
