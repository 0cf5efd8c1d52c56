//! Nothing: how many executions a second are possible at all.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("empty");
