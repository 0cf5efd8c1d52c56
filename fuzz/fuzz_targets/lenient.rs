//! What a strict decode accepts has the same value under a lenient one.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("lenient");
