//! A storm of stubs over all operations, directions and formats of both interfaces, through the oracle of the fuzz
//! targets: `cargo run --release -p cmrp-testsuite --example storm -- 10000000 [SEED]`.
//!
//! A panic ends it, with the stub that caused it. Of every thousandth stub the octets are counted that decoding it
//! reserves. The summary has the longest time that a stub took, and that of the same stub alone.
#![forbid(unsafe_code)]
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "a check for developers may panic")]

use std::io::Write as _;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use cmrp::ndr::{Format, Limits, TargetLevel};
use cmrp_testsuite::hex;
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::{Direction, Message, Protocol};
use cmrp_testsuite::oracle;
use cmrp_testsuite::random::Random;
use cmrp_testsuite::vector::{self, Vector};

const THREADS: u64 = 2;
/// One in so many stubs has its memory counted, and moves the progress.
const SAMPLE: u64 = 1000;
/// Octets that a decode may reserve for each octet of its input, as in the tests of bounds.
const MOST_OCTETS_PER_OCTET: u64 = 8;
/// Words that stand for counts, null pointers and referents in a stub.
const WORDS: [u32; 9] = [0, 1, 2, 0x10, 0xFFFF, 0x0002_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];

/// One stub of the storm. If it makes the oracle panic, it is printed.
#[derive(Clone)]
struct Stub {
    protocol: Protocol,
    direction: Direction,
    opnum: u16,
    format: Format,
    octets: Vec<u8>,
}

/// What a thread has seen.
#[derive(Default)]
struct Tally {
    stubs: u64,
    decoded: u64,
    counted: u64,
    /// The stub that took longest, and how long.
    longest: Option<(Duration, Stub)>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (count, seed) = (arguments.next().unwrap_or(Ok(1_000_000)), arguments.next().unwrap_or(Ok(1)));
    let (Ok(count), Ok(seed)) = (count, seed) else {
        eprintln!("usage: storm [STUBS [SEED]]");
        std::process::exit(2);
    };
    let (start, vectors, done) = (Instant::now(), vector::all(), AtomicU64::new(0));
    let tally = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                let share = index * count / THREADS..(index + 1) * count / THREADS;
                let (vectors, done) = (&vectors, &done);
                scope.spawn(move || storm(share, seed, vectors, done))
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("a law does not hold"))
            .fold(Tally::default(), Tally::with)
    });
    eprintln!();
    let Tally { stubs, decoded, counted, ref longest } = tally;
    let refused = stubs - decoded;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{stubs} stubs: {decoded} decoded, {refused} refused, memory of {counted} counted, {seconds:.1} s"
    );
    if let Some((took, stub)) = longest {
        // A machine with other work interrupts now and then; what comes near a hang does so every time.
        let again = (0..5).map(|_| stub.take().0).min().unwrap_or_default();
        println!("seed {seed}, longest stub {took:?}, {again:?} when it is repeated");
    }
}

/// Each stub has a generator of its own, so that the number of threads changes nothing.
fn storm(share: Range<u64>, seed: u64, vectors: &[Vector], done: &AtomicU64) -> Tally {
    let mut tally = Tally::default();
    for number in share {
        let mut random = Random::new(Random::new(seed).bits() ^ Random::new(number).bits());
        let stub = Stub::random(&mut random, vectors);
        tally.take(&stub);
        if number % SAMPLE == 0 {
            tally.counted += stub.assert_bounded();
            let done = done.fetch_add(SAMPLE, Ordering::Relaxed) + SAMPLE;
            if done % (SAMPLE * 100) == 0 {
                eprint!("\r{done} stubs");
                let _ = std::io::stderr().flush();
            }
        }
    }
    tally
}

impl Tally {
    fn take(&mut self, stub: &Stub) {
        let (took, decoded) = stub.take();
        if self.longest.as_ref().is_none_or(|(longest, _)| took > *longest) {
            self.longest = Some((took, stub.clone()));
        }
        self.stubs += 1;
        self.decoded += u64::from(decoded);
    }

