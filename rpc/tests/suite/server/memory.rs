//! An idle connection is small: ten thousand of them are a goal.

use std::sync::Arc;

use dcerpc_proto::SyntaxId;
use dcerpc_proto::server::{Associations, Config, Connection};

use super::support::{HOME, Server, bind, open_config, request};
use crate::samples::clusapi3;

#[test]
fn a_connection_keeps_no_buffers() {
    let mut server = Server::bound(open_config());
    let octets = request(2, &[0; 5000]).encode().unwrap();
    // Split, so that it has to be kept.
    server.octets(&octets[..3000]);
    assert_eq!(server.connection.held(), 3000);
    server.octets(&octets[3000..]);
    server.call();
    assert_eq!(server.connection.held(), 0);
    server.connection.respond(2, &vec![0; 100_000]).unwrap();
    assert!(server.connection.held() > 100_000);
    server.sent();
    assert_eq!(server.connection.held(), 0);
}

#[test]
fn a_watcher_takes_less_than_600_octets() {
    let config = Arc::new(open_config());
    let mut groups = Associations::new(&config);
    // The table of groups is there before, and has room for ten.
    let _first = watcher(&config, &mut groups);
    let mut second = None;
    let found = allocation_counter::measure(|| second = Some(watcher(&config, &mut groups)));
    assert!(second.is_some_and(|second| second.is_bound()));
    let octets = usize::try_from(found.bytes_current).unwrap() + size_of::<Connection>();
    assert!(octets < 600, "{octets}");
}

/// A connection that was busy and waits with one call now.
fn watcher(config: &Arc<Config>, groups: &mut Associations) -> Connection {
    let mut connection = Connection::new(config.clone(), HOME, "49664");
    let pdu = bind(0, &[(0, clusapi3(), SyntaxId::NDR20)]);
    connection.handle_input(&pdu.encode().unwrap(), groups);
    for call in 2..40 {
        let octets = request(call, &[0; 1000]).encode().unwrap();
        connection.handle_input(&octets[..100], groups);
        connection.handle_input(&octets[100..], groups);
        while connection.poll_event().is_some() {}
    }
    for call in 2..39 {
        connection.respond(call, &vec![0; 10_000]).unwrap();
    }
    while connection.poll_transmit().is_some() {}
    assert_eq!(connection.pending_calls(), 1);
    connection
}
