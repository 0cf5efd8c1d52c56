//! Servers elsewhere: how the commands that call them are told where they are and how to reach them.

mod address;
mod advice;
mod exchange;
mod listen;
mod logging;
mod runtime;

use std::time::Duration;

use clap::{Args, ValueEnum};
use cmrp_net::client::{Options, Protocol, Transfer};

pub(crate) use address::{Address, Name};
pub(crate) use advice::{code_advice, connect_error};
pub(crate) use exchange::{Fields, NoResponse, code, exchange};
pub(crate) use listen::Listen;
pub(crate) use logging::Logging;
pub(crate) use runtime::{Interrupts, block_on};

use crate::interface::Interface;

/// The version of the protocol, as people write it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    /// Version 2: interface 2.0, of servers up to Windows Server 2003
    #[value(name = "2")]
    V2,
    /// Version 3: interface 3.0, of all later servers
    #[default]
    #[value(name = "3")]
    V3,
}

impl From<Version> for Protocol {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => Self::V2,
            Version::V3 => Self::V3,
        }
    }
}

impl From<Version> for Interface {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => Self::ClusApi2,
            Version::V3 => Self::ClusApi3,
        }
    }
}

/// How to reach servers.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Reach {
    /// The version of the protocol
    #[arg(long, value_name = "VERSION", default_value = "3")]
    pub(crate) protocol: Version,

    /// Speak NDR64 alone; otherwise, both NDR 2.0 and NDR64 are offered, and the server chooses
    #[arg(long)]
    ndr64: bool,

    /// Let all calls share one TCP connection, if the server agrees
    #[arg(long)]
    multiplex: bool,

    /// Where the server of this name is. May be repeated
    #[arg(long, value_name = "NAME=HOST[:PORT]")]
    resolve: Vec<Name>,

    /// The TCP port of endpoint mappers, which are asked for the ports of servers that are given without one
    #[arg(long, value_name = "PORT", default_value_t = 135)]
    epm_port: u16,

    /// Seconds that connecting may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    connect_timeout: u64,

    /// Seconds that a call may take, unless it waits for an event
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    call_timeout: u64,
}

impl Reach {
    /// The version of the protocol.
    pub(crate) fn protocol(&self) -> Protocol {
        self.protocol.into()
    }

    /// What the client is told.
    pub(crate) fn options(&self) -> Options {
        let transfer = if self.ndr64 { Transfer::Ndr64 } else { Transfer::Either };
        let options = Options::new(self.protocol())
            .with_transfer(transfer)
            .with_multiplexing(self.multiplex)
            .with_endpoint_mapper(self.epm_port)
            .with_connect_deadline(Duration::from_secs(self.connect_timeout))
            .with_call_deadline(Duration::from_secs(self.call_timeout));
        self.resolve.iter().fold(options, |options, known| options.with_name(&known.name, &known.address))
    }
}
