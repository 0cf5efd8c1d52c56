//! The form in which calls are written down: an object for each stub.

use data_encoding::HEXLOWER;
use dcerpc_proto::PduError;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::breakage::Breakage;
use crate::generate::{Call, Need, Stub, Yield};
use crate::message::Direction;
use crate::pdu::Wrapper;

/// All that there is to say of one stub.
#[derive(Clone, Debug, Serialize)]
pub struct Record<'a> {
    /// The number of the call.
    number: u64,
    /// The sequence that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    interface: &'static str,
    opnum: u16,
    operation: &'static str,
    direction: &'static str,
    format: &'static str,
    /// What it says, or said before anything was broken.
    value: &'a Value,
    /// The whole stub of the request that a response belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Hex<'a>>,
    stub: Hex<'a>,
    broken: &'a [Breakage],
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<NeedRecord>>,
    yields: Vec<Yield>,
    #[serde(flatten)]
    pdus: Option<Pdus>,
}

/// Octets as hexadecimal digits.
#[derive(Clone, Copy, Debug)]
struct Hex<'a>(&'a [u8]);

/// A handle that a request needs.
#[derive(Clone, Copy, Debug, Serialize)]
struct NeedRecord {
    kind: &'static str,
    offset: usize,
    /// The number of the call that yields it.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<u64>,
    /// Where it stands in the response of that call.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
}

/// A stub in PDUs.
#[derive(Clone, Debug, Serialize)]
pub struct Pdus {
    /// What goes over the connection before the first call.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_hex")]
    bind: Vec<u8>,
    /// The fragments.
    #[serde(serialize_with = "all_as_hex")]
    pdus: Vec<Vec<u8>>,
}

impl<'a> Record<'a> {
    /// The record of one direction of a call; with PDUs if they have at most `max_fragment` octets.
    ///
    /// # Errors
    /// None: PDUs fit into their fields.
    pub fn of(call: &'a Call, direction: Direction, max_fragment: Option<u16>) -> Result<Self, PduError> {
        let Stub { value, octets, broken, .. } = call.stub(direction);
        let is_request = direction == Direction::Request;
        Ok(Self {
            number: call.number,
            sequence: call.place.map(|(sequence, _)| sequence),
            interface: call.protocol.interface(),
            opnum: call.opnum,
            operation: call.operation(),
            direction: direction.name(),
            format: call.format.name(),
            value,
            request: (!is_request).then_some(Hex(&call.request.whole)),
            stub: Hex(octets),
            broken,
            needs: is_request.then(|| call.needs_now().into_iter().map(NeedRecord::from).collect()),
            yields: if is_request { call.yields.clone() } else { call.yields_now() },
            pdus: max_fragment.map(|octets| Pdus::of(call, direction, octets)).transpose()?,
        })
    }

    /// A name for a file with the octets: the number of the call, the operation, the format, and, of a response, that
    /// it is one.
    pub fn file_name(&self) -> String {
        let Self { number, operation, format, .. } = self;
        let direction = if self.request.is_some() { "-response" } else { "" };
        format!("{number:06}-{operation}-{format}{direction}.bin")
    }

    /// The octets as they travel: the PDUs one after the other if there are some, else the stub.
    pub fn octets(&self) -> Vec<u8> {
        match &self.pdus {
            Some(pdus) => [pdus.bind.clone(), pdus.pdus.concat()].concat(),
            None => self.stub.0.to_vec(),
        }
    }
}

impl Pdus {
    fn of(call: &Call, direction: Direction, max_fragment: u16) -> Result<Self, PduError> {
        let wrapper = Wrapper::new(call.protocol, call.format, max_fragment);
        let index = call.place.map_or(0, |(_, index)| index);
        let bind = match direction {
            _ if index != 0 => Vec::new(),
            Direction::Request => wrapper.bind()?,
            Direction::Response => wrapper.bind_ack()?,
        };
        let pdus = wrapper.call(direction, index, call.opnum, &call.stub(direction).octets)?;
        Ok(Self { bind, pdus })
    }
}

impl From<Need> for NeedRecord {
    fn from(need: Need) -> Self {
        let Need { kind, offset, source } = need;
        let (from, at) = source.unzip();
        Self { kind, offset, from, at }
    }
}

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(self.0))
    }
}

fn as_hex<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Hex(octets).serialize(serializer)
}

fn all_as_hex<S: Serializer>(all: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(|octets| Hex(octets)))
}
