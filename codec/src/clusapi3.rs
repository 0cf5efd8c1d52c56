//! Protocol version 3: connection-oriented RPC, NDR and NDR64, both versions of notification ports
//! (MS-CMRP 3.1.4.2).

mod generic;

include!(concat!(env!("OUT_DIR"), "/clusapi3.rs"));
