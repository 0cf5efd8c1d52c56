//! Protocol towers.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("tower");
