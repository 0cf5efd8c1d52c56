//! An idle connection is small: ten thousand of them are a goal.

use super::support::{Server, open_config, request};

#[test]
fn a_connection_is_small_and_keeps_no_buffers() {
    let size = size_of::<dcerpc_proto::server::Connection>();
    assert!(size <= 480, "{size}");
    let mut server = Server::bound(open_config());
    let octets = request(2, &[0; 5000]).encode().unwrap();
    // Split, so that it has to be kept.
    server.octets(&octets[..3000]);
    assert_eq!(server.connection.held(), 3000);
    server.octets(&octets[3000..]);
    server.call();
    assert_eq!(server.connection.held(), 0);
    server.connection.respond(2, &[0; 100_000]).unwrap();
    assert!(server.connection.held() > 100_000);
    server.sent();
    assert_eq!(server.connection.held(), 0);
}
