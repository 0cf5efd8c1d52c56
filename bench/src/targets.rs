//! The ratios that are to be reached, and whether they are.

use std::fmt;

use crate::contestant::{Contestant, Operation};
use crate::measure::Group;
use crate::message::Message;

/// A ratio that was measured, and what it should be.
#[derive(Clone, Debug)]
pub struct Target {
    what: String,
    measured: f64,
    bound: Bound,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    /// Whether the ratio is what it should be.
    pub fn is_reached(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.measured <= most,
            Bound::AtLeast(least) => self.measured >= least,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.is_reached() { "reached" } else { "NOT REACHED" };
        let (word, bound) = match self.bound {
            Bound::AtMost(most) => ("<=", most),
            Bound::AtLeast(least) => (">=", least),
        };
        write!(f, "{outcome:<12} {:>7.2} {word} {bound:<4} {}", self.measured, self.what)
    }
}

/// All targets that the measured groups say something about.
pub fn targets(groups: &[Group]) -> Vec<Target> {
    groups.iter().flat_map(|group| of_group(group, groups)).collect()
}

fn of_group(group: &Group, groups: &[Group]) -> Vec<Target> {
    use {
        Bound::{AtLeast, AtMost},
        Contestant::{Floor, Libndr, Memcpy},
        Message as M, Operation as O,
    };
    let over = |contestant| group.over_ours(contestant);
    let candidates = match (group.task.message, group.task.operation) {
        (M::GetNotifyShort | M::GetNotifyLong, O::Decode) => vec![
            ("time / floor", over(Floor).map(f64::recip), AtMost(4.0)),
            ("fastest crate / time", fastest(group, Contestant::is_crate), AtLeast(10.0)),
            ("libndr / time", over(Libndr), AtLeast(40.0)),
            ("allocations", allocations(group), AtMost(0.0)),
        ],
        (M::GetNotifyShort | M::GetNotifyLong, O::Encode) => vec![
            ("fastest peer / time", fastest(group, Contestant::is_peer), AtLeast(8.0)),
            ("allocations", allocations(group), AtMost(0.0)),
        ],
        (M::CreateEnum | M::GetNotifyV2, O::Decode) => vec![
            ("libndr / time", over(Libndr), AtLeast(15.0)),
            ("allocations", allocations(group), AtMost(1.0)),
        ],
        (M::CreateEnum | M::GetNotifyV2, O::Encode) => {
            vec![("libndr / time", over(Libndr), AtLeast(20.0))]
        }
        (M::ClusterControl, O::Decode) => {
            vec![("time / time without the octets", over_empty(group, groups), AtMost(1.5))]
        }
        (M::ClusterControl, O::Encode) => {
            vec![("time / memcpy", over(Memcpy).map(f64::recip), AtMost(1.5))]
        }
        _ => Vec::new(),
    };
    let target = |(what, measured, bound): (&str, Option<f64>, Bound)| {
        Some(Target { what: format!("{what}: {}", group.task), measured: measured?, bound })
    };
    candidates.into_iter().filter_map(target).collect()
}

/// How many times as long as ours the fastest of some contestants took.
fn fastest(group: &Group, among: impl Fn(Contestant) -> bool) -> Option<f64> {
    let them = Contestant::ALL.into_iter().filter(|contestant| among(*contestant));
    them.filter_map(|contestant| group.over_ours(contestant)).min_by(f64::total_cmp)
}

fn allocations(group: &Group) -> Option<f64> {
    group.sample(Contestant::Ours).map(|ours| ours.allocations)
}

/// How many times as long ours takes for the large buffer as for the empty one.
fn over_empty(group: &Group, groups: &[Group]) -> Option<f64> {
    let empty = groups
        .iter()
        .find(|other| other.task == crate::Task { message: Message::ClusterControlEmpty, ..group.task })?;
    Some(group.sample(Contestant::Ours)?.nanoseconds / empty.sample(Contestant::Ours)?.nanoseconds)
}
