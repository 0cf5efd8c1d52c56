//! A landmark in its stub, read and changed.

use cmrp::ndr::{Endian, Format};

use super::BreakageKind;
use super::edit::Edit;
use cmrp::ndr::arbitrary::{Landmark, LandmarkKind};

/// Octets of a number at most.
const LONGEST_NUMBER: usize = 8;
/// A landmark, in its stub.
pub(super) struct Place<'a> {
    pub(super) stub: &'a [u8],
    pub(super) landmarks: &'a [Landmark],
    pub(super) landmark: Landmark,
    pub(super) octets: &'a [u8],
    endian: Endian,
}

impl<'a> Place<'a> {
    /// `None` if the landmark lies outside of the stub.
    pub(super) fn new(
        stub: &'a [u8],
        landmarks: &'a [Landmark],
        landmark: Landmark,
        format: Format,
    ) -> Option<Self> {
        let octets = octets(stub, landmark).filter(|octets| !octets.is_empty())?;
        Some(Self { stub, landmarks, landmark, octets, endian: format.endian() })
    }

    /// The same at another offset.
    pub(super) fn moved(&self, offset: usize) -> Option<Self> {
        let landmark = Landmark { offset, ..self.landmark };
        Some(Self { landmark, octets: octets(self.stub, landmark)?, ..*self })
    }

    pub(super) fn kind(&self) -> LandmarkKind {
        self.landmark.kind
    }

    /// The number that stands here; `None` if it is none.
    pub(super) fn number(&self) -> Option<u64> {
        self.number_of(self.octets)
    }

    pub(super) fn number_of(&self, octets: &[u8]) -> Option<u64> {
        if octets.len() > LONGEST_NUMBER {
            return None;
        }
        let join = |number: u64, octet: &u8| (number << 8) | u64::from(*octet);
        Some(match self.endian {
            Endian::Little => octets.iter().rev().fold(0, join),
            Endian::Big => octets.iter().fold(0, join),
        })
    }

    /// The largest number that has room here.
    pub(super) fn largest(&self) -> u64 {
        let spare = LONGEST_NUMBER.saturating_sub(self.octets.len()).saturating_mul(8);
        u64::MAX >> spare
    }

    /// Another number; `None` if it is the same or has no room.
    pub(super) fn renumbered(&self, kind: BreakageKind, number: u64) -> Option<Edit> {
        let before = self.number().filter(|before| *before != number && number <= self.largest())?;
        let mut octets: Vec<u8> = number.to_le_bytes().into_iter().take(self.octets.len()).collect();
        if self.endian == Endian::Big {
            octets.reverse();
        }
        Some(Edit { numbers: Some((before, number)), ..self.replaced(kind, octets) })
    }

    /// Other octets, as many or fewer.
    pub(super) fn replaced(&self, kind: BreakageKind, octets: Vec<u8>) -> Edit {
        let Landmark { offset, size, kind: landmark } = self.landmark;
        Edit { kind, landmark: Some(landmark), offset, removed: size, inserted: octets, numbers: None }
    }

    /// The octets of the other landmarks of this kind, where they differ from these and are not all zero.
    pub(super) fn others(&self) -> Vec<&'a [u8]> {
        let alike = self.landmarks.iter().filter(|other| other.kind == self.landmark.kind);
        let alike = alike.filter_map(|other| octets(self.stub, *other));
        alike
            .filter(|other| other.len() == self.octets.len() && *other != self.octets && !is_zero(other))
            .collect()
    }
}

fn octets(stub: &[u8], landmark: Landmark) -> Option<&[u8]> {
    stub.get(landmark.offset..landmark.offset.checked_add(landmark.size)?)
}

pub(super) fn is_zero(octets: &[u8]) -> bool {
    octets.iter().all(|octet| *octet == 0)
}
