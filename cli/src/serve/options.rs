//! The command line of `cmrp serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use cmrp_net::epm;
use thiserror::Error;

use crate::remote::{Listen, Logging};

/// Serve a cluster that lives in this process, as one of its nodes.
///
/// The cluster is described by a file, or is the one that `--print-cluster` shows. Clients manage it over both
/// versions of the protocol, by plain TCP: groups and resources come online, move and fail, and everybody who watches
/// is told. With `--data`, it is the same after a restart. On start, the command says how to connect.
///
/// There is no authentication and no encryption yet. Therefore every call is refused unless `--allow-insecure` says
/// that whoever reaches the port may do everything.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp serve --allow-insecure
  cmrp serve --allow-insecure --listen 49152 --epm --cluster lab.toml --data lab.redb
  cmrp serve --allow-insecure --simulate=42,10 --metrics 9182
  echo '{\"change\": \"node_down\", \"node\": \"node2\"}' | cmrp serve --allow-insecure --events -
  cmrp serve --print-cluster > lab.toml

Exit status: 0 if it was ended by Ctrl-C or a request to terminate, and everybody was told; 1 if it could not begin, \
or failed; 2 if the command line is wrong; 130 if Ctrl-C came a second time, before everybody was told.")]
pub(crate) struct Options {
    /// Where to listen: an address with a port, or a port of the loopback interface; port 0 is any that is free
    #[arg(long, value_name = "[ADDR:]PORT", default_value = "127.0.0.1:0")]
    pub(super) listen: Listen,

    /// Serve calls that are neither authenticated nor protected, so that whoever reaches the port may do everything.
    /// Without it, every call is refused
    #[arg(long)]
    pub(super) allow_insecure: bool,

    /// Serve an endpoint mapper, so that clients find the port by themselves: at this address, or at port 135 of the
    /// address of --listen
    #[arg(long, value_name = "[ADDR:]PORT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(super) epm: Option<Mapper>,

    /// The file that describes the cluster, in TOML or JSON
    #[arg(long, value_name = "FILE")]
    pub(super) cluster: Option<PathBuf>,

    /// The node of the cluster to be; the first one, unless given
    #[arg(long, value_name = "NAME")]
    pub(super) node: Option<String>,

    /// Keep the cluster in this file, which is made from the description when it is not there yet; from then on the
    /// description is not read any more
    #[arg(long, value_name = "FILE")]
    pub(super) data: Option<PathBuf>,

    /// Let happen what this file says, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,

    /// Lead a plausible life: failures, failovers, restarts of nodes. SEED makes it the same every time, RATE is the
    /// average number of incidents a minute
    #[arg(long, value_name = "SEED[,RATE]", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(super) simulate: Option<Simulate>,

    /// Serve metrics for Prometheus at this address, under /metrics
    #[arg(long, value_name = "[ADDR:]PORT")]
    pub(super) metrics: Option<Listen>,

    /// Print the description of the cluster, that of --cluster or the usual one, and end
    #[arg(long)]
    pub(super) print_cluster: bool,

    #[command(flatten)]
    pub(super) logging: Logging,
}

/// Where the endpoint mapper listens; `None` is port 135 beside the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mapper(Option<Listen>);

impl FromStr for Mapper {
    type Err = <Listen as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(if text.is_empty() { None } else { Some(text.parse()?) }))
    }
}

/// A life that is made up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Simulate {
    /// Where the random numbers begin; `None` is somewhere else each time.
    pub(super) seed: Option<u64>,
    /// Incidents a minute, on average.
    pub(super) rate: f64,
}

/// Incidents a minute unless somebody says otherwise.
const RATE: f64 = 6.0;
/// The most and the fewest incidents a minute.
const RATES: std::ops::RangeInclusive<f64> = 0.001..=6000.0;

/// Text that describes no life.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum NoLife {
    #[error("`{0}` is no seed: write a number from 0 to 18446744073709551615")]
    Seed(String),
    #[error("`{0}` is no rate: write incidents a minute, from 0.001 to 6000")]
    Rate(String),
}

impl FromStr for Simulate {
    type Err = NoLife;

    fn from_str(text: &str) -> Result<Self, NoLife> {
        let (seed, rate) = text.split_once(',').unwrap_or((text, ""));
        let seed = match seed {
            "" => None,
            seed => Some(seed.parse().map_err(|_| NoLife::Seed(seed.to_owned()))?),
        };
        let rate = match rate {
            "" => RATE,
            text => text
                .parse()
                .ok()
                .filter(|rate| RATES.contains(rate))
                .ok_or_else(|| NoLife::Rate(text.to_owned()))?,
        };
        Ok(Self { seed, rate })
    }
}

impl Options {
    /// Where the endpoint mapper is to listen.
    pub(super) fn mapper_address(&self, mapper: Mapper) -> Listen {
        mapper.0.unwrap_or(Listen(SocketAddr::new(self.listen.0.ip(), epm::PORT)))
    }
}

#[cfg(test)]
mod tests {
    use super::{NoLife, Simulate};

    #[test]
    fn a_life_has_a_seed_and_a_rate() {
        let life = |seed, rate| Ok(Simulate { seed, rate });
        for (text, expected) in [
            ("", life(None, 6.0)),
            ("42", life(Some(42), 6.0)),
            ("42,10", life(Some(42), 10.0)),
            (",0.5", life(None, 0.5)),
            ("x", Err(NoLife::Seed("x".to_owned()))),
            ("1,0", Err(NoLife::Rate("0".to_owned()))),
            ("1,NaN", Err(NoLife::Rate("NaN".to_owned()))),
        ] {
            assert_eq!(text.parse::<Simulate>(), expected, "{text:?}");
        }
    }
}
