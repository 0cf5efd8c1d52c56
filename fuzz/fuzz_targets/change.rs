//! Lines of files of changes.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("change");
