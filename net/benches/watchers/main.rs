//! What a watcher costs, and how soon all hear of an event: a server with many idle watchers on real sockets, next to
//! a bare tokio server that sends messages of the same sizes.
//!
//! ```text
//! cargo bench -p cmrp-net --bench watchers -- [WATCHERS] [ROUNDS]     10000 and 20 unless given
//! ```
//!
//! The watchers are another process, so that their memory is not counted; each side needs a file descriptor a watcher
//! (`ulimit -n`). Memory is what the server's process has allocated, by its own count, and what it has resident; the
//! kernel's socket buffers are in neither.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers of our own")]

mod bare;
mod watchers;

use std::alloc::System;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use cap::Cap;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_net::server::{Deadlines, Limits, Server};

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    // What cargo adds is not for us.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let [role @ ("cluster" | "bare"), address, watchers, rounds] = words.as_slice() {
        return watchers::main(*role == "cluster", address.parse()?, watchers.parse()?, rounds.parse()?);
    }
    let watchers = words.first().map_or(Ok(10_000), |count| count.parse())?;
    let rounds = words.get(1).map_or(Ok(20), |count| count.parse())?;
    println!("{watchers} watchers, {rounds} events, figures of one event for all\n");
    println!("{:8} {:>12} {:>12} {:>10} {:>10} {:>10}", "", "heap", "resident", "p50", "p99", "max");
    run(cluster(watchers, rounds))?;
    run(bare(watchers, rounds))
}

fn run(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn cluster(watchers: usize, rounds: usize) -> Result<(), Failure> {
    let state = Definition::from_toml(DEFAULT)?.state(1);
    let node = state.nodes.values().next().ok_or("no node")?.name.clone();
    let cluster = Embedded::new(state, Config::default());
    let node = Node::new(Box::new(cluster), NodeConfig::new(node, *b"0123456789abcdef"));
    let limits =
        Limits { connections: watchers + 10, connections_per_address: watchers + 10, ..Limits::default() };
    let deadlines = Deadlines { shutdown: Duration::from_secs(60), ..Deadlines::default() };
    let server = Server::builder(node).allow_insecure(true).limits(limits).deadlines(deadlines);
    let server = server.bind("127.0.0.1:0").await?;
    let (address, handle) = (server.local_addr(), server.handle());
    let serving = tokio::spawn(server.serve(std::future::pending()));
    measure("cluster", address, watchers, rounds).await?;
    handle.shut_down();
    serving.await??;
    println!("         left behind: {:?}", handle.snapshot());
    Ok(())
}

async fn bare(watchers: usize, rounds: usize) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(bare::serve(listener));
    measure("bare", address, watchers, rounds).await?;
    serving.abort();
    Ok(())
}

/// Has watchers come, looks at memory, has them hear of events.
async fn measure(
    role: &'static str,
    address: SocketAddr,
    watchers: usize,
    rounds: usize,
) -> Result<(), Failure> {
    let before = Memory::now()?;
    tokio::task::spawn_blocking(move || {
        let mut process = Watchers::start(role, address, watchers, rounds)?;
        process.line()?;
        // What was freed while the watchers came is given back.
        std::thread::sleep(Duration::from_millis(500));
        let now = Memory::now()?;
        let each = |now: usize, before: usize| now.saturating_sub(before) / watchers.max(1);
        print!(
            "{role:8} {:>10} B {:>10} B",
            each(now.heap, before.heap),
            each(now.resident, before.resident)
        );
        process.go()?;
        println!("{}", process.line()?);
        process.end()
    })
    .await?
}

struct Memory {
    heap: usize,
    resident: usize,
}

impl Memory {
    fn now() -> Result<Self, Failure> {
        let pages = std::fs::read_to_string("/proc/self/statm")?;
        let resident: usize = pages.split(' ').nth(1).ok_or("no resident pages")?.parse()?;
        Ok(Self { heap: HEAP.allocated(), resident: resident * 4_096 })
    }
}

/// The process of the watchers.
struct Watchers {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Watchers {
    fn start(role: &str, address: SocketAddr, watchers: usize, rounds: usize) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([role, &address.to_string(), &watchers.to_string(), &rounds.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, output })
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the watchers have failed".into());
        }
        Ok(line.trim_end().to_owned())
    }

    fn go(&mut self) -> Result<(), Failure> {
        let input = self.child.stdin.as_mut().ok_or("no input")?;
        Ok(input.write_all(b"go\n")?)
    }

    fn end(mut self) -> Result<(), Failure> {
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the watchers: {status}").into()) }
    }
}
