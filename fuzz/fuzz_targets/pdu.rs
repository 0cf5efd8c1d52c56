//! One DCE/RPC PDU.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("pdu");