    fn with(self, other: Self) -> Self {
        Self {
            stubs: self.stubs + other.stubs,
            decoded: self.decoded + other.decoded,
            counted: self.counted + other.counted,
            longest: self.longest.into_iter().chain(other.longest).max_by_key(|(took, _)| *took),
        }
    }
}

impl Stub {
    /// One in four is random throughout, the others come from a vector.
    fn random(random: &mut Random, vectors: &[Vector]) -> Self {
        match random.choose(vectors) {
            Some(vector) if random.below(4) > 0 => Self::mutated(random, vector),
            _ => Self::invented(random),
        }
    }

    fn invented(random: &mut Random) -> Self {
        let protocol = *random.choose(&[Protocol::V2, Protocol::V3]).expect("two protocols");
        let direction = *random.choose(&[Direction::Request, Direction::Response]).expect("two directions");
        let format = *random.choose(&Format::ALL).expect("three formats");
        let opnum = any_opnum(random, protocol);
        let mut stub = Self { protocol, direction, opnum, format, octets: Vec::new() };
        let length = usize::try_from(random.number(9)).unwrap_or(0);
        while stub.octets.len() < length {
            match random.below(2) {
                0 => stub.octets.push(random.octet()),
                _ => stub.octets.extend(word(random, format)),
            }
        }
        stub
    }

    fn mutated(random: &mut Random, vector: &Vector) -> Self {
        let Vector { protocol, opnum, direction, format, stub, .. } = vector.clone();
        let mut stub = Self { protocol, direction, opnum, format, octets: stub };
        for _ in 0..random.below(5) {
            stub.damage(random);
        }
        stub
    }

    fn damage(&mut self, random: &mut Random) {
        let at = random.below(self.octets.len());
        match random.below(10) {
            0 => self.octets.truncate(at),
            1 => drop(self.octets.splice(at..at, word(random, self.format))),
            2 => drop(self.octets.drain(at..(at + random.below(9)).min(self.octets.len()))),
            3 => self.opnum = any_opnum(random, self.protocol),
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
        let word = word(random, self.format);
        self.octets.iter_mut().skip(at).zip(word).for_each(|(octet, new)| *octet = new);
    }

    fn input(&self) -> Input<'_> {
        let Self { direction, format, opnum, .. } = *self;
        Input { format, direction, strictness: Strictness::Level5, opnum, stub: &self.octets }
    }

    /// Sends it through the oracle: how long that took, and whether it could be decoded.
    fn take(&self) -> (Duration, bool) {
        let start = Instant::now();
        let witness = Witness(self);
        let decoded = oracle::check_stub(self.protocol.into(), self.input());
        drop(witness);
        (start.elapsed(), decoded)
    }

    /// Counts what a decode reserves. Returns 1, for one stub counted.
    fn assert_bounded(&self) -> u64 {
        let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
        let Self { protocol, direction, opnum, format, octets } = self;
        let reserved = measure(|| {
            drop(Message::decode(*protocol, *direction, *opnum, octets, *format, &limits));
        });
        let witness = Witness(self);
        let most = MOST_OCTETS_PER_OCTET * octets.len() as u64;
        assert!(
            reserved.bytes_total <= most,
            "{} octets reserved for {}",
            reserved.bytes_total,
            octets.len()
        );
        drop(witness);
        1
    }
}

/// Any slot, or one beyond the last.
fn any_opnum(random: &mut Random, protocol: Protocol) -> u16 {
    let slots = match protocol {
        Protocol::V2 => cmrp::clusapi2::OPERATION_NAMES.len(),
        Protocol::V3 => cmrp::clusapi3::OPERATION_NAMES.len(),
    };
    u16::try_from(random.below(slots + 1)).unwrap_or(u16::MAX)
}

fn word(random: &mut Random, format: Format) -> [u8; 4] {
    let word = *random.choose(&WORDS).expect("words");
    if format == Format::NDR20_BE { word.to_be_bytes() } else { word.to_le_bytes() }
}

/// Prints the stub if it goes out of scope in a panic.
struct Witness<'a>(&'a Stub);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Stub { protocol, direction, opnum, format, octets } = self.0;
            eprintln!("\n{protocol:?} {direction:?} opnum {opnum} {format}: {}", hex::encode(octets));
        }
    }
}
