//! Operations on the server engine of notification ports, held against its model.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("port_server");
