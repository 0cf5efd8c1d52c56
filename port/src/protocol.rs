//! Versions of the protocol and versions of ports: two numberings that have nothing to do with each other.

/// The version of the protocol, which is that of the RPC interface (MS-CMRP 1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Interface version 2.0, `cmrp::clusapi2`.
    V2,
    /// Interface version 3.0, `cmrp::clusapi3`.
    V3,
}

/// The version of a notification port, fixed by the method that makes it (MS-CMRP 3.1.1.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortVersion {
    /// Made by `ApiCreateNotify`. Both protocol versions have it.
    V1,
    /// Made by `ApiCreateNotifyV2`, which protocol version 3 alone has.
    V2,
}
