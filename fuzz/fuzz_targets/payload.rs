//! The buffers of version 2 events.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("payload");
