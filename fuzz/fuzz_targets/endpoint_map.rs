//! Questions to an endpoint mapper.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("endpoint_map");
