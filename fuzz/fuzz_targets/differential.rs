//! The same stubs by Samba's libndr: verdicts and values are compared.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("differential");
