//! The values that are compared.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow};
use cmrp::clusapi3::OPERATION_NAMES;
use cmrp::ndr::Format;
use cmrp_testsuite::message::{Direction, Protocol};
use cmrp_testsuite::random::Random;
use cmrp_testsuite::variation::{self, Kind};
use cmrp_testsuite::vector;
use cmrp_traffic::pairing::REQUESTED_SIZES;
use serde_json::Value;

use super::{Place, direction_name};

/// Sizes that a request asks for and a response repeats.
const RETURNED_SIZES: [&str; 1] = ["lpcbData"];

/// The most that a request asks for: libndr allocates it while it reads the request.
const MOST_REQUESTED: u64 = 0x1_0000;

/// A value of one direction of an operation.
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) value: Value,
    /// What a response answers, if it states sizes: libndr takes them from it.
    pub(super) request: Option<Value>,
}

impl Case {
    pub(super) fn place(&self) -> Place {
        let name = OPERATION_NAMES.get(usize::from(self.kind.opnum));
        (name.map_or_else(String::new, |name| (*name).to_owned()), direction_name(self.kind.direction))
    }

    pub(super) fn stub(&self, format: Format) -> Result<Vec<u8>> {
        encode(self.kind, &self.value, format)
    }

    /// The stub of the request that a response answers.
    pub(super) fn request_stub(&self, format: Format) -> Result<Option<Vec<u8>>> {
        let kind = Kind { direction: Direction::Request, ..self.kind };
        self.request.as_ref().map(|request| encode(kind, request, format)).transpose()
    }
}

fn encode(kind: Kind, value: &Value, format: Format) -> Result<Vec<u8>> {
    kind.encode(value, format).map_err(|error| anyhow!("{kind:?}: {error}: {value}"))
}

type Values = BTreeMap<(u16, &'static str), Vec<Value>>;

/// So many random values of every operation that is not reserved, in both directions.
pub(super) fn all(seed: u64, rounds: usize) -> Result<Vec<Case>> {
    let (mut random, values) = (Random::new(seed), values());
    let mut opnums: Vec<u16> = values.keys().map(|(opnum, _)| *opnum).collect();
    opnums.dedup();
    let mut cases = Vec::new();
    for opnum in opnums {
        for direction in [Direction::Request, Direction::Response] {
            let kind = Kind { protocol: Protocol::V3, direction, opnum };
            for _ in 0..rounds {
                cases.push(case(kind, &values, &mut random).with_context(|| format!("opnum {opnum}"))?);
            }
        }
    }
    Ok(cases)
}

/// The values of all vectors. Where there is none in a direction, a plain value.
fn values() -> Values {
    let mut values = Values::new();
    for vector in vector::all() {
        if vector.protocol == Protocol::V3 {
            for direction in ["in", "out"] {
                values.entry((vector.opnum, direction)).or_default();
            }
            let known = values.entry((vector.opnum, direction_name(vector.direction))).or_default();
            if !known.contains(&vector.value) {
                known.push(vector.value);
            }
        }
    }
    for direction in [Direction::Request, Direction::Response] {
        let unknown = values
            .iter_mut()
            .filter(|((_, name), known)| *name == direction_name(direction) && known.is_empty());
        unknown.for_each(|((opnum, _), known)| {
            known.extend(variation::plain(Kind { protocol: Protocol::V3, direction, opnum: *opnum }));
        });
    }
    values
}

fn case(kind: Kind, values: &Values, random: &mut Random) -> Result<Case> {
    let mut vary = |kind: Kind| {
        let known = values.get(&(kind.opnum, direction_name(kind.direction)));
        let value = known.and_then(|known| random.choose(known)).context("no value")?;
        Ok::<_, anyhow::Error>(variation::vary(kind, value, random))
    };
    let mut value = vary(kind)?;
    if kind.direction == Direction::Request {
        bound_requested(&mut value);
        return Ok(Case { kind, value, request: None });
    }
    let mut request = vary(Kind { direction: Direction::Request, ..kind })?;
    bound_requested(&mut request);
    ask_for(&value, &mut request);
    let states_sizes = REQUESTED_SIZES.iter().any(|(_, size)| request.get(size).is_some());
    Ok(Case { kind, value, request: Some(request).filter(|_| states_sizes) })
}

/// Keeps what a request asks for within what libndr allocates.
fn bound_requested(request: &mut Value) {
    for size in REQUESTED_SIZES.map(|(_, size)| size).into_iter().chain(RETURNED_SIZES) {
        if let Some(size) = request.get_mut(size) {
            *size = size.as_u64().unwrap_or(0).min(MOST_REQUESTED).into();
        }
    }
}

/// Makes the request ask for what the response holds.
fn ask_for(response: &Value, request: &mut Value) {
    for (array, size) in REQUESTED_SIZES {
        let max = response.get(array).and_then(|array| array.get("max"));
        if let (Some(max), Some(size)) = (max, request.get_mut(size)) {
            *size = max.clone();
        }
    }
}
