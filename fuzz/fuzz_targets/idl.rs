//! IDL text through the compiler.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("idl");
