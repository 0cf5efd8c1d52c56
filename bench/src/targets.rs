//! The ratios that are to be reached, and whether they are.

use std::fmt;

use crate::contestant::{Contestant, Operation, Task};
use crate::measure::Group;
use crate::message::Message;

/// A ratio that was measured, and what it should be.
#[derive(Clone, Debug)]
pub struct Target {
    what: String,
    measured: f64,
    bound: Bound,
    /// The same for the floor, which says what is possible.
    floor: Option<f64>,
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
        write!(f, "{outcome:<12} {:>7.2} {word} {bound:<4} {}", self.measured, self.what)?;
        self.floor.map_or(Ok(()), |floor| write!(f, " (floor: {floor:.2})"))
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug)]
enum Ratio {
    /// With the floor.
    OverFloor,
    /// With a copy of the octets.
    OverMemcpy,
    /// With the same message without its large buffer.
    OverEmpty,
    /// The fastest other crate with it.
    CrateOver,
    /// The fastest other codec with it.
    PeerOver,
    /// libndr with it.
    LibndrOver,
    /// No ratio: allocations.
    Allocations,
}

impl Ratio {
    const fn name(self) -> &'static str {
        match self {
            Self::OverFloor => "time / floor",
            Self::OverMemcpy => "time / memcpy",
            Self::OverEmpty => "time / time without the octets",
            Self::CrateOver => "fastest crate / time",
            Self::PeerOver => "fastest peer / time",
            Self::LibndrOver => "libndr / time",
            Self::Allocations => "allocations",
        }
    }

    /// The ratio for a contestant, ours or the floor.
    fn of(self, contestant: Contestant, group: &Group, groups: &[Group]) -> Option<f64> {
        match self {
            Self::OverFloor => group.over(Contestant::Floor, contestant),
            Self::OverMemcpy => group.over(Contestant::Memcpy, contestant),
            Self::OverEmpty => over_empty(contestant, group, groups),
            Self::CrateOver => fastest_over(contestant, group, Contestant::is_crate),
            Self::PeerOver => fastest_over(contestant, group, Contestant::is_peer),
            Self::LibndrOver => group.over(contestant, Contestant::Libndr),
            Self::Allocations => group.sample(contestant).map(|sample| sample.allocations),
        }
    }
}

/// All targets that the measured groups say something about.
pub fn targets(groups: &[Group]) -> Vec<Target> {
    groups.iter().flat_map(|group| of_group(group, groups)).collect()
}

fn of_group(group: &Group, groups: &[Group]) -> Vec<Target> {
    let target = |(ratio, bound): &(Ratio, Bound)| {
        Some(Target {
            what: format!("{}: {}", ratio.name(), group.task),
            measured: ratio.of(Contestant::Ours, group, groups)?,
            bound: *bound,
            floor: ratio.of(Contestant::Floor, group, groups),
        })
    };
    aims(group.task).iter().filter_map(target).collect()
}

/// What is aimed at.
fn aims(task: Task) -> &'static [(Ratio, Bound)] {
    use Bound::{AtLeast, AtMost};
    use Ratio::{Allocations, CrateOver, LibndrOver, OverEmpty, OverFloor, OverMemcpy, PeerOver};
    match (task.message, task.operation) {
        (Message::GetNotifyShort | Message::GetNotifyLong, Operation::Decode) => &[
            (OverFloor, AtMost(4.0)),
            (CrateOver, AtLeast(10.0)),
            (LibndrOver, AtLeast(40.0)),
            (Allocations, AtMost(0.0)),
        ],
        (Message::GetNotifyShort | Message::GetNotifyLong, Operation::Encode) => {
            &[(PeerOver, AtLeast(8.0)), (Allocations, AtMost(0.0))]
        }
        (Message::CreateEnum | Message::GetNotifyV2, Operation::Decode) => {
            &[(LibndrOver, AtLeast(15.0)), (Allocations, AtMost(1.0))]
        }
        (Message::CreateEnum | Message::GetNotifyV2, Operation::Encode) => &[(LibndrOver, AtLeast(20.0))],
        (Message::ClusterControl, Operation::Decode) => &[(OverEmpty, AtMost(1.5))],
        (Message::ClusterControl, Operation::Encode) => &[(OverMemcpy, AtMost(1.5))],
        _ => &[],
    }
}

/// How many times as long as a contestant the fastest of some others took.
fn fastest_over(one: Contestant, group: &Group, among: impl Fn(Contestant) -> bool) -> Option<f64> {
    let them = Contestant::ALL.into_iter().filter(|contestant| among(*contestant));
    them.filter_map(|contestant| group.over(one, contestant)).min_by(f64::total_cmp)
}

/// How many times as long a contestant takes for the large buffer as for the empty one.
fn over_empty(contestant: Contestant, group: &Group, groups: &[Group]) -> Option<f64> {
    let task = Task { message: Message::ClusterControlEmpty, ..group.task };
    let empty = groups.iter().find(|other| other.task == task)?.sample(contestant)?;
    Some(group.sample(contestant)?.nanoseconds / empty.nanoseconds)
}
