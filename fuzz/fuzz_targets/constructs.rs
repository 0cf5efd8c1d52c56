//! Stubs of an interface with the constructs of IDL that ClusAPI does not have.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("constructs");
