//! A script of a server and a program on the client's side of a connection.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("rpc_client");
