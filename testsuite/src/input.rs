//! How the octets of a fuzzer become a stub and what is needed to read it.

use cmrp::ndr::{Format, Limits, TargetLevel};

use crate::message::Direction;
use crate::stubs::InterfaceName;

/// How a stub is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// Strictly, at target level 5.0 (MS-RPCE 3.1.1.5.3.2).
    Level5,
    /// Strictly, at target level 6.0 (MS-RPCE 3.1.1.5.3.3).
    Level6,
    /// With rules forgiven that leave the data its meaning, at the level of the interface.
    Lenient,
}

impl Strictness {
    /// All of them, in the order of the header.
    pub const ALL: [Self; 3] = [Self::Level5, Self::Level6, Self::Lenient];

    /// What a decode is given.
    pub const fn limits(self) -> Limits {
        match self {
            Self::Level5 => Limits::DEFAULT.with_level(TargetLevel::Level5),
            Self::Level6 => Limits::DEFAULT.with_level(TargetLevel::Level6),
            Self::Lenient => Limits::DEFAULT,
        }
    }
}

/// Both directions, in the order of the header.
pub const DIRECTIONS: [Direction; 2] = [Direction::Request, Direction::Response];

/// A stub with what is needed to read it, cut from arbitrary octets: setup, opnum (two octets, little-endian), stub.
///
/// The setup is a number: its remainder by 3 is the [`Format`], what is left of it by 2 the direction, and what is left
/// of that by 3 the strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input<'a> {
    /// The format of the stub.
    pub format: Format,
    /// Request or response.
    pub direction: Direction,
    /// How it is checked.
    pub strictness: Strictness,
    /// Operation number.
    pub opnum: u16,
    /// All the rest.
    pub stub: &'a [u8],
}

impl<'a> Input<'a> {
    /// Octets in front of the stub.
    pub const HEADER: usize = 3;

    /// Cuts the octets; `None` if there are fewer than three.
    pub fn cut(octets: &'a [u8]) -> Option<Self> {
        let (&[setup, low, high], stub) = octets.split_first_chunk()?;
        let format = *nth(&Format::ALL, setup)?;
        let direction = *nth(&DIRECTIONS, setup / 3)?;
        let strictness = *nth(&Strictness::ALL, setup / 6)?;
        Some(Self { format, direction, strictness, opnum: u16::from_le_bytes([low, high]), stub })
    }

    /// The octets that [`cut`](Self::cut) reads as this input.
    pub fn join(&self) -> Vec<u8> {
        let format = place(&Format::ALL, &self.format);
        let direction = place(&DIRECTIONS, &self.direction).saturating_mul(3);
        let strictness = place(&Strictness::ALL, &self.strictness).saturating_mul(6);
        let mut octets = Vec::with_capacity(self.stub.len().saturating_add(Self::HEADER));
        octets.push(format.saturating_add(direction).saturating_add(strictness));
        octets.extend(self.opnum.to_le_bytes());
        octets.extend(self.stub);
        octets
    }
}

/// Cuts octets whose first chooses the interface (its number is the remainder by 3); the rest is an [`Input`].
pub fn cut_named(octets: &[u8]) -> Option<(InterfaceName, Input<'_>)> {
    let (interface, octets) = octets.split_first()?;
    Some((*nth(&InterfaceName::ALL, *interface)?, Input::cut(octets)?))
}

/// The octets that [`cut_named`] cuts.
pub fn join_named(interface: InterfaceName, input: Input<'_>) -> Vec<u8> {
    let mut octets = input.join();
    octets.insert(0, place(&InterfaceName::ALL, &interface));
    octets
}

/// The item that a number chooses, which goes round.
pub(crate) fn nth<T>(items: &[T], number: u8) -> Option<&T> {
    items.get(usize::from(number).checked_rem(items.len())?)
}

fn place<T: PartialEq>(items: &[T], item: &T) -> u8 {
    (0..).zip(items).find_map(|(place, other)| (other == item).then_some(place)).unwrap_or(0)
}
