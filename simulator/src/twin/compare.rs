//! The comparison after each step.

use cmrp::ndr::ContextHandle;
use cmrp_port::server;
use cmrp_port::time::Instant;

use super::{Outputs, Twin};
use crate::model::matching::Filter;
use crate::model::{Model, Output};
use crate::plain::{Answer, Token};
use crate::violation::Violation;

impl Twin {
    /// Posts to the models; those whose ports compete take each order.
    pub(super) fn fork(&mut self, asks: impl Fn(&Filter) -> bool, post: impl Fn(&mut Model, &[usize])) {
        let mut models: Vec<Model> = Vec::with_capacity(1);
        for mut model in core::mem::take(&mut self.models) {
            let reached = model.reached(&asks);
            if !model.contended(&reached) {
                post(&mut model, &reached);
                models.push(model);
                continue;
            }
            for order in orders(&reached) {
                let mut other = model.clone();
                post(&mut other, &order);
                if !models.contains(&other) && models.len() < MODELS {
                    models.push(other);
                }
            }
        }
        self.models = models;
    }

    pub(super) fn drain(&mut self) -> Outputs {
        std::iter::from_fn(|| self.engine.poll_output()).collect()
    }

    pub(super) fn compare(&mut self) -> Result<Outputs, Violation> {
        let outputs = self.drain();
        self.check(outputs)
    }

    /// Holds what the engine did against the laws and against what the model did.
    pub(super) fn check(&mut self, outputs: Outputs) -> Result<Outputs, Violation> {
        let mut seen = Vec::with_capacity(outputs.len());
        for output in &outputs {
            let output = self.plain(output)?;
            let get = self.audit.came(&output)?;
            self.tally(&output, get);
            seen.push(output);
        }
        seen.iter_mut().for_each(forgive);
        seen.sort_by_key(place);
        let due = self.engine.poll_timeout();
        let mut first = None;
        for mut model in core::mem::take(&mut self.models) {
            match agrees(&mut model, &seen, due, &self.engine.statistics()) {
                Ok(()) => self.models.push(model),
                Err(violation) => first = first.or(Some(violation)),
            }
        }
        match first.filter(|_| self.models.is_empty()) {
            Some(violation) => Err(violation),
            None => Ok(outputs),
        }
    }

    fn plain(&mut self, output: &server::Output) -> Result<Output, Violation> {
        Ok(match output {
            server::Output::Response { call, response } => {
                let asked = self.opnums.iter().position(|(asked, _)| *asked == call.0);
                let opnum = asked.map(|index| self.opnums.swap_remove(index).1);
                // A call that is not known is a matter for the laws.
                let right = opnum.is_none_or(|opnum| opnum == response.opnum());
                Violation::unless(right, "the method is answered", || {
                    format!("{opnum:?} by {}", response.opnum())
                })?;
                let answer = match (response.to_v2(), response.to_v3()) {
                    (Some(response), None) => Answer::from_v2(&response),
                    (None, Some(response)) => Answer::from_v3(&response),
                    both => return Violation::found("a response has one protocol", format!("{both:?}")),
                };
                let agrees = response.result() == answer.result()
                    && response.indications() == answer.indications().len();
                Violation::unless(agrees, "a response tells its result", || format!("{response:?}"))?;
                Output::Response { call: call.0, answer }
            }
            server::Output::Fault { call, status } => {
                Violation::unless(*status == 0x1C00_001A, "faults are context mismatches", || {
                    format!("{status:#x}")
                })?;
                self.opnums.retain(|(asked, _)| *asked != call.0);
                Output::Fault { call: call.0 }
            }
            server::Output::Abandoned { call } => {
                self.opnums.retain(|(asked, _)| *asked != call.0);
                Output::Abandoned { call: call.0 }
            }
            server::Output::EndConnection { association } => {
                Output::EndConnection { association: association.0 }
            }
        })
    }
}

/// The token of a port that a call made.
pub(super) fn created(output: &server::Output) -> Option<ContextHandle> {
    let server::Output::Response { response, .. } = output else { return None };
    let answer = response
        .to_v2()
        .map(|response| Answer::from_v2(&response))
        .or_else(|| response.to_v3().map(|response| Answer::from_v3(&response)))?;
    match answer {
        Answer::Created { status: 0, port } => Some(port),
        _ => None,
    }
}

/// Models that are followed at the same time.
const MODELS: usize = 64;

/// All orders of a few ports; of many, two.
fn orders(ports: &[usize]) -> Vec<Vec<usize>> {
    if ports.len() > 4 {
        return vec![ports.to_vec(), ports.iter().rev().copied().collect()];
    }
    let Some((first, rest)) = ports.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        for place in 0..=order.len() {
            let mut order = order.clone();
            order.insert(place, *first);
            all.push(order);
        }
    }
    all
}

/// Holds a model against what the engine did.
fn agrees(
    model: &mut Model,
    seen: &[Output],
    due: Option<Instant>,
    statistics: &server::Statistics,
) -> Result<(), Violation> {
    let mut expected = model.take_outputs();
    expected.iter_mut().for_each(forgive);
    expected.sort_by_key(place);
    Violation::unless(seen == expected, "engine and model do the same", || {
        format!("engine {seen:?}\nmodel  {expected:?}")
    })?;
    let next = model.next_timeout();
    Violation::unless(due == next, "timeouts agree with the model", || format!("{due:?}, not {next:?}"))?;
    count(model, statistics)
}

/// Statistics must be those of the model.
fn count(model: &Model, seen: &server::Statistics) -> Result<(), Violation> {
    let expected = model.statistics();
    let index = seen.objects;
    let seen = [seen.ports, seen.filters, seen.handles, seen.associations, seen.queued, seen.waiting];
    Violation::unless(seen == expected, "statistics agree with the model", || {
        let names = "[ports, filters, handles, associations, queued, waiting]";
        format!("{names} {seen:?}, not {expected:?}")
    })?;
    // A filter on the cluster may keep the objects that it covers in an index: at most the cluster and the root key.
    let named = model.objects();
    let [_, filters, ..] = seen;
    let most = named.saturating_add(if filters == 0 { 0 } else { 2 });
    Violation::unless((named..=most).contains(&index), "the index holds what is named", || {
        format!("{index} objects, not {named} to {most}")
    })
}

/// Makes alike what the specification leaves open: which of two codes says that a node stopped, and the handle that a
/// failed close returns.
fn forgive(output: &mut Output) {
    let Output::Response { answer, .. } = output else { return };
    if let Answer::Closed { result, port } = answer {
        if *result != 0 {
            *port = Token::NULL;
        }
    }
    let result = match answer {
        Answer::Created { status, .. } => status,
        Answer::Closed { result, .. }
        | Answer::Done { result }
        | Answer::Added { result, .. }
        | Answer::Got { result, .. } => result,
        Answer::Wrong(_) => return,
    };
    *result = match *result {
        0x4E7 => 0x45B,
        0x13D1 => 0x13D0,
        other => other,
    };
}

/// Outputs of one step are compared in the order of their calls.
fn place(output: &Output) -> (u64, u64) {
    match output {
        Output::Response { call, .. } | Output::Fault { call } | Output::Abandoned { call } => (0, *call),
        Output::EndConnection { association } => (1, *association),
    }
}
