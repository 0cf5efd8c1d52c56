//! The request that a response answers, where it states the size of an array of the response: libndr wants to know it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cmrp::clusapi3::OPERATION_NAMES;
use cmrp::ndr::{Endian, Format};
use serde_json::Value;

use super::Stub;
use crate::message::{Direction, Protocol};
use crate::variation::{self, Kind};

/// Parameters of requests that state the size of an array of the response. All are the last one of their request.
const SIZES: [&str; 3] = ["cbData", "nOutBufferSize", "ReturnStatusBufferSize"];
/// Arrays of requests, whose size such a parameter may be as well.
const ARRAYS: [&str; 2] = ["lpData", "pKeyValue"];

/// A request that asks for an array as large as the response says it is; `None` if it asks for nothing.
///
/// The response is not decoded for this: the maximum count stands in front of it, behind a number or nothing.
pub(super) fn answered_by(stub: &Stub<'_>) -> Option<Vec<u8>> {
    if stub.direction == Direction::Request {
        return None;
    }
    let plain = PLAIN.get(&(stub.opnum, stub.format.name()))?;
    let size = u32::try_from(maximum_count(stub).unwrap_or(0)).unwrap_or(u32::MAX);
    let (_, front) = plain.split_last_chunk::<4>().map(|(front, last)| (last, front))?;
    let mut request = front.to_vec();
    request.extend(match stub.format {
        Format::NDR20_BE => size.to_be_bytes(),
        _ => size.to_le_bytes(),
    });
    Some(request)
}

fn maximum_count(stub: &Stub<'_>) -> Option<u64> {
    let behind_a_number = stub.operation() == "ApiQueryValue";
    let count = |width: usize| {
        let start = if behind_a_number { width } else { 0 };
        stub.octets.get(start..start.saturating_add(width))
    };
    Some(match stub.format {
        Format::Ndr64 => u64::from_le_bytes(count(8)?.try_into().ok()?),
        Format::Ndr20(Endian::Little) => u32::from_le_bytes(count(4)?.try_into().ok()?).into(),
        Format::Ndr20(Endian::Big) => u32::from_be_bytes(count(4)?.try_into().ok()?).into(),
    })
}

/// Requests that ask for arrays without elements, by opnum and format.
static PLAIN: LazyLock<BTreeMap<(u16, &'static str), Vec<u8>>> = LazyLock::new(|| {
    let opnums = (0_u16..).take(OPERATION_NAMES.len());
    let kinds = opnums.map(|opnum| Kind { protocol: Protocol::V3, direction: Direction::Request, opnum });
    let requests = kinds.filter_map(|kind| Some((kind, variation::plain(kind).filter(asks_for_size)?)));
    let stubs = requests.flat_map(|(kind, request)| {
        Format::ALL.map(|format| Some(((kind.opnum, format.name()), kind.encode(&request, format).ok()?)))
    });
    stubs.flatten().collect()
});

fn asks_for_size(request: &Value) -> bool {
    let has = |name: &&str| request.get(name).is_some();
    SIZES.iter().any(has) && !ARRAYS.iter().any(has)
}
