//! The options that say what a stub is.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use cmrp::ndr::Format;
use thiserror::Error;

use super::kind::{Direction, Kind};
use crate::interface::Interface;
use crate::show::nearest::nearest;

/// Which stub is meant.
#[derive(Args, Debug)]
pub(super) struct Target {
    /// The interface of the operation
    #[arg(long)]
    interface: Interface,

    /// The operation by its name in the IDL, such as `ApiGetNotify`
    #[arg(long, value_name = "NAME", required_unless_present = "opnum", conflicts_with = "opnum")]
    operation: Option<String>,

    /// The operation by its number
    #[arg(long, value_name = "N")]
    opnum: Option<u16>,

    /// Which part of the call the stub is
    #[arg(long)]
    direction: Direction,

    /// How the stub is laid out: NDR 2.0, little- or big-endian, or NDR64
    #[arg(long, value_parser = formats())]
    format: Format,
}

pub(crate) fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).try_map(|name| name.parse::<Format>())
}

/// An operation that the interface does not have.
#[derive(Debug, Error)]
pub(crate) enum NoOperation {
    #[error("{interface} has no operation `{name}`{}", hint(*.meant))]
    Name { interface: &'static str, name: String, meant: Option<&'static str> },
    #[error("{interface} has no operation {opnum}; its last is {last}")]
    Number { interface: &'static str, opnum: u16, last: usize },
}

fn hint(meant: Option<&'static str>) -> String {
    meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

impl Target {
    pub(super) fn kind(&self) -> Result<Kind, NoOperation> {
        let Self { interface, direction, format, .. } = *self;
        let opnum = match (&self.operation, self.opnum) {
            (Some(name), _) => by_name(interface, name)?,
            (None, opnum) => by_number(interface, opnum.unwrap_or_default())?,
        };
        Ok(Kind { interface, opnum, direction, format })
    }
}

/// Finds an operation. Upper and lower case make no difference, since no two names differ in that alone.
pub(crate) fn by_name(interface: Interface, name: &str) -> Result<u16, NoOperation> {
    let written = interface.operations().iter().find(|known| known.eq_ignore_ascii_case(name));
    let found = written.and_then(|written| interface.opnum(written));
    found.ok_or_else(|| NoOperation::Name {
        interface: interface.name(),
        name: name.escape_debug().to_string(),
        meant: nearest(name, interface.operations().iter().copied()),
    })
}

fn by_number(interface: Interface, opnum: u16) -> Result<u16, NoOperation> {
    match interface.operation(opnum) {
        Some(_) => Ok(opnum),
        None => Err(NoOperation::Number {
            interface: interface.name(),
            opnum,
            last: interface.operations().len().saturating_sub(1),
        }),
    }
}
