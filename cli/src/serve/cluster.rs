//! The cluster that is served: from a description, or from the file that kept it.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use cmrp::ndr::FileTime;
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::State;
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::store::{Origin, Store};
use cmrp_port::access::Access;

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
    /// What everyone may do who is let in; `None` is nothing.
    pub(super) access: Option<Access>,
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
    let config = Config { epoch: file_time(SystemTime::now()), ..definition.config() };
    let cluster = Embedded::new(state, config);
    let cluster = match store {
        None => cluster,
        Some(store) => cluster.with_journal(Box::new(store)),
    };
    let cluster: Box<dyn Cluster> = match options.simulate {
        None => Box::new(cluster),
        Some(simulate) => Box::new(Living::new(cluster, simulate, number.into())),
    };
    Ok(Loaded { name, node, cluster, access: definition.security.everyone.access() })
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

/// A time as the registry stamps its keys: 100-nanosecond intervals since 1601 (MS-DTYP 2.3.3).
fn file_time(time: SystemTime) -> FileTime {
    const UNIX_EPOCH_AS_FILE_TIME: u64 = 116_444_736_000_000_000;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let intervals = u64::try_from(since.as_nanos() / 100).unwrap_or_default();
    FileTime(intervals.saturating_add(UNIX_EPOCH_AS_FILE_TIME))
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::file_time;

    #[test]
    fn file_times_count_from_1601() {
        assert_eq!(file_time(UNIX_EPOCH).0, 116_444_736_000_000_000);
        // 1,700,000,000 seconds later, 2023-11-14 22:13:20 UTC.
        assert_eq!(file_time(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).0, 133_444_736_000_000_000);
    }
}
