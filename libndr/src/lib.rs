//! Samba's NDR library, loaded while the program runs: the code that pidl generates for ClusAPI 3.0, and the runtime
//! under it, behind types that free what they own.
//!
//! Only benches and tests use it, and all of them do without it where it is not installed ([`absence`]). Nothing of
//! Samba is linked or declared: its table of operations has the size of each structure and the functions that fill and
//! write it. The layouts are those of `libndr.so.3` (Samba 4.16 to 4.18), whose presence is checked first.
//!
//! ```
//! use cmrp::ndr::Format;
//! use cmrp_libndr::{Direction, Parameters};
//!
//! if cmrp_libndr::absence().is_none() {
//!     // The response of `ApiCloseCluster`: a null handle and 6, `ERROR_INVALID_HANDLE`.
//!     let mut stub = [0; 24];
//!     stub[20] = 6;
//!     let mut parameters = Parameters::new(1, Format::NDR20_LE)?;
//!     parameters.fill(Direction::Out, &stub)?;
//!     let mut writer = parameters.writer()?;
//!     parameters.write(Direction::Out, &mut writer)?;
//!     assert_eq!(writer.octets(), stub);
//! }
//! # Ok::<(), cmrp_libndr::Error>(())
//! ```
#![deny(unsafe_code)]

mod error;
#[expect(unsafe_code, reason = "calls to C are unsafe by definition; each block says why it is sound")]
mod system;

pub use error::{Error, Refusal};
pub use system::{Direction, Parameters, Pushed, absence};
