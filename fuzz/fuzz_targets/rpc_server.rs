//! A script of a client and a program on the server's side of a connection.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("rpc_server");
