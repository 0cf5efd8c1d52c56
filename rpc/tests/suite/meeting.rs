//! A server and a client of this crate meet, over a link that chunks and orders at random: each call is answered once,
//! with the octets that it was given.

use std::collections::BTreeMap;
use std::sync::Arc;

use cmrp::ndr::{Endian, Format};
use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::client::{self, CallError};
use dcerpc_proto::server::{self, Associations};
use dcerpc_proto::status::Executed;
use dcerpc_proto::{FormatLabel, SyntaxId};

use crate::hostile::Random;
use crate::samples::clusapi3;
use crate::server::support::HOME;

struct Meeting {
    random: Random,
    server: server::Connection,
    groups: Associations,
    client: client::Connection,
    /// Octets on their way to the server and to the client.
    links: [Vec<u8>; 2],
    /// Calls that the client has made: interface, operation, parameters.
    made: BTreeMap<u32, (SyntaxId, u16, Vec<u8>)>,
    /// Calls that the server has not answered.
    open: Vec<server::Call>,
    /// What it has answered: the stub, or the status of a fault.
    answered: BTreeMap<u32, Result<Vec<u8>, u32>>,
    contexts: Vec<client::Context>,
    told: usize,
    formats: Vec<Format>,
}

fn v2() -> SyntaxId {
    SyntaxId { major: 2, ..clusapi3() }
}

impl Meeting {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed | 1);
        let mut config = server::Config::new(vec![clusapi3(), v2()]);
        config.minimum_level = AuthLevel::NONE;
        config.max_fragment = [1432, 2001, 5840][random.below(3)];
        config.multiplexing = random.below(4) > 0;
        config.limits.max_pending = 1000;
        if random.below(2) == 0 {
            config.transfer_syntaxes.reverse();
        }
        let mut wish = client::Config::new(clusapi3());
        wish.label = [FormatLabel::LITTLE, FormatLabel::BIG][random.below(2)];
        wish.max_fragment = [1432, 4280, 65_535][random.below(3)];
        wish.multiplexing = random.below(4) > 0;
        wish.verification_trailer = random.below(2) == 0;
        wish.transfer_syntaxes.truncate(1 + random.below(2));
        let groups = Associations::new(&config);
        Self {
            random,
            server: server::Connection::new(Arc::new(config), HOME, "135"),
            groups,
            client: client::Connection::new(wish),
            links: [Vec::new(), Vec::new()],
            made: BTreeMap::new(),
            open: Vec::new(),
            answered: BTreeMap::new(),
            contexts: Vec::new(),
            told: 0,
            formats: Vec::new(),
        }
    }

    fn step(&mut self, may_call: bool) {
        match self.random.below(8) {
            0 | 1 if may_call => self.make_call(),
            2 if may_call && self.random.below(20) == 0 => drop(self.client.alter(v2())),
            3 | 4 => self.answer(),
            5 => self.collect(),
            6 => self.hear(),
            _ => self.be_told(),
        }
    }

    fn stub(&mut self) -> Vec<u8> {
        let length = [0, 1, 3, 8, 100, 1408, 5816, 20_000][self.random.below(8)] + self.random.below(3);
        let first = self.random.below(256) as u8;
        (0..length).map(|place| first.wrapping_add(place as u8)).collect()
    }

    fn make_call(&mut self) {
        let (stub, opnum) = (self.stub(), self.random.below(200) as u16);
        let other =
            (!self.contexts.is_empty()).then(|| self.contexts[self.random.below(self.contexts.len())]);
        let result = match other {
            Some(context) if self.random.below(2) == 0 => {
                self.client.call_on(context.id, opnum, &stub).map(|call| (call, context.interface))
            }
            _ => self.client.call(opnum, &stub).map(|call| (call, clusapi3())),
        };
        match result {
            Ok((call, interface)) => {
                let before = self.made.insert(call, (interface, opnum, stub));
                assert!(before.is_none());
            }
            Err(error) => assert!(matches!(error, CallError::NotBound | CallError::Busy), "{error}"),
        }
    }

    fn answer(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let call = self.open.swap_remove(self.random.below(self.open.len()));
        let outcome = if self.random.below(5) == 0 { Err(0x1c00_001a) } else { Ok(self.stub()) };
        match &outcome {
            Ok(stub) => self.server.respond(call.id, stub).unwrap(),
            Err(status) => self.server.fault(call.id, *status, Executed::Maybe).unwrap(),
        }
        assert!(self.answered.insert(call.id, outcome).is_none());
    }

    /// Puts what both have to say on their links.
    fn collect(&mut self) {
        self.links[0].extend(std::iter::from_fn(|| self.client.poll_transmit()).flatten());
        self.links[1].extend(std::iter::from_fn(|| self.server.poll_transmit()).flatten());
    }

    fn chunk(&mut self, link: usize) -> Vec<u8> {
        let most = self.links[link].len().min([1, 30, 2000, 100_000][self.random.below(4)]);
        self.links[link].drain(..most).collect()
    }

    fn hear(&mut self) {
        let chunk = self.chunk(0);
        self.server.handle_input(&chunk, &mut self.groups);
        while let Some(event) = self.server.poll_event() {
            match event {
                server::Event::Call(call) => {
                    let (interface, opnum, stub) = &self.made[&call.id];
                    assert_eq!((call.interface, call.opnum), (*interface, *opnum));
                    // In front of a verification trailer stand up to three octets of padding.
                    assert_eq!(call.stub[..stub.len()], *stub);
                    assert!(call.stub.len() - stub.len() < 4);
                    self.open.push(call);
                }
                server::Event::Bound { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn be_told(&mut self) {
        let chunk = self.chunk(1);
        self.client.handle_input(&chunk);
        while let Some(event) = self.client.poll_event() {
            let (call, outcome) = match event {
                client::Event::Response { call, stub, format } => {
                    self.formats.push(format);
                    (call, Ok(stub))
                }
                client::Event::Fault { call, status, .. } => (call, Err(status)),
                client::Event::Altered { outcome, .. } => {
                    self.contexts.push(outcome.unwrap());
                    continue;
                }
                client::Event::Bound { .. } => continue,
                other => panic!("{other:?}"),
            };
            assert_eq!(self.answered.remove(&call), Some(outcome), "call {call}");
            self.told += 1;
        }
    }

    fn finish(&mut self) {
        while self.told < self.made.len() || self.client.pending_calls() > 0 {
            self.step(false);
        }
        assert!(self.open.is_empty() && self.answered.is_empty());
        assert_eq!((self.server.pending_calls(), self.server.held(), self.client.held()), (0, 0, 0));
        assert!(self.server.close(&mut self.groups).is_some());
    }
}

#[test]
fn each_call_is_answered_once_with_what_it_was_given() {
    let (mut calls, mut formats) = (0, Vec::new());
    for seed in 1..=70 {
        let mut meeting = Meeting::new(seed * 7919);
        for _ in 0..600 {
            meeting.step(true);
        }
        meeting.finish();
        calls += meeting.told;
        formats.extend(meeting.formats);
    }
    assert!(calls > 2000, "{calls}");
    for format in [Format::Ndr20(Endian::Little), Format::Ndr20(Endian::Big), Format::Ndr64] {
        assert!(formats.contains(&format), "{format:?}");
    }
}
