//! Values made of any octets, for fuzzing and property tests: the same octets make the same value.
//!
//! Code that `midl-codegen` generates with `Builder::arbitrary_feature` implements [`Arbitrary`] and [`Vary`] for every
//! request, response and type: counts that suit their arrays, numbers within their ranges, strings as people write
//! them and as nobody would, handles of the right kind. What comes out has a form on the wire in every format, and is
//! accepted at target level 5.0; at level 6.0 too, unless a null pointer stands beside a count.
//!
//! ```
//! # #[cfg(feature = "clusapi")] {
//! use cmrp::clusapi3::Request;
//! use cmrp::ndr::arbitrary::{Unstructured, Vary};
//! use cmrp::ndr::{EncodeStub, Format};
//!
//! let octets = [7; 100];
//! let mut choices = Unstructured::new(&octets);
//! let mut request = Request::arbitrary_of(8, &mut choices).unwrap().expect("there is an opnum 8");
//! assert_eq!(request.name(), "ApiOpenResource");
//! request.vary(&mut choices).unwrap();
//! assert!(request.encode(Format::Ndr64).is_ok());
//! # }
//! ```
//!
//! [`Writer::marking`](super::Writer::marking) makes a writer that tells where it put counts, referents and gaps:
//! the octets worth damaging.

mod element;
mod number;
mod text;
mod vary;

pub use ::arbitrary::{Arbitrary, Error, Result, Unstructured};

pub use super::landmark::{Landmark, LandmarkKind};
pub use element::{array, count, elements, handle, octets, optional, sized, varying, varying_sized};
pub use number::{Number, between, enumerator, flags, number, tag, word};
pub use text::text;
pub use vary::{Inside, Vary, vary_field, vary_inside};

/// What an operation does with context handles, by the names that their kinds have in the IDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandleUse {
    /// The place of the operation in the interface.
    pub opnum: u16,
    /// The kinds that a request must have, in the order in which they stand in the stub.
    pub needs: &'static [&'static str],
    /// The kinds that a response brings, in the order in which they stand in the stub.
    pub yields: &'static [&'static str],
    /// Those of `needs` that a response gives back, null if the handle was closed; behind them stand those of `yields`.
    pub closes: &'static [&'static str],
}
