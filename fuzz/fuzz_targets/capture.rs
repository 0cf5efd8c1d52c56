//! A whole capture: file format, link layers, TCP streams, calls, output.
#![cfg_attr(feature = "libfuzzer", no_main)]

cmrp_fuzz::target!("capture");
