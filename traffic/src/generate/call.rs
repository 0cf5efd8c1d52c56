//! What is made.

use cmrp::ndr::Format;
use serde::Serialize;
use serde_json::Value;

use crate::breakage::Breakage;
use crate::message::{Direction, Protocol};

/// Octets of a context handle (C706 Appendix N).
const HANDLE: usize = 20;

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The number of the call, from 0.
    pub number: u64,
    /// The protocol version.
    pub protocol: Protocol,
    /// The operation.
    pub opnum: u16,
    /// The format of its stubs.
    pub format: Format,
    /// The sequence that it belongs to, and its place therein, both from 0. `None` if it stands alone.
    pub place: Option<(u64, u32)>,
    /// The handles that the request needs, as it was before anything was broken.
    pub needs: Vec<Need>,
    /// The handles that the response yields, as it was before anything was broken.
    pub yields: Vec<Yield>,
    /// The request.
    pub request: Stub,
    /// The response, whose sizes are those that the request states.
    pub response: Stub,
}

/// One direction of a call.
#[derive(Clone, Debug)]
pub struct Stub {
    /// The JSON form of what it says, or said before anything was broken.
    pub value: Value,
    /// Its octets before anything was broken.
    pub whole: Vec<u8>,
    /// Its octets.
    pub octets: Vec<u8>,
    /// What was broken, one after the other.
    pub broken: Vec<Breakage>,
}

/// A handle in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The kind that is needed, by its name in the IDL.
    pub kind: &'static str,
    /// Where it stands in the request, in octets.
    pub offset: usize,
    /// The number of the call whose response has the real handle, and where it stands there, in octets. `None` if the
    /// handle is made up.
    pub source: Option<(u64, usize)>,
}

/// A handle in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Yield {
    /// What it stands for, by the name in the IDL.
    pub kind: &'static str,
    /// Where it stands in the response, in octets.
    pub at: usize,
}

impl Call {
    /// The name of the operation in the IDL.
    pub fn operation(&self) -> &'static str {
        self.protocol.operation(self.opnum).unwrap_or_default()
    }

    /// The stub that travels in one direction.
    pub fn stub(&self, direction: Direction) -> &Stub {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }

    /// The handles that the request needs, those left out that were broken. Offsets are those in the octets.
    pub fn needs_now(&self) -> Vec<Need> {
        let now = |need: &Need| Some(Need { offset: self.request.place_now(need.offset)?, ..*need });
        self.needs.iter().filter_map(now).collect()
    }

    /// The handles that the response yields, those left out that were broken. Offsets are those in the octets.
    pub fn yields_now(&self) -> Vec<Yield> {
        let now = |yielded: &Yield| Some(Yield { at: self.response.place_now(yielded.at)?, ..*yielded });
        self.yields.iter().filter_map(now).collect()
    }
}

impl Stub {
    /// Where a handle stands that stood elsewhere before; `None` if it was broken.
    fn place_now(&self, offset: usize) -> Option<usize> {
        self.broken.iter().try_fold(offset, |offset, breakage| breakage.moved(offset, HANDLE))
    }
}
