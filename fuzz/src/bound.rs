//! What a run of an oracle may cost: heap and work, both by the length of its input.
//!
//! Heap is the most octets that are allocated at a time, counted by the global allocator. Work is the processor time of
//! the thread, so that other programs on the machine do not count. Neither is exact at the first try (something is
//! built once for a process, a page is not there yet), so a run over its allowance is repeated, and the least counts:
//! what is reported happens every time.

use std::time::Duration;

use allocation_counter::measure;
use cpu_time::ThreadTime;

/// How often a run over its allowance is repeated.
const REPETITIONS: usize = 3;

/// What a run costs, or may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Octets on the heap, at most, at a time.
    pub heap: u64,
    /// Processor time of the thread.
    pub work: Duration,
}

/// What a target may cost: a constant, and so much for each octet of its input.
#[derive(Clone, Copy, Debug)]
struct Allowance {
    base: Cost,
    heap_per_octet: u64,
    work_per_octet: Duration,
}

impl Allowance {
    const fn new(
        kibioctets: u64,
        heap_per_octet: u64,
        milliseconds: u64,
        microseconds_per_octet: u64,
    ) -> Self {
        Self {
            base: Cost { heap: kibioctets * 1024, work: Duration::from_millis(milliseconds) },
            heap_per_octet,
            work_per_octet: Duration::from_micros(microseconds_per_octet),
        }
    }

    /// The allowance for an input of so many octets.
    fn of(&self, octets: usize) -> Cost {
        let heap = self.heap_per_octet.saturating_mul(octets as u64);
        let work = self.work_per_octet.saturating_mul(u32::try_from(octets).unwrap_or(u32::MAX));
        Cost { heap: self.base.heap.saturating_add(heap), work: self.base.work.saturating_add(work) }
    }
}

/// What the target may cost. Heap: KiB, and octets for each octet; work: ms, and µs for each octet.
fn allowance(target: &str) -> Allowance {
    match target {
        // They build rooms of their own for each input (a cluster, two engines and a model, sockets' buffers), and an
        // octet can be a whole call.
        "node" | "port_server" | "port_client" | "rpc_server" | "rpc_client" => {
            Allowance::new(4096, 4096, 200, 200)
        }
        // Text becomes a syntax tree, a model, a layout and Rust, formatted.
        "idl" => Allowance::new(4096, 4096, 200, 200),
        // Streams are kept until they end, and values are shown as text and as JSON.
        "capture" => Allowance::new(4096, 512, 200, 50),
        // Trees of values with names, and what was read from them.
        "json" | "definition" | "change" | "values" => Allowance::new(1024, 512, 100, 50),
        // The value, its encodings and the values of those stand side by side: an element of an array is at most eight
        // times as large as on the wire, see the tests of bounds in the testsuite.
        _ => Allowance::new(256, 64, 50, 20),
    }
}

/// Runs an oracle over an input of so many octets, and holds its cost against the allowance of the target.
///
/// # Panics
/// It costs more each time.
pub fn hold(target: &str, octets: usize, oracle: impl Fn()) -> Cost {
    let allowed = allowed(target, octets);
    let mut cost = once(&oracle);
    for _ in 0..REPETITIONS {
        if cost.is_within(allowed) {
            break;
        }
        cost = cost.least(once(&oracle));
    }
    assert!(
        cost.heap <= allowed.heap,
        "{} octets of heap for {octets}; {} are allowed",
        cost.heap,
        allowed.heap
    );
    assert!(
        cost.work <= allowed.work,
        "{:?} of work for {octets} octets; {:?} are allowed",
        cost.work,
        allowed.work
    );
    cost
}

/// The most that a run of the target over so many octets may cost.
pub fn allowed(target: &str, octets: usize) -> Cost {
    allowance(target).of(octets)
}

fn once(oracle: impl Fn()) -> Cost {
    let start = ThreadTime::now();
    let heap = measure(oracle).bytes_max;
    Cost { heap, work: start.elapsed() }
}

impl Cost {
    fn is_within(self, allowed: Self) -> bool {
        self.heap <= allowed.heap && self.work <= allowed.work
    }

    fn least(self, other: Self) -> Self {
        Self { heap: self.heap.min(other.heap), work: self.work.min(other.work) }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn heap_beyond_the_allowance_is_a_panic() {
        let within = hold("empty", 0, || drop(std::hint::black_box(vec![0_u8; 200 * 1024])));
        assert!(within.heap >= 200 * 1024, "{within:?}");
        let beyond = catch_unwind(|| hold("empty", 0, || drop(std::hint::black_box(vec![0_u8; 300 * 1024]))));
        assert!(beyond.is_err(), "300 KiB are too many");
    }

    #[test]
    fn what_is_built_once_is_forgiven() {
        let runs = Cell::new(0);
        hold("empty", 0, || {
            runs.set(runs.get() + 1);
            let size = if runs.get() == 1 { 1024 * 1024 } else { 0 };
            drop(std::hint::black_box(vec![0_u8; size]));
        });
        assert_eq!(runs.get(), 2);
    }

    #[test]
    fn work_without_end_is_a_panic() {
        let spin = || {
            let start = ThreadTime::now();
            while start.elapsed() < Duration::from_millis(60) {}
        };
        assert!(catch_unwind(|| hold("empty", 0, spin)).is_err(), "60 ms are too many");
        hold("empty", 1000, spin);
    }
}
