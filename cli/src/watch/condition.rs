//! The condition of an object: its state, and where it is.

use std::fmt;

use cmrp_port::event::v2::{GroupState, NetInterfaceState, NetworkState, NodeState, ResourceState};
use cmrp_port::object::ObjectKind;

/// What is known of an object with a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Its number (MS-CMRP 3.1.4.2.13, 3.1.4.2.46, 3.1.4.2.69, 3.1.4.2.84, 3.1.4.2.95).
    pub(crate) state: u32,
    /// The node that owns it: groups and resources.
    pub(crate) owner: Option<String>,
    /// The group that it is in: resources.
    pub(crate) group: Option<String>,
}

/// The number of a state that could not be found out.
const UNKNOWN: u32 = 0xFFFF_FFFF;

impl Condition {
    /// The state alone.
    #[cfg(test)]
    pub(crate) fn of(state: u32) -> Self {
        Self { state, owner: None, group: None }
    }

    /// The number as metrics have it: an unknown state is -1.
    pub(crate) fn number(&self) -> i64 {
        if self.state == UNKNOWN { -1 } else { self.state.into() }
    }
}

/// What a state means for people who look after the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// All is well.
    Good,
    /// On its way, or not all of it works, or paused.
    Middling,
    /// Out of order.
    Bad,
    /// Switched off, as it may be meant to be, or not known.
    Neutral,
}

/// A state with the kind of object that it is of. Displays its name, or its number where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) kind: ObjectKind,
    pub(crate) number: u32,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.kind {
            ObjectKind::Node => NodeState(number).fmt(f),
            ObjectKind::Group => GroupState(number).fmt(f),
            ObjectKind::Resource => ResourceState(number).fmt(f),
            ObjectKind::Network => NetworkState(number).fmt(f),
            ObjectKind::NetInterface => NetInterfaceState(number).fmt(f),
            _ => write!(f, "{number:#x}"),
        }
    }
}

impl State {
    pub(crate) fn health(self) -> Health {
        match self.kind {
            ObjectKind::Node => match NodeState(self.number) {
                NodeState::UP => Health::Good,
                NodeState::DOWN => Health::Bad,
                NodeState::PAUSED | NodeState::JOINING => Health::Middling,
                _ => Health::Neutral,
            },
            ObjectKind::Group => match GroupState(self.number) {
                GroupState::ONLINE => Health::Good,
                GroupState::FAILED => Health::Bad,
                GroupState::PARTIAL_ONLINE | GroupState::PENDING => Health::Middling,
                _ => Health::Neutral,
            },
            ObjectKind::Resource => resource_health(ResourceState(self.number)),
            ObjectKind::Network => match NetworkState(self.number) {
                NetworkState::UP => Health::Good,
                NetworkState::DOWN => Health::Bad,
                NetworkState::PARTITIONED => Health::Middling,
                _ => Health::Neutral,
            },
            ObjectKind::NetInterface => match NetInterfaceState(self.number) {
                NetInterfaceState::UP => Health::Good,
                NetInterfaceState::FAILED => Health::Bad,
                NetInterfaceState::UNREACHABLE => Health::Middling,
                _ => Health::Neutral,
            },
            _ => Health::Neutral,
        }
    }
}

fn resource_health(state: ResourceState) -> Health {
    match state {
        ResourceState::ONLINE => Health::Good,
        ResourceState::FAILED => Health::Bad,
        ResourceState::INITIALIZING | ResourceState::ONLINE_PENDING | ResourceState::OFFLINE_PENDING => {
            Health::Middling
        }
        _ => Health::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;

    use super::{Condition, Health, State};

    #[test]
    fn states_have_the_names_of_the_specification() {
        // MS-CMRP 3.1.4.2.13, .46, .69, .84, .95.
        let cases = [
            (ObjectKind::Resource, 0x82, "OfflinePending", Health::Middling),
            (ObjectKind::Group, 3, "PartialOnline", Health::Middling),
            (ObjectKind::Group, 1, "Offline", Health::Neutral),
            (ObjectKind::Node, 1, "Down", Health::Bad),
            (ObjectKind::Network, 3, "Up", Health::Good),
            (ObjectKind::NetInterface, 0, "Failed", Health::Bad),
            (ObjectKind::NetInterface, 77, "0x4d", Health::Neutral),
        ];
        for (kind, number, name, health) in cases {
            let state = State { kind, number };
            assert_eq!((state.to_string().as_str(), state.health()), (name, health), "{state:?}");
        }
    }

    #[test]
    fn an_unknown_state_is_minus_one_in_metrics() {
        assert_eq!(Condition::of(0xFFFF_FFFF).number(), -1);
        assert_eq!(Condition::of(0x82).number(), 130);
    }
}
