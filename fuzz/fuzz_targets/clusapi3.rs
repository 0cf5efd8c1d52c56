//! Requests and responses of protocol version 3.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("clusapi3");
