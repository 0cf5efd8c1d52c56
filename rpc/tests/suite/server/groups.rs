//! Association groups (MS-RPCE 3.3.1.5.7).

use std::sync::Arc;

use dcerpc_proto::bind::BindNak;
use dcerpc_proto::server::{Associations, Config, Connection, Event, GroupId, Join, JoinError, PeerAddress};
use dcerpc_proto::{Body, Pdu, SyntaxId};

use super::support::{HOME, bind, open_config, request};
use crate::samples::clusapi3;

struct House {
    config: Arc<Config>,
    groups: Associations,
}

impl House {
    fn new(config: Config) -> Self {
        Self { groups: Associations::starting_at(&config, u32::MAX), config: Arc::new(config) }
    }

    /// Binds a new connection: its group and whether that was there, or the reason of the refusal.
    fn connect(&mut self, peer: PeerAddress, group: u32) -> (Connection, Result<(GroupId, bool), u16>) {
        let mut connection = Connection::new(self.config.clone(), peer, "1");
        let pdu = bind(group, &[(0, clusapi3(), SyntaxId::NDR20)]);
        connection.handle_input(&pdu.encode().unwrap(), &mut self.groups);
        let outcome = match connection.poll_event() {
            Some(Event::Bound { group, joined, .. }) => Ok((group, joined)),
            Some(Event::Refused { reason, .. }) => Err(reason),
            other => panic!("{other:?}"),
        };
        (connection, outcome)
    }
}

#[test]
fn connections_of_one_address_share_a_group_until_the_last_has_gone() {
    let mut house = House::new(open_config());
    let (mut first, outcome) = house.connect(HOME, 0);
    let (group, false) = outcome.unwrap() else { panic!() };
    let (mut second, outcome) = house.connect(HOME, group.get());
    assert_eq!(outcome, Ok((group, true)));
    let ack = second.poll_transmit().unwrap();
    let Body::BindAck(ack) = Pdu::decode(&ack).unwrap().body else { panic!() };
    assert_eq!((ack.assoc_group_id, ack.port()), (group.get(), Some("1")));
    assert_eq!(house.groups.connections(group), 2);
    assert_eq!(first.close(&mut house.groups), None);
    assert_eq!(first.close(&mut house.groups), None);
    assert_eq!(house.groups.connections(group), 1);
    assert_eq!(second.group(), Some(group));
    assert_eq!(second.close(&mut house.groups), Some(group));
    assert_eq!((second.close(&mut house.groups), second.group(), house.groups.len()), (None, None, 0));
    // The number is not used again, so the group is unknown now.
    assert_eq!(house.connect(HOME, group.get()).1, Err(BindNak::NOT_SPECIFIED));
}

#[test]
fn nobody_joins_the_group_of_another_address() {
    let mut house = House::new(open_config());
    let (_first, outcome) = house.connect(HOME, 0);
    let (group, _) = outcome.unwrap();
    let (mut stranger, outcome) = house.connect(PeerAddress([2; 16]), group.get());
    assert_eq!(outcome, Err(BindNak::NOT_SPECIFIED));
    assert!(stranger.is_closing());
    assert_eq!(stranger.close(&mut house.groups), None);
    assert_eq!(house.groups.connections(group), 1);
}

#[test]
fn numbers_skip_zero_and_those_in_use() {
    let mut house = House::new(open_config());
    let numbers: Vec<_> = (0..3).map(|_| house.connect(HOME, 0).1.unwrap().0.get()).collect();
    assert_eq!(numbers, [u32::MAX, 1, 2]);
}

#[test]
fn groups_and_their_connections_are_limited() {
    let mut config = open_config();
    (config.limits.max_groups, config.limits.max_group) = (2, 2);
    let mut house = House::new(config);
    let (mut first, outcome) = house.connect(HOME, 0);
    let (group, _) = outcome.unwrap();
    let _other = house.connect(HOME, 0);
    assert_eq!(house.connect(HOME, 0).1, Err(BindNak::LOCAL_LIMIT));
    house.connect(HOME, group.get()).1.unwrap();
    assert_eq!(house.connect(HOME, group.get()).1, Err(BindNak::LOCAL_LIMIT));
    first.close(&mut house.groups);
    house.connect(HOME, group.get()).1.unwrap();
}

#[test]
fn an_ipv4_address_is_the_one_that_it_is_mapped_to() {
    let (v4, mapped) = ("192.0.2.1", "::ffff:192.0.2.1");
    let address = |text: &str| PeerAddress::from(text.parse::<std::net::IpAddr>().unwrap());
    assert_eq!(address(v4), address(mapped));
    assert_ne!(address(v4), address("192.0.2.2"));
}

/// The numbers of so many groups of a server with this seed.
fn seeded(seed: [u8; 16], count: usize) -> Vec<u32> {
    let config = Arc::new(open_config());
    let mut house = House { groups: Associations::seeded(&config, &seed), config };
    (0..count).map(|_| house.connect(HOME, 0).1.unwrap().0.get()).collect()
}

#[test]
fn numbers_from_a_seed_cannot_be_foretold_from_others() {
    let numbers = seeded([7; 16], 200);
    let mut steps: Vec<u32> = numbers.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    steps.sort_unstable();
    steps.dedup();
    assert_eq!(steps.len(), 199, "a step was made twice");
    // Each bit is one in about half of the numbers.
    for bit in 0..32 {
        let ones = numbers.iter().filter(|number| *number >> bit & 1 == 1).count();
        assert!((50..150).contains(&ones), "bit {bit}: {ones} of 200");
    }
    assert_ne!(seeded([8; 16], 1), seeded([7; 16], 1));
    assert_eq!(seeded([7; 16], 200), numbers);
}

/// Counts how often it is asked.
struct Lock {
    groups: Associations,
    taken: usize,
}

impl Join for Lock {
    fn join(&mut self, wanted: u32, peer: PeerAddress) -> Result<GroupId, JoinError> {
        self.taken += 1;
        self.groups.join(wanted, peer)
    }
}

#[test]
fn groups_are_asked_for_binds_alone() {
    let config = Arc::new(open_config());
    let mut lock = Lock { groups: Associations::new(&config), taken: 0 };
    let mut connection = Connection::new(config, HOME, "1");
    let pdus = [bind(0, &[(0, clusapi3(), SyntaxId::NDR20)]), request(2, b"one"), request(3, b"two")];
    for pdu in pdus {
        connection.handle_input(&pdu.encode().unwrap(), &mut lock);
    }
    assert_eq!((lock.taken, connection.pending_calls()), (1, 2));
}
