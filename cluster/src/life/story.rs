//! What happens in a life: stories of one change or several.

use super::guard::{failed, is_active, is_possible, is_quiet};
use super::random::Random;
use crate::change::{Change, InterfaceCondition, NetworkCondition, Target};
use crate::embedded::model::{NodeState, ResourceState, State};
use crate::plain::PlainValue;

/// A part of a story.
#[derive(Clone, Debug)]
pub(super) struct Chapter {
    /// How long after the one before it, in tenths of the time between two stories.
    pub(super) after: u32,
    pub(super) change: Change,
    /// Whether it makes good what an earlier chapter broke, and so is waited for.
    pub(super) must: bool,
}

/// What a story is made from.
struct Teller<'a> {
    random: &'a mut Random,
    state: &'a State,
    /// What other stories are still going to do.
    taken: &'a [&'a Change],
    /// The number of the story.
    number: u64,
}

type Story = fn(&mut Teller<'_>) -> Option<Vec<Chapter>>;

/// The stories that there are, each with its share of all.
const STORIES: [(usize, Story); 14] = [
    (10, |teller| teller.a_resource_fails()),
    (10, |teller| teller.a_group_moves()),
    (4, |teller| teller.a_node_restarts()),
    (3, |teller| teller.a_node_is_serviced()),
    (4, |teller| teller.a_resource_is_restarted()),
    (2, |teller| teller.a_group_is_restarted()),
    (5, |teller| teller.a_network_flaps()),
    (5, |teller| teller.an_interface_flaps()),
    (8, |teller| teller.a_property_is_edited()),
    (8, |teller| teller.the_registry_is_written()),
    (3, |teller| teller.a_role_comes_and_goes()),
    (1, |teller| teller.a_role_is_renamed()),
    (12, |teller| teller.what_failed_is_mended()),
    (12, |teller| teller.a_node_comes_back()),
];

/// Tells a story whose first chapter is possible now; none if nothing is.
pub(super) fn tell(random: &mut Random, state: &State, taken: &[&Change], number: u64) -> Vec<Chapter> {
    let mut stories = STORIES.to_vec();
    while !stories.is_empty() {
        let story = draw(random, &mut stories);
        let mut teller = Teller { random, state, taken, number };
        let told = story.and_then(|story| story(&mut teller));
        let possible =
            told.filter(|told| told.first().is_some_and(|first| is_possible(state, &first.change)));
        if let Some(chapters) = possible {
            return chapters;
        }
    }
    Vec::new()
}

/// Takes a story out, the likelier the larger its share.
fn draw(random: &mut Random, stories: &mut Vec<(usize, Story)>) -> Option<Story> {
    let all: usize = stories.iter().map(|(share, _)| share).sum();
    let mut drawn = random.below(all);
    let at = stories.iter().position(|(share, _)| {
        let hit = drawn < *share;
        drawn = drawn.saturating_sub(*share);
        hit
    });
    at.map(|at| stories.remove(at).1)
}

fn first(change: Change) -> Chapter {
    Chapter { after: 0, change, must: false }
}

fn then(after: u32, change: Change) -> Chapter {
    Chapter { after, change, must: true }
}

impl Teller<'_> {
    fn a_resource_fails(&mut self) -> Option<Vec<Chapter>> {
        let resource = self.resource_in(ResourceState::Online)?;
        Some(vec![first(Change::ResourceFailed { resource })])
    }

    fn what_failed_is_mended(&mut self) -> Option<Vec<Chapter>> {
        let failed: Vec<String> = failed(self.state).map(|(_, name)| name.to_owned()).collect();
        let resource = self.random.pick(&failed)?.clone();
        Some(vec![first(Change::ResourceOnline { resource })])
    }

    fn a_resource_is_restarted(&mut self) -> Option<Vec<Chapter>> {
        let resource = self.resource_in(ResourceState::Online)?;
        Some(vec![
            first(Change::ResourceOffline { resource: resource.clone() }),
            then(self.between(3, 12), Change::ResourceOnline { resource }),
        ])
    }

    fn a_group_moves(&mut self) -> Option<Vec<Chapter>> {
        let group = self.group()?;
        let to = self.node_in(NodeState::Up)?;
        Some(vec![first(Change::GroupMoved { group, to: Some(to) })])
    }

    fn a_group_is_restarted(&mut self) -> Option<Vec<Chapter>> {
        let group = self.group()?;
        Some(vec![
            first(Change::GroupOffline { group: group.clone() }),
            then(self.between(5, 15), Change::GroupOnline { group }),
        ])
    }

    fn a_node_restarts(&mut self) -> Option<Vec<Chapter>> {
        let node = self.node_in(NodeState::Up)?;
        Some(vec![
            first(Change::NodeDown { node: node.clone() }),
            then(self.between(10, 40), Change::NodeUp { node }),
        ])
    }

    /// Its groups leave it; it may restart; it goes on.
    fn a_node_is_serviced(&mut self) -> Option<Vec<Chapter>> {
        let node = self.node_in(NodeState::Up)?;
        let mut chapters = vec![first(Change::NodePaused { node: node.clone(), drain: true })];
        if self.random.below(2) == 0 {
            chapters.push(then(self.between(5, 10), Change::NodeDown { node: node.clone() }));
            chapters.push(then(self.between(10, 20), Change::NodeUp { node }));
        } else {
            chapters.push(then(self.between(10, 30), Change::NodeResumed { node }));
        }
        Some(chapters)
    }

    /// Somebody else took it down, or a story ended badly.
    fn a_node_comes_back(&mut self) -> Option<Vec<Chapter>> {
        let down = self.node_in(NodeState::Down).map(|node| Change::NodeUp { node });
        let change =
            down.or_else(|| self.node_in(NodeState::Paused).map(|node| Change::NodeResumed { node }))?;
        Some(vec![first(change)])
    }

    fn a_network_flaps(&mut self) -> Option<Vec<Chapter>> {
        let names: Vec<&String> = self.state.networks.values().map(|network| &network.name).collect();
        let network = (*self.random.pick(&names)?).clone();
        let busy = self.taken.iter().any(|change| matches!(change, Change::NetworkState { .. }));
        if busy {
            return None;
        }
        let change = |state| Change::NetworkState { network: network.clone(), state };
        Some(vec![
            first(change(NetworkCondition::Down)),
            then(self.between(3, 20), change(NetworkCondition::Up)),
        ])
    }

    fn an_interface_flaps(&mut self) -> Option<Vec<Chapter>> {
        let working =
            self.state.interfaces.values().filter(|one| !one.failed && is_active(self.state, one.node));
        let names: Vec<&String> = working.map(|interface| &interface.name).collect();
        let interface = (*self.random.pick(&names)?).clone();
        let change = |state| Change::InterfaceState { interface: interface.clone(), state };
        Some(vec![
            first(change(InterfaceCondition::Failed)),
            then(self.between(3, 20), change(InterfaceCondition::Up)),
        ])
    }

    fn a_property_is_edited(&mut self) -> Option<Vec<Chapter>> {
        let priorities = [1_000, 2_000, 3_000];
        let priority = PlainValue::Dword(*self.random.pick(&priorities)?);
        let note = PlainValue::Text(format!("Edited for ticket {}", self.number));
        let (of, property, value) = match self.random.below(4) {
            0 => (Target::Group(self.group()?), "Priority", priority),
            1 => (Target::Group(self.group()?), "Description", note),
            2 => (Target::Resource(self.resource_in(ResourceState::Online)?), "Description", note),
            _ => (Target::Node(self.node_in(NodeState::Up)?), "Description", note),
        };
        Some(vec![first(Change::PropertySet { of, property: property.to_owned(), value, private: false })])
    }

    fn the_registry_is_written(&mut self) -> Option<Vec<Chapter>> {
        let applications = ["Backup", "Inventory", "Monitoring"];
        let key = format!("Software\\{}", self.random.pick(&applications)?);
        let number = u32::try_from(self.number & 0xFFFF_FFFF).unwrap_or(0);
        Some(vec![first(Change::RegistrySet {
            key,
            value: "LastRun".to_owned(),
            data: PlainValue::Dword(number),
        })])
    }

    /// A group with a resource is made, used, and removed.
    fn a_role_comes_and_goes(&mut self) -> Option<Vec<Chapter>> {
        let under_way = |change: &&Change| matches!(change, Change::GroupDeleted { .. });
        if self.taken.iter().filter(|change| under_way(change)).count() > 2 {
            return None;
        }
        let group = format!("Batch {}", self.number);
        let resource = format!("Batch Job {}", self.number);
        let kind = "Generic Application".to_owned();
        Some(vec![
            first(Change::GroupCreated { group: group.clone() }),
            then(1, Change::ResourceCreated { resource: resource.clone(), group: group.clone(), kind }),
            then(2, Change::GroupOnline { group: group.clone() }),
            then(self.between(20, 60), Change::GroupOffline { group: group.clone() }),
            then(3, Change::ResourceDeleted { resource }),
            then(1, Change::GroupDeleted { group }),
        ])
    }

    /// It has another name for a while.
    fn a_role_is_renamed(&mut self) -> Option<Vec<Chapter>> {
        let group = self.group()?;
        let to = format!("{group} (moving)");
        let back = Change::GroupRenamed { group: to.clone(), to: group.clone() };
        let is_core = group.eq_ignore_ascii_case("Cluster Group") || group.contains('(');
        if is_core {
            None
        } else {
            Some(vec![first(Change::GroupRenamed { group, to }), then(self.between(10, 20), back)])
        }
    }

    fn between(&mut self, least: usize, most: usize) -> u32 {
        let extra = self.random.below(most.saturating_sub(least).saturating_add(1));
        u32::try_from(least.saturating_add(extra)).unwrap_or(u32::MAX)
    }

    /// A node in this state, if no story about a node is under way: one at a time is enough.
    fn node_in(&mut self, state: NodeState) -> Option<String> {
        let under_way = |change: &&Change| {
            matches!(change, Change::NodeDown { .. } | Change::NodeUp { .. } | Change::NodeResumed { .. })
        };
        if self.taken.iter().any(under_way) {
            return None;
        }
        let nodes = self.state.nodes.values().filter(|node| node.state == state);
        let names: Vec<&String> = nodes.map(|node| &node.name).collect();
        self.random.pick(&names).map(|name| (*name).clone())
    }

    /// A group at rest that no other story is about.
    fn group(&mut self) -> Option<String> {
        let quiet =
            self.state.groups.values().filter(|group| is_quiet(group) && is_active(self.state, group.owner));
        let names: Vec<&String> =
            quiet.map(|group| &group.name).filter(|name| !self.is_taken(name)).collect();
        self.random.pick(&names).map(|name| (*name).clone())
    }

    /// A resource in this state, in a group at rest, that no other story is about.
    fn resource_in(&mut self, state: ResourceState) -> Option<String> {
        let fitting = self.state.resources.values().filter(|resource| {
            let group = self.state.groups.get(&resource.group);
            resource.state == state
                && group.is_some_and(|group| is_quiet(group) && !self.is_taken(&group.name))
        });
        let names: Vec<&String> = fitting.map(|one| &one.name).filter(|name| !self.is_taken(name)).collect();
        self.random.pick(&names).map(|name| (*name).clone())
    }

    /// Whether a story under way is about the group or resource of this name.
    fn is_taken(&self, name: &str) -> bool {
        self.taken.iter().any(|change| match change {
            Change::GroupOnline { group }
            | Change::GroupOffline { group }
            | Change::GroupDeleted { group }
            | Change::GroupRenamed { group, .. } => group == name,
            Change::ResourceOnline { resource } | Change::ResourceDeleted { resource } => resource == name,
            _ => false,
        })
    }
}
