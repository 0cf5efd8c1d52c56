//! Sends mutated stubs of all operations, directions and formats of protocol version 3 to our codec and to Samba's
//! libndr: `cargo run --release -p cmrp-testsuite --example differential -- 1000000 [SEED]`.
//!
//! It tells every disagreement, and how often each line of the list of known deviations was needed. A disagreement,
//! and a line that nothing needs, make it fail.
#![forbid(unsafe_code)]
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "a check for developers may panic")]

use std::collections::BTreeMap;
use std::ops::Range;

use cmrp::clusapi3::OPERATION_NAMES;
use cmrp::ndr::Format;
use cmrp_testsuite::differential::DEVIATIONS;
use cmrp_testsuite::differential::{self, Outcome, Stub};
use cmrp_testsuite::message::{Direction, Protocol};
use cmrp_testsuite::random::Random;
use cmrp_testsuite::variation::{self, Kind};
use cmrp_testsuite::vector;

const THREADS: u64 = 2;
/// Values of every operation and direction that are damaged.
const ROUNDS: usize = 12;
/// Operations that libndr knows.
const KNOWN: u16 = 184;
/// Words that stand for counts, null pointers and referents in a stub.
const WORDS: [u32; 11] = [0, 1, 2, 3, 4, 0x10, 0xFFFF, 0x0002_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];

/// A stub of the pool, or one that was made of it.
#[derive(Clone)]
struct Owned {
    opnum: u16,
    direction: Direction,
    format: Format,
    octets: Vec<u8>,
}

#[derive(Default)]
struct Tally {
    stubs: u64,
    accepted: u64,
    refused: u64,
    deviating: u64,
    deviations: BTreeMap<usize, u64>,
    disagreements: Vec<String>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (count, seed) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1)));
    let (Ok(count), Ok(seed)) = (count, seed) else {
        eprintln!("usage: differential [STUBS [SEED]]");
        std::process::exit(2);
    };
    let pool = pool(seed);
    let shares = (0..THREADS).map(|index| index * count / THREADS..(index + 1) * count / THREADS);
    let tally = std::thread::scope(|scope| {
        let threads: Vec<_> = shares.map(|share| scope.spawn(|| run(share, seed, &pool))).collect();
        let tallies = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        tallies.fold(Tally::default(), Tally::with)
    });
    println!("{} stubs: {} accepted, {} refused", tally.stubs, tally.accepted, tally.refused);
    println!("{} deviate, {} disagree", tally.deviating, tally.disagreements.len());
    for (line, deviation) in DEVIATIONS.iter().enumerate() {
        println!("{:>8} {deviation:?}", tally.deviations.get(&line).copied().unwrap_or(0));
    }
    let mut classes: BTreeMap<String, (usize, &String)> = BTreeMap::new();
    for text in &tally.disagreements {
        let lines: Vec<&str> = text.lines().collect();
        let head: Vec<&str> = lines[0].split(' ').take(3).collect();
        let ours = lines[1].split(|c: char| c.is_ascii_digit()).map(str::trim).collect::<Vec<_>>().join("#");
        let ours = if ours.contains("octets read") { "accepted".to_owned() } else { ours };
        let theirs = lines.last().unwrap().split("NDR error").next().unwrap();
        let theirs = if theirs.contains("octets read") { "accepted" } else { theirs };
        let ours = ours.rsplit_once(" at octet").map_or(ours.clone(), |(_, x)| x.to_owned());
        let class = if ours.contains("accepted") {
            format!("{} {} {ours} | {theirs}", head[0], head[1])
        } else {
            format!("{} {ours} | {theirs}", head[1])
        };
        let e = classes.entry(class).or_insert((0, text));
        e.0 += 1;
        if text.len() < e.1.len() {
            e.1 = text;
        }
    }
    for (class, (n, text)) in classes {
        println!("{n:>8} {class}\n{text}");
    }
}

fn run(share: Range<u64>, seed: u64, pool: &[Owned]) -> Tally {
    let mut tally = Tally::default();
    for number in share {
        let mut random = Random::new(Random::new(seed).bits() ^ Random::new(number).bits());
        let stub = random.choose(pool).expect("stubs").mutated(&mut random);
        tally.take(&stub);
    }
    tally
}

impl Tally {
    fn take(&mut self, stub: &Owned) {
        self.stubs += 1;
        match differential::compare(stub.borrow()) {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Deviates(lines) => {
                self.deviating += 1;
                lines.iter().for_each(|line| *self.deviations.entry(*line).or_default() += 1);
            }
            Outcome::Disagrees(text) => self.disagreements.push(text),
            Outcome::NotCompared => {}
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.stubs += other.stubs;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.deviating += other.deviating;
        for (line, count) in other.deviations {
            *self.deviations.entry(line).or_default() += count;
        }
        self.disagreements.extend(other.disagreements);
        self
    }
}

/// Stubs that both should accept: the vectors, and random values of every operation.
fn pool(seed: u64) -> Vec<Owned> {
    let mut random = Random::new(seed);
    let mut pool = Vec::new();
    let vectors = vector::all();
    for opnum in 0..KNOWN {
        for direction in [Direction::Request, Direction::Response] {
            let kind = Kind { protocol: Protocol::V3, direction, opnum };
            let mut values: Vec<_> = vectors
                .iter()
                .filter(|v| v.protocol == Protocol::V3 && v.direction == direction && v.opnum == opnum)
                .map(|v| v.value.clone())
                .collect();
            values.extend(variation::plain(kind));
            if values.is_empty() {
                continue;
            }
            for _ in 0..ROUNDS {
                let value = variation::vary(kind, random.choose(&values).expect("values"), &mut random);
                values.push(value);
            }
            for value in values {
                for format in Format::ALL {
                    if let Ok(octets) = kind.encode(&value, format) {
                        pool.push(Owned { opnum, direction, format, octets });
                    }
                }
            }
        }
    }
    pool
}

impl Owned {
    fn borrow(&self) -> Stub<'_> {
        Stub { opnum: self.opnum, direction: self.direction, format: self.format, octets: &self.octets }
    }

    fn mutated(&self, random: &mut Random) -> Self {
        let mut stub = self.clone();
        for _ in 0..random.below(4) {
            stub.damage(random);
        }
        stub
    }

    fn damage(&mut self, random: &mut Random) {
        let at = random.below(self.octets.len());
        match random.below(10) {
            0 => self.octets.truncate(at),
            1 => drop(self.octets.splice(at..at, self.word(random))),
            2 => drop(self.octets.drain(at..(at + random.below(9)).min(self.octets.len()))),
            3 => self.opnum = u16::try_from(random.below(OPERATION_NAMES.len() + 1)).unwrap_or(u16::MAX),
            4 => self.format = *random.choose(&Format::ALL).expect("three formats"),
            5 => self.flip(at, 1 << random.below(8)),
            6 => self.flip(at, random.octet()),
            _ => self.put_word(at & !3, random),
        }
    }

    fn flip(&mut self, at: usize, bits: u8) {
        if let Some(octet) = self.octets.get_mut(at) {
            *octet ^= bits;
        }
    }

    fn put_word(&mut self, at: usize, random: &mut Random) {
        let word = self.word(random);
        self.octets.iter_mut().skip(at).zip(word).for_each(|(octet, new)| *octet = new);
    }

    fn word(&self, random: &mut Random) -> [u8; 4] {
        let word = *random.choose(&WORDS).expect("words");
        if self.format == Format::NDR20_BE { word.to_be_bytes() } else { word.to_le_bytes() }
    }
}
