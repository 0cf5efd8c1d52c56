//! Protocol version 2: connectionless RPC, NDR, version 1 notification ports only (MS-CMRP 3.1.4.1).
#![allow(clippy::struct_field_names, reason = "the names of members are those of the IDL")]

include!(concat!(env!("OUT_DIR"), "/clusapi2.rs"));
