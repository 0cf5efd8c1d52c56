//! Requests and responses of protocol version 2.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("clusapi2");
