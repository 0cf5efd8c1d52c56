//! The cluster that is served: from a description, or from the file that kept it.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::State;
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::store::{Origin, Store};

use super::Options;
use super::simulate::Living;
use crate::show::nearest::nearest;
use crate::stub::complain;

/// A cluster, ready to be served.
pub(super) struct Loaded {
    /// Its name.
    pub(super) name: String,
    /// The node to be.
    pub(super) node: String,
    pub(super) cluster: Box<dyn Cluster>,
}

/// Prints a description once it has been read without an error.
pub(super) fn print(file: Option<&Path>) -> ExitCode {
    let printed = description(file).and_then(|text| {
        definition(file, &text)?;
        io::stdout().lock().write_all(text.as_bytes()).map_err(Into::into)
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn description(file: Option<&Path>) -> Result<String, Box<dyn Error>> {
    match file {
        None => Ok(DEFAULT.to_owned()),
        Some(file) => {
            fs::read_to_string(file).map_err(|error| format!("--cluster {}: {error}", file.display()).into())
        }
    }
}

fn definition(file: Option<&Path>, text: &str) -> Result<Definition, Box<dyn Error>> {
    let name = file.map_or_else(|| "the usual cluster".to_owned(), |file| file.display().to_string());
    Definition::from_text(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|problem| format!("{name}: {problem}")).collect();
        lines.join("\n      ").into()
    })
}

/// Loads what the options ask for.
pub(super) fn load(options: &Options) -> Result<Loaded, Box<dyn Error>> {
    let file = options.cluster.as_deref();
    let definition = definition(file, &description(file)?)?;
    let number = first_number()?;
    let (state, store) = match &options.data {
        None => (definition.state(number), None),
        Some(path) => {
            let (state, store) = open(path, &definition, number)?;
            (state, Some(store))
        }
    };
    let node = node(&state, options.node.as_deref())?;
    let name = state.cluster.name.clone();
    let cluster = Embedded::new(state, Config::default());
    let cluster = match store {
        None => cluster,
        Some(store) => cluster.with_journal(Box::new(store)),
    };
    let cluster: Box<dyn Cluster> = match options.simulate {
        None => Box::new(cluster),
        Some(simulate) => Box::new(Living::new(cluster, simulate, number.into())),
    };
    Ok(Loaded { name, node, cluster })
}

fn open(path: &Path, definition: &Definition, number: u32) -> Result<(State, Store), Box<dyn Error>> {
    let opened = Store::open(path, definition, number);
    let opened = opened.map_err(|error| format!("--data {}: {error}", path.display()))?;
    if opened.origin == (Origin::Continued { definition_differs: true }) {
        tracing::warn!(
            "{} began with another description, and keeps what it has: remove it to begin anew",
            path.display()
        );
    }
    Ok((opened.state, opened.store))
}

/// State numbers begin somewhere else in each life of a cluster that nobody keeps, so that a client that comes back
/// with an old one is told what changed (MS-CMRP 3.1.1.1.1).
fn first_number() -> Result<u32, Box<dyn Error>> {
    getrandom::u32().map_err(|error| format!("no random numbers: {error}").into())
}

/// The node of a name, or the first one.
fn node(state: &State, asked: Option<&str>) -> Result<String, Box<dyn Error>> {
    let names: Vec<&str> = state.nodes.values().map(|node| node.name.as_str()).collect();
    let Some(asked) = asked else {
        return names.first().map(|name| (*name).to_owned()).ok_or_else(|| "the cluster has no node".into());
    };
    let found = names.iter().find(|name| cmrp_port::object::same_name(name, asked));
    found.map(|name| (*name).to_owned()).ok_or_else(|| {
        let meant = nearest(asked, names.iter().copied());
        let hint = meant.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        format!("--node: the cluster has no node {asked:?}{hint}; its nodes are {}", names.join(", ")).into()
    })
}
