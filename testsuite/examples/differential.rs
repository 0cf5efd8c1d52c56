//! Sends mutated stubs of all operations, directions and formats of protocol version 3 to our codec and to Samba's
//! libndr: `cargo run --release -p cmrp-testsuite --example differential -- 1000000 [SEED]`.
//!
//! It goes on until so many were compared outside of the list of known deviations, and tells every disagreement and how
//! often each line of the list was needed. It fails on a disagreement, and on a line that nothing needed.
#![forbid(unsafe_code)]
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "a check for developers may panic")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use cmrp::ndr::Format;
use cmrp_testsuite::differential::{self, DEVIATIONS, Outcome, Stub};
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::{Direction, Protocol};
use cmrp_testsuite::mutate;
use cmrp_testsuite::random::Random;
use cmrp_testsuite::variation::{self, Kind};
use cmrp_testsuite::vector;
use serde_json::Value;

const THREADS: u64 = 2;
/// Operations that libndr knows.
const KNOWN: u16 = 184;
/// Random values of every operation and direction that are damaged, besides those of the vectors.
const ROUNDS: usize = 16;
/// Damages that a stub suffers at most.
const MOST_DAMAGES: usize = 4;
/// Words that stand for counts, null pointers and referents in a stub.
const WORDS: [u32; 13] =
    [0, 1, 2, 3, 4, 5, 0x10, 0xD800, 0xFFFF, 0x0002_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
/// Disagreements that are printed.
const MOST_PRINTED: usize = 20;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (count, seed) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1)));
    let (Ok(count), Ok(seed)) = (count, seed) else {
        eprintln!("usage: differential [STUBS [SEED]]");
        return ExitCode::from(2);
    };
    if let Some(reason) = differential::absence() {
        println!("{reason}");
        return if std::env::var_os("CMRP_REQUIRE_LIBNDR").is_some() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        };
    }
    let (start, pool) = (Instant::now(), pool(seed));
    let tally = std::thread::scope(|scope| {
        let pool = &pool;
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                let share = (index + 1) * count / THREADS - index * count / THREADS;
                scope.spawn(move || run(share, Random::new(seed).bits().wrapping_add(index), pool))
            })
            .collect();
        let tallies = threads.into_iter().map(|thread| thread.join().expect("no thread panics"));
        tallies.fold(Tally::default(), Tally::with)
    });
    tally.print(&pool);
    println!("seed {seed}, {:.1} s", start.elapsed().as_secs_f64());
    if tally.disagreements.is_empty() && tally.stale() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Sends stubs until so many were compared outside of the list.
fn run(count: u64, seed: u64, pool: &[Owned]) -> Tally {
    let (mut random, mut tally) = (Random::new(seed), Tally::default());
    while tally.compared() < count {
        let stub = random.choose(pool).expect("stubs").mutated(&mut random);
        tally.take(differential::compare(stub.borrow()));
    }
    tally
}

/// What became of the stubs.
#[derive(Default)]
struct Tally {
    accepted: u64,
    refused: u64,
    deviating: u64,
    not_compared: u64,
    deviations: BTreeMap<usize, u64>,
    disagreements: Vec<String>,
}

impl Tally {
    fn compared(&self) -> u64 {
        self.accepted + self.refused + self.disagreements.len() as u64
    }

    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Deviates(lines) => {
                self.deviating += 1;
                for line in lines {
                    *self.deviations.entry(line).or_default() += 1;
                }
            }
            Outcome::Disagrees(text) => self.disagreements.push(text),
            Outcome::NotCompared => self.not_compared += 1,
        }
    }

    fn with(mut self, other: Self) -> Self {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.deviating += other.deviating;
        self.not_compared += other.not_compared;
        for (line, count) in other.deviations {
            *self.deviations.entry(line).or_default() += count;
        }
        self.disagreements.extend(other.disagreements);
        self
    }

    /// Lines that nothing needed.
    fn stale(&self) -> usize {
        DEVIATIONS.len() - self.deviations.len()
    }

    fn print(&self, pool: &[Owned]) {
        let Self { accepted, refused, deviating, not_compared, .. } = self;
        println!("{} compared, made of {} stubs", self.compared(), pool.len());
        println!("{accepted:>9} accepted by both, with the same value");
        println!("{refused:>9} refused by both");
        println!("{:>9} disagree", self.disagreements.len());
        println!("{not_compared:>9} besides these: libndr may not have the memory to tell");
        println!("{deviating:>9} besides these: deviate as listed");
        for (line, deviation) in DEVIATIONS.iter().enumerate() {
            let count = self.deviations.get(&line).copied().unwrap_or_default();
            println!("{count:>18} {deviation}{}", if count == 0 { " STALE" } else { "" });
        }
        self.disagreements.iter().take(MOST_PRINTED).for_each(|text| println!("\n{text}"));
    }
}

