//! The interfaces that the commands know.

use clap::ValueEnum;
use cmrp_traffic::message::Protocol;
use serde::{Deserialize, Serialize};

/// One UUID, two versions (MS-CMRP 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lowercase")]
pub(crate) enum Interface {
    /// Version 2.0, of protocol version 2.
    ClusApi2,
    /// Version 3.0, of protocol version 3.
    ClusApi3,
}

impl Interface {
    /// The protocol version that has it.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            Self::ClusApi2 => Protocol::V2,
            Self::ClusApi3 => Protocol::V3,
        }
    }

    /// The version as people write it.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::ClusApi2 => "2.0",
            Self::ClusApi3 => "3.0",
        }
    }

    /// The name in the IDL.
    pub(crate) fn name(self) -> &'static str {
        self.protocol().interface()
    }

    /// The names of all operations in the IDL; the opnum is the index.
    pub(crate) fn operations(self) -> &'static [&'static str] {
        self.protocol().operations()
    }

    /// The names of all operations of both interfaces.
    pub(crate) fn all_operations() -> impl Iterator<Item = &'static str> {
        Self::value_variants().iter().flat_map(|interface| interface.operations()).copied()
    }

    /// The name of an operation; `None` if the interface has none of this number.
    pub(crate) fn operation(self, opnum: u16) -> Option<&'static str> {
        self.protocol().operation(opnum)
    }

    /// The number of an operation; `None` if the interface has none of this name.
    pub(crate) fn opnum(self, operation: &str) -> Option<u16> {
        let index = self.operations().iter().position(|name| *name == operation)?;
        u16::try_from(index).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Interface;

    #[test]
    fn operations_are_those_of_their_interface() {
        // MS-CMRP 3.1.4.1 and 3.1.4.2: opnums 0 to 108, and 0 to 264.
        assert_eq!(Interface::ClusApi2.operation(65), Some("ApiGetNotify"));
        assert_eq!(Interface::ClusApi2.operation(109), None);
        assert_eq!(Interface::ClusApi3.operation(147), Some("ApiGetNotifyAsync"));
        assert_eq!(Interface::ClusApi3.operation(265), None);
        assert_eq!(Interface::ClusApi3.opnum("ApiGetNotifyAsync"), Some(147));
        assert_eq!(Interface::ClusApi2.opnum("ApiGetNotifyAsync"), None);
    }
}
