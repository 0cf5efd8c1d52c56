//! The client engine of notification ports among hostile servers.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("port_client");
