#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "all numbers are small, and an overflow fails the test"
)]

use super::*;

/// What came out, per direction, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Record {
    octets: [Vec<u8>; 2],
    lost: [u32; 2],
    /// Which end sent each run of octets, in the order in which they came out.
    order: Vec<(End, u64)>,
    closed: Vec<usize>,
    streams: Vec<u64>,
}

impl Sink for Record {
    fn data(&mut self, flow: &Flow, origin: Origin, octets: &[u8]) {
        self.octets[index(flow.sender)].extend_from_slice(octets);
        self.order.push((flow.sender, origin.frame));
        self.streams.push(flow.stream);
    }

    fn lost(&mut self, flow: &Flow, octets: u32) {
        self.lost[index(flow.sender)] += octets;
    }

    fn closed(&mut self, slot: usize) {
        self.closed.push(slot);
    }
}

fn index(end: End) -> usize {
    usize::from(end == End::Second)
}

/// A segment that owns its payload.
#[derive(Clone, Debug)]
struct Sent {
    end: End,
    sequence: u32,
    acknowledgment: Option<u32>,
    syn: bool,
    fin: bool,
    payload: Vec<u8>,
}

impl Sent {
    fn segment(&self, port: u16) -> Segment<'_> {
        let client = SocketAddr::from(([10, 0, 0, 1], port));
        let server = SocketAddr::from(([10, 0, 0, 2], 49152));
        let (source, destination) = if self.end == End::First { (client, server) } else { (server, client) };
        Segment {
            source,
            destination,
            sequence: self.sequence,
            acknowledgment: self.acknowledgment,
            syn: self.syn,
            fin: self.fin,
            rst: false,
            payload: &self.payload,
        }
    }
}

/// Pseudo-random numbers that are the same in every run (xorshift32).
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, limit: u32) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 % limit) as usize
    }
}

/// A handshake, then `turns` requests of two segments each and their responses, in the right order.
fn conversation(turns: u8, base: u32) -> Vec<Sent> {
    let mut next = [base, base.wrapping_mul(7).wrapping_add(99)];
    let mut sent = Vec::new();
    let mut send = |end: End, syn: bool, payload: Vec<u8>| {
        let [own, other] = if end == End::First { [next[0], next[1]] } else { [next[1], next[0]] };
        let acknowledgment = (!syn || end == End::Second).then_some(other);
        next[index(end)] = own.wrapping_add(u32::from(syn)).wrapping_add(payload.len() as u32);
        sent.push(Sent { end, sequence: own, acknowledgment, syn, fin: false, payload });
    };
    send(End::First, true, Vec::new());
    send(End::Second, true, Vec::new());
    for turn in 0..turns {
        send(End::First, false, vec![turn; 50]);
        send(End::First, false, vec![turn; usize::from(turn) + 1]);
        send(End::Second, false, vec![turn | 0x80; 120]);
    }
    sent
}

fn play<'a>(sent: impl IntoIterator<Item = &'a Sent>) -> Record {
    let mut record = Record::default();
    let mut streams = Streams::default();
    for (frame, sent) in sent.into_iter().enumerate() {
        streams.segment(&sent.segment(50000), Origin { frame: frame as u64 + 1, time: None }, &mut record);
    }
    streams.finish(&mut record);
    record
}

#[test]
fn any_order_gives_what_the_right_order_gives() {
    // One base lets the sequence numbers pass zero.
    for (seed, base) in [(1, 1000), (2, u32::MAX - 700), (3, 0x7fff_ff00)] {
        let right = conversation(40, base);
        let expected = play(&right);
        assert_eq!(expected.lost, [0, 0]);
        let mut numbers = Numbers(seed);
        for _ in 0..50 {
            // Each segment comes up to 20 places late. The handshake stays first: it tells where the streams begin.
            let mut order: Vec<usize> = (2..right.len()).collect();
            order.sort_by_cached_key(|at| at + numbers.below(20));
            let shuffled = [0, 1].into_iter().chain(order).map(|at| &right[at]);
            let record = play(shuffled);
            assert!(record.octets == expected.octets, "seed {seed}");
            assert_eq!(record.lost, [0, 0]);
            let ends = |record: &Record| record.order.iter().map(|(end, _)| *end).collect::<Vec<_>>();
            assert_eq!(ends(&record), ends(&expected), "a response never comes out before its request");
        }
    }
}

