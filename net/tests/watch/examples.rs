//! The examples do what they say.

#[path = "../../examples/call.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function has no place here")]
mod call;
#[path = "../../examples/serve.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function has no place here")]
mod serve;
#[path = "../../examples/watch.rs"]
#[allow(dead_code, unreachable_pub, reason = "its main function has no place here")]
mod watch;

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Duration;

use cmrp_net::client::{Options, Protocol};
use cmrp_port::event::v2::GroupState;
use cmrp_port::sequence::StateSequences;

use super::node::Running;

#[tokio::test]
async fn call_says_the_state_of_a_group() {
    let node = Running::start("node1", StateSequences::new()).await;
    let server = node.address.to_string();
    assert_eq!(call::state_of(&server, "SQL").await.unwrap(), (3, "node1".to_owned()));
    let error = call::state_of(&server, "Nothing").await.unwrap_err();
    assert_eq!(error.to_string(), "no group Nothing: error 5013");
}

#[tokio::test]
async fn serve_has_a_cluster() {
    let server = serve::server().await.unwrap();
    let address = server.local_addr().to_string();
    let serving = tokio::spawn(server.serve(std::future::pending()));
    assert_eq!(call::state_of(&address, "Cluster Group").await.unwrap(), (0, "node1".to_owned()));
    serving.abort();
}

/// Output that can be read while it is being written.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Page {
    fn lines(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.0.borrow()).lines().map(str::to_owned).collect()
    }

    async fn until(&self, line: &str) {
        let found = async {
            while !self.lines().iter().any(|found| found == line) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), found).await;
        assert!(found.is_ok(), "no {line:?} in {:?}", self.lines());
    }
}

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn watch_prints_what_happens() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        watch::start(vec![node.address.to_string()], Options::new(Protocol::V3)).unwrap();
    let page = Page::default();
    let mut output = page.clone();
    tokio::join!(watch::print(&mut events, &mut output), async {
        while node.statistics().await.filters == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        node.change("SQL", GroupState::OFFLINE).await;
        page.until("SQL: ClusterChange(GROUP_STATE)").await;
        watcher.shut_down().await;
    })
    .0
    .unwrap();
    let lines = page.lines();
    assert_eq!(lines.first().unwrap(), "C: connected to node1");
    assert_eq!(lines.last().unwrap(), "Closed");
}
