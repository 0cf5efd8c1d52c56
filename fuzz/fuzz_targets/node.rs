//! A node of a cluster under a sequence of calls.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("node");