#[test]
fn retransmissions_and_overlaps_change_nothing() {
    let right = conversation(20, 5);
    let expected = play(&right);
    let mut numbers = Numbers(9);
    let mut repeated = Vec::new();
    for (at, sent) in right.iter().enumerate() {
        repeated.push(sent.clone());
        let earlier = &right[2.max(at.saturating_sub(numbers.below(8)))..=at.max(2)];
        // The octets of several segments of one end again, in one segment.
        let of_one_end: Vec<&Sent> = earlier.iter().filter(|other| other.end == sent.end).collect();
        if let (Some(first), true) = (of_one_end.first(), at > 2) {
            let payload = of_one_end.iter().flat_map(|other| other.payload.clone()).collect();
            repeated.push(Sent { payload, ..(*first).clone() });
        }
    }
    assert!(repeated.len() > right.len());
    assert!(play(&repeated).octets == expected.octets);
}

#[test]
fn what_the_other_end_acknowledged_and_never_comes_is_lost() {
    let right = conversation(60, 77);
    let expected = play(&right);
    let mut damaged = right.clone();
    let missing = damaged.remove(5);
    assert_eq!((missing.end, missing.payload.len()), (End::First, 50));
    let record = play(&damaged);
    assert_eq!(record.lost, [50, 0]);
    assert!(record.octets[1] == expected.octets[1]);
    let mut rest = expected.octets[0].clone();
    rest.drain(51..101);
    assert!(record.octets[0] == rest);
    // The hole does not hold back the rest until the end of the capture.
    let mut streams = Streams::default();
    let mut record = Record::default();
    for sent in damaged.iter().take(50) {
        streams.segment(&sent.segment(50000), Origin { frame: 1, time: None }, &mut record);
    }
    assert_eq!(record.lost, [50, 0]);
    assert!(record.octets[0].len() > 300);
}

#[test]
fn a_capture_may_start_in_the_middle() {
    let right = conversation(10, 123_456);
    let expected = play(&right);
    let record = play(&right[8..]);
    assert_eq!(record.lost, [0, 0]);
    assert!(expected.octets[0].ends_with(&record.octets[0]) && !record.octets[0].is_empty());
    assert!(expected.octets[1].ends_with(&record.octets[1]) && !record.octets[1].is_empty());
}

#[test]
fn one_direction_alone_is_enough() {
    let right = conversation(10, 123_456);
    let expected = play(&right);
    let record = play(right.iter().filter(|sent| sent.end == End::First));
    assert!(record.octets == [expected.octets[0].clone(), Vec::new()]);
    assert_eq!(record.lost, [0, 0]);
}

#[test]
fn a_hole_that_nobody_fills_holds_a_bounded_number_of_octets() {
    let mut streams = Streams::default();
    let mut record = Record::default();
    let syn = Sent {
        end: End::First,
        sequence: 0,
        acknowledgment: None,
        syn: true,
        fin: false,
        payload: Vec::new(),
    };
    streams.segment(&syn.segment(50000), Origin { frame: 1, time: None }, &mut record);
    // The other end is seen, and never acknowledges anything.
    let other = Sent { end: End::Second, acknowledgment: Some(1), ..syn.clone() };
    streams.segment(&other.segment(50000), Origin { frame: 2, time: None }, &mut record);
    let mut most = 0;
    for number in 0..3000_u32 {
        let sequence = 1000 + number * 1400;
        let sent = Sent { sequence, syn: false, payload: vec![1; 1400], ..syn.clone() };
        streams.segment(&sent.segment(50000), Origin { frame: 3, time: None }, &mut record);
        most = most.max(streams.held);
    }
    assert!(most > connection::MAX_HELD_OCTETS - 100_000 && most <= connection::MAX_HELD_OCTETS, "{most}");
    assert_eq!(record.lost, [999, 0]);
    assert_eq!(record.octets[0].len(), 3000 * 1400);
}

