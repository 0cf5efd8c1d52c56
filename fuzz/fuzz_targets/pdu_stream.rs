//! One direction of a connection, cut anywhere, and watched.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("pdu_stream");
