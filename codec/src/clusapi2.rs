//! Protocol version 2: connectionless RPC, NDR, version 1 notification ports only (MS-CMRP 3.1.4.1).

include!(concat!(env!("OUT_DIR"), "/clusapi2.rs"));