#[test]
fn octets_that_come_with_the_syn_are_the_first() {
    let syn = Sent {
        end: End::First,
        sequence: 9,
        acknowledgment: None,
        syn: true,
        fin: false,
        payload: vec![1, 2],
    };
    let next = Sent { sequence: 12, syn: false, payload: vec![3], ..syn.clone() };
    let record = play([&syn, &syn, &next]);
    assert_eq!((&record.octets[0][..], record.lost), (&[1, 2, 3][..], [0, 0]));
}

#[test]
fn fin_of_both_ends_closes_once() {
    let mut sent = conversation(2, 1);
    let last = [sent[sent.len() - 2].clone(), sent[sent.len() - 1].clone()];
    for of_end in last {
        let sequence = of_end.sequence.wrapping_add(of_end.payload.len() as u32);
        sent.push(Sent { sequence, fin: true, acknowledgment: None, payload: Vec::new(), ..of_end });
    }
    let repeated = sent[sent.len() - 1].clone();
    sent.push(repeated);
    assert_eq!(play(&sent).closed, [0]);
}

#[test]
fn a_new_syn_on_the_same_ports_is_another_connection() {
    let mut sent = conversation(2, 1);
    let second = conversation(2, 900_000);
    let mut repeated_syn = second[0].clone();
    repeated_syn.payload.clear();
    sent.extend(second.clone());
    sent.push(repeated_syn);
    sent.extend(second[2..].iter().cloned());
    let record = play(&sent);
    // The second one takes the slot of the first.
    assert_eq!(record.closed, [0, 0]);
    assert_eq!(record.streams.iter().filter(|stream| **stream == 0).count(), 6);
    assert_eq!(record.streams.iter().filter(|stream| **stream == 1).count(), 6);
    assert_eq!(record.octets[0].len(), 2 * (51 + 52));
}

/// Counts the slots that octets came from and whose connection has not been closed since.
#[derive(Default)]
struct Slots {
    in_use: std::collections::BTreeSet<usize>,
    latest: u64,
}

impl Sink for Slots {
    fn data(&mut self, flow: &Flow, _: Origin, _: &[u8]) {
        assert!(flow.slot < MAX_CONNECTIONS);
        self.in_use.insert(flow.slot);
        self.latest = flow.stream;
    }

    fn lost(&mut self, _: &Flow, _: u32) {}

    fn closed(&mut self, slot: usize) {
        self.in_use.remove(&slot);
    }
}

/// The first segment of one of many connections, with an octet of data.
fn first_of_many(number: u32) -> Segment<'static> {
    let [_, a, b, c] = number.to_be_bytes();
    Segment {
        source: SocketAddr::from(([10, a, b, c], 50_000)),
        destination: SocketAddr::from(([172, 16, 0, 1], 49152)),
        sequence: 1,
        acknowledgment: None,
        syn: true,
        fin: false,
        rst: false,
        payload: b"x",
    }
}

#[test]
fn what_is_remembered_of_connections_is_bounded() {
    let origin = Origin { frame: 1, time: None };
    let (mut streams, mut slots) = (Streams::default(), Slots::default());
    for number in 0..100_000 {
        // Every other connection ends at once.
        let segment = Segment { rst: number % 2 == 0, ..first_of_many(number) };
        streams.segment(&segment, origin, &mut slots);
        assert!(streams.remembered() <= MAX_CONNECTIONS && slots.in_use.len() <= MAX_CONNECTIONS);
    }
    assert_eq!((streams.remembered(), slots.latest), (MAX_CONNECTIONS, 99_999));
    // Those that have ended went first, then those that were silent for longest.
    assert_eq!((streams.ended.len(), slots.in_use.len()), (0, MAX_CONNECTIONS));
    let silent = Segment { syn: false, sequence: 3, ..first_of_many(1) };
    let last = Segment { syn: false, sequence: 3, ..first_of_many(99_999) };
    streams.segment(&last, origin, &mut slots);
    assert_eq!(slots.latest, 99_999);
    streams.segment(&silent, origin, &mut slots);
    assert_eq!(slots.latest, 100_000);
    streams.finish(&mut slots);
    assert!(slots.in_use.is_empty());
}
