//! Choices: from a seed, or from the octets of a fuzzer.

use cmrp_testsuite::random::Random;

/// Where choices come from.
#[derive(Clone, Debug)]
enum Source<'a> {
    Seed(Random),
    Octets(&'a [u8]),
}

/// A source of choices, which the same seed or the same octets repeat.
#[derive(Clone, Debug)]
pub struct Dice<'a>(Source<'a>);

impl Dice<'static> {
    /// Choices without end.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seed(Random::new(seed)))
    }
}

impl<'a> Dice<'a> {
    /// Choices that octets make, one each; when they run out, the first of all alternatives is chosen.
    pub const fn octets(octets: &'a [u8]) -> Self {
        Self(Source::Octets(octets))
    }

    /// Whether the octets ran out.
    pub const fn exhausted(&self) -> bool {
        match self.0 {
            Source::Seed(_) => false,
            Source::Octets(octets) => octets.is_empty(),
        }
    }

    /// A number below `end`, which octets choose up to 255 only; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        match &mut self.0 {
            Source::Seed(random) => random.below(end),
            Source::Octets(octets) => {
                let Some((first, rest)) = octets.split_first() else { return 0 };
                *octets = rest;
                usize::from(*first).checked_rem(end).unwrap_or(0)
            }
        }
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least.saturating_add(self.below(most.saturating_sub(least).saturating_add(1)))
    }

    /// Whether a thing of so many in a hundred happens.
    pub fn percent(&mut self, chance: usize) -> bool {
        chance > 0 && self.below(100) < chance
    }

    /// One of several; `None` if there are none.
    pub fn pick<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        items.get(self.below(items.len()))
    }

    /// One of several values.
    pub fn one<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        match self.below(others.len().saturating_add(1)).checked_sub(1) {
            Some(index) => others.get(index).copied().unwrap_or(first),
            None => first,
        }
    }

    /// 32 bits, of which few are set, or many, or any.
    pub fn bits(&mut self) -> u32 {
        let octet = |dice: &mut Self| u8::try_from(dice.below(256)).unwrap_or_default();
        let any = u32::from_le_bytes([octet(self), octet(self), octet(self), octet(self)]);
        let bit = 1_u32.checked_shl(any & 31).unwrap_or(1);
        match self.below(4) {
            0 => bit,
            1 => bit | 1_u32.checked_shl((any >> 8) & 31).unwrap_or(1),
            2 => !bit,
            _ => any,
        }
    }
}
