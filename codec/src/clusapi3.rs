//! Protocol version 3: connection-oriented RPC, NDR and NDR64, both versions of notification ports
//! (MS-CMRP 3.1.4.2).
#![allow(clippy::struct_field_names, reason = "the names of members are those of the IDL")]

mod generic;
mod object_filter;

pub use object_filter::ObjectFilter;

include!(concat!(env!("OUT_DIR"), "/clusapi3.rs"));
