//! Connecting and binding.

use std::time::Duration;

use cmrp::clusapi3::ApiGetClusterNameRequest;
use cmrp_net::client::{Association, ConnectError, Options, Protocol, Refusal, Transfer};
use dcerpc_proto::SyntaxId;
use tokio::net::TcpListener;

use super::calls::{cluster, options};
use super::rig::{Rig, config};

#[tokio::test]
async fn an_interface_that_the_server_does_not_have() {
    let rig = Rig::start(config(), cluster).await;
    let refused = Association::connect(&rig.server(), &Options::new(Protocol::V2)).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Interface)), "{refused}");
    assert_eq!(refused.win32(), 1717);
}

#[tokio::test]
async fn a_transfer_syntax_that_the_server_does_not_have() {
    let mut config = config();
    config.transfer_syntaxes = vec![SyntaxId::NDR20];
    let rig = Rig::start(config, cluster).await;
    let refused =
        Association::connect(&rig.server(), &options().with_transfer(Transfer::Ndr64)).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::TransferSyntax)), "{refused}");
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    assert!(!association.format().is_ndr64());
}

/// It says so and closes the connection, in one breath.
#[tokio::test]
async fn a_server_that_takes_no_more_associations() {
    let mut config = config();
    config.limits.max_groups = 0;
    let rig = Rig::start(config, cluster).await;
    let refused = Association::connect(&rig.server(), &options()).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Refused(Refusal::Limit)), "{refused}");
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Association::connect(&server, &options()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Io(_)), "{error}");
    assert_eq!(error.win32(), 1722);
}

#[tokio::test]
async fn names_without_addresses() {
    let error = Association::connect("no such host.invalid:1", &options()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Resolve { .. }), "{error}");
    assert_eq!(error.win32(), 1722);
}

#[tokio::test]
async fn names_that_the_program_knows() {
    let rig = Rig::start(config(), cluster).await;
    let options = options().with_name("NODE1", &rig.server());
    let association = Association::connect("node1", &options).await.unwrap();
    assert_eq!(association.server(), rig.address);
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let began = tokio::time::Instant::now();
    let error = Association::connect(&server, &options()).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Deadline(deadline) if deadline == Duration::from_secs(10)),
        "{error}"
    );
    assert_eq!(began.elapsed().as_secs(), 10);
}

/// Nothing else tells a server without events from one that is switched off. In Linux' table of connections, the
/// timer of a connection that is kept alive is 2.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn silent_connections_are_probed() {
    let rig = Rig::start(config(), cluster).await;
    let association = Association::connect(&rig.server(), &options()).await.unwrap();
    association.call(&ApiGetClusterNameRequest {}).await.unwrap();
    // Other timers come first, until all that was sent has been acknowledged.
    let kept_alive = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if let Some(("02", hundredths)) = timer(rig.address.port()).split_once(':') {
                return u64::from_str_radix(hundredths, 16).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let hundredths = kept_alive.await.unwrap();
    assert!((1..=3000).contains(&hundredths), "{hundredths}");
}

/// The timer of the connection to a port.
#[cfg(target_os = "linux")]
fn timer(port: u16) -> String {
    let port = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let ours: Vec<_> = rows.filter(|row| row[2].ends_with(&port) && row[3] == "01").collect();
    assert_eq!(ours.len(), 1);
    ours[0][5].to_owned()
}

#[tokio::test]
async fn garbage_instead_of_an_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
            .await
            .unwrap();
        std::future::pending::<()>().await;
    });
    let error = Association::connect(&server, &options()).await.unwrap_err();
    assert!(matches!(error, ConnectError::Protocol(_)), "{error}");
}
