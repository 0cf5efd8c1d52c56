//! Arbitrary values of every operation: encoded, decoded, encoded again.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("values");
