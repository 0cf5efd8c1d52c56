//! Calls from a seed: valid ones, and some that are broken on purpose.

mod call;
mod options;

use cmrp::ndr::arbitrary::{HandleUse, Landmark, Unstructured};
use cmrp::ndr::{ContextHandle, Format};

pub use self::call::{Call, Need, Stub, Yield};
pub use self::options::{GenerateError, Options};
use crate::breakage::{Breakage, break_stub};
use crate::chance::Chance;
use crate::graph::Graph;
use crate::message::Direction;
use crate::pairing;
use crate::sequence::{Held, Planned, Sequence, Taken};
use crate::stub::{Kind, StubError, Whole};

/// How likely it is that something else of a stub is broken too.
const ANOTHER: f64 = 0.25;
/// Things that are broken in one stub at most.
const MOST_BROKEN: usize = 4;

/// Makes calls, without an end.
#[derive(Clone, Debug)]
pub struct Generator {
    options: Options,
    graph: Graph,
    /// The number of the next call.
    next: u64,
    /// The sequence that goes on.
    sequence: Sequence,
}

/// Both directions of a call, before anything is broken.
struct Draft {
    request: Whole,
    response: Whole,
}

impl Generator {
    /// A generator; the same options make the same calls.
    ///
    /// # Errors
    /// The options ask for what there is not.
    pub fn new(options: Options) -> Result<Self, GenerateError> {
        let graph = Graph::of(options.protocol);
        let options = options.checked(&graph)?;
        Ok(Self { options, graph, next: 0, sequence: Sequence::new(graph) })
    }

    fn call(&mut self) -> Result<Call, GenerateError> {
        let number = self.next;
        self.next = number.saturating_add(1);
        let mut chance = Chance::of_call(self.options.seed, number);
        let (planned, format) = self.plan(number, &mut chance)?;
        let uses = self.graph.use_of(planned.opnum);
        let yielded: Vec<ContextHandle> = uses.yields.iter().map(|_| chance.handle()).collect();
        let draft = self.draft(&planned, format, &yielded, &mut chance)?;
        let hostile = if planned.opens { 0.0 } else { self.options.hostile };
        let call = Call {
            number,
            protocol: self.options.protocol,
            opnum: planned.opnum,
            format,
            place: self.options.place(number),
            needs: needs(uses, &planned, &draft.request),
            yields: yields(uses, &draft.response),
            request: broken(draft.request, format, hostile, &mut chance)?,
            response: broken(draft.response, format, hostile, &mut chance)?,
        };
        self.hold(&call, &yielded);
        Ok(call)
    }

    /// What to call, with which handles and in which format.
    fn plan(&mut self, number: u64, chance: &mut Chance) -> Result<(Planned, Format), GenerateError> {
        match self.options.place(number) {
            Some((sequence, index)) => self.next_of_sequence(sequence, index, chance),
            None => self.alone(number, chance),
        }
    }

    fn alone(&self, number: u64, chance: &mut Chance) -> Result<(Planned, Format), GenerateError> {
        let opnum = self.options.by_turn(number);
        let octets: [u8; 8] = chance.octets();
        let format = *Unstructured::new(&octets).choose(&self.options.formats).map_err(StubError::from)?;
        let needs = self.graph.use_of(opnum).needs.iter();
        let handles = needs.map(|_| Taken { token: chance.handle(), source: None }).collect();
        Ok((Planned { opnum, handles, opens: false }, format))
    }

    fn next_of_sequence(
        &mut self,
        number: u64,
        index: u32,
        chance: &mut Chance,
    ) -> Result<(Planned, Format), GenerateError> {
        let octets: [u8; 256] = chance.octets();
        let mut choices = Unstructured::new(&octets);
        if index == 0 {
            self.sequence = Sequence::new(self.graph);
        }
        let planned = self.sequence.plan(&self.options.operations, &mut choices).map_err(StubError::from)?;
        Ok((planned, self.options.format_of(number)?))
    }

    /// Both directions, with the handles that they have to have, and with the same sizes.
    fn draft(
        &self,
        planned: &Planned,
        format: Format,
        yielded: &[ContextHandle],
        chance: &mut Chance,
    ) -> Result<Draft, GenerateError> {
        let (protocol, opnum) = (self.options.protocol, planned.opnum);
        let kind = |direction| Kind { protocol, direction, opnum, format };
        let mut request = kind(Direction::Request).value(chance)?;
        let response = kind(Direction::Response).value(chance)?;
        pairing::ask_for(&response, &mut request);
        let taken: Vec<ContextHandle> = planned.handles.iter().map(|taken| taken.token).collect();
        // What was closed comes back as null.
        let closed = self.graph.use_of(opnum).closes.iter().map(|_| ContextHandle::NULL);
        let given: Vec<ContextHandle> = closed.chain(yielded.iter().copied()).collect();
        Ok(Draft {
            request: kind(Direction::Request).whole(&request, &taken)?,
            response: kind(Direction::Response).whole(&response, &given)?,
        })
    }

    /// Later calls may use what this one yields, unless a server won't like it.
    fn hold(&mut self, call: &Call, tokens: &[ContextHandle]) {
        if call.place.is_none() || !call.request.broken.is_empty() {
            return;
        }
        for (yielded, token) in call.yields.iter().zip(tokens) {
            let Yield { kind, at } = *yielded;
            self.sequence.hold(Held { kind, token: *token, from: call.number, at });
        }
    }
}

impl Iterator for Generator {
    type Item = Result<Call, GenerateError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.call())
    }
}

fn needs(uses: &HandleUse, planned: &Planned, request: &Whole) -> Vec<Need> {
    let places = request.handles().zip(uses.needs).zip(&planned.handles);
    places.map(|((offset, kind), taken)| Need { kind, offset, source: taken.source }).collect()
}

fn yields(uses: &HandleUse, response: &Whole) -> Vec<Yield> {
    let places = response.handles().skip(uses.closes.len());
    places.zip(uses.yields).map(|(at, kind)| Yield { kind, at }).collect()
}

/// Breaks something, with a probability of `hostile`, and now and then more.
fn broken(whole: Whole, format: Format, hostile: f64, chance: &mut Chance) -> Result<Stub, StubError> {
    let Whole { value, stub: whole, mut landmarks } = whole;
    let (mut octets, mut broken) = (whole.clone(), Vec::new());
    let mut probability = hostile;
    while broken.len() < MOST_BROKEN && chance.happens(probability) {
        let choices: [u8; 256] = chance.octets();
        let breakage = break_stub(&mut octets, &landmarks, format, &mut Unstructured::new(&choices))?;
        // What is broken stays as it is, so that each breakage can be seen in the end.
        landmarks = still_there(&landmarks, &breakage);
        broken.push(breakage);
        probability = ANOTHER;
    }
    Ok(Stub { value, whole, octets, broken })
}

fn still_there(landmarks: &[Landmark], breakage: &Breakage) -> Vec<Landmark> {
    let now = |landmark: &Landmark| {
        Some(Landmark { offset: breakage.moved(landmark.offset, landmark.size)?, ..*landmark })
    };
    landmarks.iter().filter_map(now).collect()
}
