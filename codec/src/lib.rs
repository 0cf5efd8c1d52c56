//! Wire codec of MS-CMRP.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod ndr;
