//! `cmrp serve`: a node of a cluster that lives here.

mod cluster;
mod events;
mod greeting;
mod options;
mod simulate;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_net::epm;
use cmrp_net::server::{Server, Service};
use cmrp_port::access::Access;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;

pub(crate) use options::Options;

use cluster::Loaded;

use crate::remote::{self, Interrupts, Listen};
use crate::stub::complain;

/// Interrupted for the second time.
const INTERRUPTED: u8 = 130;

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    if options.print_cluster {
        return cluster::print(options.cluster.as_deref());
    }
    options.logging.start(LevelFilter::INFO);
    match remote::block_on(serve(options)) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("the network can't be used: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    // The file of events is read first, so that what is wrong with it is told before anybody is served.
    let source = options.events.as_deref().map(events::open).transpose()?;
    let mut interrupts = Interrupts::new()?;
    let loaded = cluster::load(options)?;
    let (cluster, name) = (loaded.name.clone(), loaded.node.clone());
    let mut registry = Registry::default();
    let access = loaded.access;
    let server = Server::builder(node(loaded)?)
        .allow_insecure(options.allow_insecure && access.is_some())
        .access(access.unwrap_or(Access::Read))
        .register(&mut registry);
    let server =
        server.bind(options.listen.0).await.map_err(|error| busy("--listen", options.listen, &error))?;
    let address = server.local_addr();
    let mapper = endpoint_mapper(options, address).await?;
    let metrics = serve_metrics(options.metrics, registry).await?;
    let greeting = greeting::Greeting {
        cluster: &cluster,
        node: &name,
        address,
        mapper: mapper.as_ref().map(epm::Server::local_addr),
        metrics,
        allow_insecure: options.allow_insecure,
        access,
    };
    greeting.print()?;
    let handle = server.handle();
    let told = source.map(|source| tokio::spawn(async move { events::follow(source, &handle).await }));
    let ended = until_interrupted(server, &mut interrupts).await;
    if let Some(told) = told {
        told.abort();
    }
    if let Some(mapper) = mapper {
        mapper.shut_down().await?;
    }
    ended
}

fn node(loaded: Loaded) -> Result<Node, Box<dyn Error>> {
    let mut seed = [0; 16];
    getrandom::fill(&mut seed).map_err(|error| format!("no random numbers: {error}"))?;
    Ok(Node::new(loaded.cluster, NodeConfig::new(loaded.node, seed)))
}

fn busy(option: &str, address: Listen, error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "; another program has this port: port 0 takes any that is free",
        ErrorKind::PermissionDenied => {
            "; ports below 1024 are for root: take another one, or let the program have it (CAP_NET_BIND_SERVICE)"
        }
        ErrorKind::AddrNotAvailable => "; this computer does not have this address",
        _ => "",
    };
    format!("{option} {address}: {error}{advice}")
}

/// Tells where both interfaces are, if it is wanted.
async fn endpoint_mapper(
    options: &Options,
    address: SocketAddr,
) -> Result<Option<epm::Server>, Box<dyn Error>> {
    let Some(listen) = options.epm else { return Ok(None) };
    let listen = options.mapper_address(listen);
    let endpoints = Node::interfaces().into_iter().map(|interface| epm::Endpoint { interface, address });
    let mapper = epm::Server::bind(listen.0, endpoints.collect()).await;
    Ok(Some(mapper.map_err(|error| busy("--epm", listen, &error))?))
}

async fn serve_metrics(
    address: Option<Listen>,
    registry: Registry,
) -> Result<Option<SocketAddr>, Box<dyn Error>> {
    let Some(address) = address else { return Ok(None) };
    let listener = TcpListener::bind(address.0).await.map_err(|error| busy("--metrics", address, &error))?;
    let bound = listener.local_addr()?;
    let registry = Arc::new(registry);
    tokio::spawn(async move {
        if let Err(error) = cmrp_net::metrics::serve(listener, registry, std::future::pending()).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(Some(bound))
}

/// Serves until a signal, and then until everybody has been told; a second signal ends that at once.
async fn until_interrupted(
    server: Server<Node>,
    interrupts: &mut Interrupts,
) -> Result<ExitCode, Box<dyn Error>> {
    let handle = server.handle();
    let mut serving = Box::pin(server.serve(std::future::pending()));
    tokio::select! {
        ended = &mut serving => return finished(ended),
        () = interrupts.next() => {}
    }
    tracing::info!("shutting down; Ctrl-C again ends it at once");
    handle.shut_down();
    tokio::select! {
        ended = &mut serving => finished(ended),
        () = interrupts.next() => Ok(ExitCode::from(INTERRUPTED)),
    }
}

fn finished(ended: std::io::Result<()>) -> Result<ExitCode, Box<dyn Error>> {
    ended.map_err(|error| format!("the server failed: {error}"))?;
    tracing::info!("everything is closed");
    Ok(ExitCode::SUCCESS)
}