/// A stub of the pool, or one that was made of it.
#[derive(Clone)]
struct Owned {
    opnum: u16,
    direction: Direction,
    format: Format,
    octets: Vec<u8>,
}

/// Stubs without a fault: the vectors, and random values of every operation, in all formats.
fn pool(seed: u64) -> Vec<Owned> {
    let (mut random, mut pool) = (Random::new(seed), Vec::new());
    for opnum in 0..KNOWN {
        for direction in [Direction::Request, Direction::Response] {
            let kind = Kind { protocol: Protocol::V3, direction, opnum };
            for value in values(kind, &mut random) {
                pool.extend(Format::ALL.into_iter().filter_map(|format| {
                    let octets = kind.encode(&value, format).ok()?;
                    Some(Owned { opnum, direction, format, octets })
                }));
            }
        }
    }
    pool
}

/// Values of an operation in one direction.
fn values(kind: Kind, random: &mut Random) -> Vec<Value> {
    let of_kind = |vector: &vector::Vector| {
        (vector.protocol, vector.direction, vector.opnum) == (kind.protocol, kind.direction, kind.opnum)
    };
    let mut values: Vec<Value> =
        VECTORS.iter().filter(|vector| of_kind(vector)).map(|vector| vector.value.clone()).collect();
    values.dedup();
    values.extend(variation::plain(kind));
    let varied: Vec<Value> = (0..ROUNDS)
        .filter_map(|_| {
            let value = random.choose(&values)?;
            Some(variation::vary(kind, value, random))
        })
        .collect();
    values.extend(varied);
    values
}

static VECTORS: std::sync::LazyLock<Vec<vector::Vector>> = std::sync::LazyLock::new(vector::all);

impl Owned {
    fn borrow(&self) -> Stub<'_> {
        Stub { opnum: self.opnum, direction: self.direction, format: self.format, octets: &self.octets }
    }

    /// Another stub: as often as not by way of its value, as in the fuzz target, else by damage to its octets.
    fn mutated(&self, random: &mut Random) -> Self {
        let by_value = if random.below(2) == 0 { self.varied(random) } else { None };
        by_value.unwrap_or_else(|| self.damaged(random))
    }

    fn varied(&self, random: &mut Random) -> Option<Self> {
        let Self { opnum, direction, format, ref octets } = *self;
        let input = Input { format, direction, strictness: Strictness::Level5, opnum, stub: octets };
        let seed = u32::try_from(random.bits() >> 32).ok()?;
        let octets = mutate::mutate("differential", &input.join(), differential::LARGEST, seed)?;
        let Stub { opnum, direction, format, octets } = Stub::cut(&octets)?;
        Some(Self { opnum, direction, format, octets: octets.to_vec() })
    }

    fn damaged(&self, random: &mut Random) -> Self {
        let mut stub = self.clone();
        for _ in 0..random.below(MOST_DAMAGES + 1) {
            stub.damage(random);
        }
        stub
    }

    fn damage(&mut self, random: &mut Random) {
        let at = random.below(self.octets.len());
        match random.below(12) {
            0 => self.octets.truncate(at),
            1 => drop(self.octets.splice(at..at, self.word(random))),
            2 => drop(self.octets.drain(at..(at + random.below(9)).min(self.octets.len()))),
            // The first that libndr does not know as well.
            3 => self.opnum = u16::try_from(random.below(usize::from(KNOWN) + 1)).unwrap_or(0),
            4 => self.format = *random.choose(&Format::ALL).expect("three formats"),
            5 => self.put(at, &[1 << random.below(8)]),
            6 => self.put(at, &[random.octet()]),
            7 => self.put(at & !1, &[random.octet(), 0]),
            8 => self.octets.extend(self.word(random)),
            _ => self.put(at & !3, &self.word(random)),
        }
    }

    fn put(&mut self, at: usize, octets: &[u8]) {
        self.octets.iter_mut().skip(at).zip(octets).for_each(|(octet, new)| *octet = *new);
    }

    fn word(&self, random: &mut Random) -> [u8; 4] {
        let word = *random.choose(&WORDS).expect("words");
        if self.format == Format::NDR20_BE { word.to_be_bytes() } else { word.to_le_bytes() }
    }
}
