//! What a client asks for.

use alloc::vec;
use alloc::vec::Vec;

use crate::bind::MIN_FRAGMENT;
use crate::label::FormatLabel;
use crate::syntax::{BindFeatures, SyntaxId};

/// What a client asks a server for.
///
/// Made by [`Config::new`]; fields may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The interface.
    pub interface: SyntaxId,
    /// Transfer syntaxes to propose, each in a context of its own (MS-RPCE 3.3.1.5.6), up to 250. Default NDR 2.0 and
    /// NDR64.
    pub transfer_syntaxes: Vec<SyntaxId>,
    /// How PDUs and stubs represent numbers. NDR64 is little-endian whatever stands here (MS-RPCE 2.2.5). Default
    /// [`FormatLabel::LITTLE`].
    pub label: FormatLabel,
    /// Largest fragment to send and to accept, in octets: at least 1,432, default 5,840.
    pub max_fragment: u16,
    /// The association group to join; 0, the default, asks for a new one.
    pub group: u32,
    /// Whether to ask that several calls may be open at a time. Default yes.
    pub multiplexing: bool,
    /// Features to offer (MS-RPCE 3.3.1.5.3). Default [`BindFeatures::KEEP_CONNECTION_ON_ORPHAN`]; nothing is offered
    /// if empty.
    pub features: BindFeatures,
    /// Whether requests carry a verification trailer (MS-RPCE 2.2.2.13). Default no: it proves nothing without
    /// protection.
    pub verification_trailer: bool,
    /// What a server may make grow.
    pub limits: Limits,
}

impl Config {
    /// A client of `interface` with the defaults that the fields name.
    pub fn new(interface: SyntaxId) -> Self {
        Self {
            interface,
            transfer_syntaxes: vec![SyntaxId::NDR20, SyntaxId::NDR64],
            label: FormatLabel::LITTLE,
            max_fragment: 5840,
            group: 0,
            multiplexing: true,
            features: BindFeatures::KEEP_CONNECTION_ON_ORPHAN,
            verification_trailer: false,
            limits: Limits::default(),
        }
    }

    /// [`Config::max_fragment`], but not less than every implementation accepts.
    pub(super) const fn fragment(&self) -> u16 {
        if self.max_fragment < MIN_FRAGMENT { MIN_FRAGMENT } else { self.max_fragment }
    }
}

/// What a server may make grow, and what a program may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of the stub of one response: 64 MiB. Stops a response that never ends.
    pub max_stub: usize,
    /// Fragments of one response: 65,536. Stops a response of empty fragments that never ends.
    pub max_fragments: usize,
    /// Octets of all responses that are being received: 128 MiB. Stops many responses that never end.
    pub max_held: usize,
    /// Calls that are not answered: 1,024; further ones are refused by [`Connection::call`]. Stops a server that
    /// answers nothing from filling the program's memory.
    ///
    /// [`Connection::call`]: super::Connection::call
    pub max_pending: usize,
    /// Octets of a request: 4 MiB, which is what servers take (MS-RPCE 3.3.3.5.4).
    pub max_request: usize,
    /// Octets that wait to be sent: 16 MiB; further calls are refused by [`Connection::call`], and so are
    /// cancels. Stops a server that does not read.
    ///
    /// [`Connection::call`]: super::Connection::call
    pub max_output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_stub: 64 << 20,
            max_fragments: 65_536,
            max_held: 128 << 20,
            max_pending: 1024,
            max_request: 4 << 20,
            max_output: 16 << 20,
        }
    }
}
