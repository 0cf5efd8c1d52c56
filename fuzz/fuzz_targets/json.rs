//! The JSON form of requests and responses.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("json");
