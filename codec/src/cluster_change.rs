//! The events of notification ports, and the kinds of object that they are about.
//!
//! Version 1 ports speak [`ClusterChange`] (MS-CMRP 2.2.2.7); each method that adds a filter takes a type of its own,
//! such as [`NodeFilter`]. Version 2 ports speak a [`ClusterObjectType`] and one
//! of the flag sets whose names end in `V2` (MS-CMRP 2.2.2.11 to 2.2.2.26).

mod filter;

pub use filter::{
    ClusterFilter, ClusterFilterV2, GroupFilter, InvalidFilter, KeyFilter, NetInterfaceFilter, NetworkFilter,
    NodeFilter, ResourceFilter,
};

include!(concat!(env!("OUT_DIR"), "/cluster_change.rs"));
