//! Lists of registry commands.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("batch");
