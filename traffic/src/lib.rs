//! Made-up traffic of the failover cluster management protocol, MS-CMRP ("ClusAPI"), to test servers and clients with.
//!
//! The crate holds no socket, clock or thread: what comes out are values, stubs and PDUs, and the same seed makes the
//! same ones on every machine.
//!
//! 1. [`generate::Generator`] makes calls: a request and a response of an operation, in a format. They are valid, or,
//!    as often as was asked for, broken on purpose.
//! 2. Calls stand alone, or follow each other in sequences in which each has the handles that it needs: the
//!    [`graph::Graph`] says which operation yields which.
//! 3. [`breakage::break_stub`] breaks a stub, at a place that means something to NDR: a count, a referent, a gap. Each
//!    [`breakage::Breakage`] says what it was.
//! 4. [`pdu::Wrapper`] puts stubs into PDUs, [`record::Record`] writes down all of it as JSON.
//!
//! ```
//! use cmrp_traffic::generate::{Generator, Options};
//! use cmrp_traffic::message::{Direction, Protocol};
//! use cmrp_traffic::record::Record;
//!
//! let mut options = Options::new(Protocol::V3);
//! options.seed = 7;
//! options.hostile = 0.5;
//! options.sequence = "10".parse().ok();
//! for call in Generator::new(options)?.take(20) {
//!     let call = call?;
//!     let record = Record::of(&call, Direction::Request, None)?;
//!     println!("{}", serde_json::to_string(&record)?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

pub mod breakage;
mod chance;
pub mod generate;
pub mod graph;
pub mod message;
pub mod pairing;
pub mod pdu;
pub mod record;
mod sequence;
mod stub;

pub use stub::StubError;
