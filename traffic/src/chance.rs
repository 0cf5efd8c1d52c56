//! Octets from a seed, for what has to be chosen.

use cmrp::ndr::{ContextHandle, Endian, Uuid};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Octets that a seed repeats on every machine: `ChaCha8`, whose stream is part of its definition.
#[derive(Clone, Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// For a call, by its number.
    pub(crate) fn of_call(seed: u64, number: u64) -> Self {
        Self::of_stream(seed, number.wrapping_mul(2))
    }

    /// For a sequence, by its number.
    pub(crate) fn of_sequence(seed: u64, number: u64) -> Self {
        Self::of_stream(seed, number.wrapping_mul(2) | 1)
    }

    fn of_stream(seed: u64, stream: u64) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(stream);
        Self(numbers)
    }

    /// A handle that no server gave.
    pub(crate) fn handle(&mut self) -> ContextHandle {
        ContextHandle { attributes: 0, uuid: Uuid::from_wire(self.octets(), Endian::Little) }
    }

    /// The next octets.
    pub(crate) fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.0.fill_bytes(&mut octets);
        octets
    }

    /// Whether something happens that does so with a probability from 0 to 1.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        f64::from(self.0.next_u32()) < probability * 4_294_967_296.0
    }
}
