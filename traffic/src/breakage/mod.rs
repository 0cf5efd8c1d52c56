//! Breaks a stub that was valid, at the places that mean something to NDR, and says what it broke.
//!
//! What is chosen depends on nothing but the choices: the same octets of [`Unstructured`] break the same stub in the
//! same way.

mod edit;
mod kind;
mod place;
mod way;
mod whole;

use std::fmt;

use cmrp::ndr::Format;
use cmrp::ndr::arbitrary::{Result, Unstructured};
use data_encoding::HEXLOWER;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use self::edit::Edit;
pub use self::kind::BreakageKind;
use self::place::Place;
use cmrp::ndr::arbitrary::{Landmark, LandmarkKind};

/// What was broken: in place of `before` there is `after` now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// In which way.
    pub kind: BreakageKind,
    /// What stood there; `None` where the octets were taken as such.
    pub landmark: Option<LandmarkKind>,
    /// Where, in octets from the beginning of the stub as it was before.
    pub offset: usize,
    /// The octets that were there. None if octets were added.
    pub before: Vec<u8>,
    /// The octets that are there now. None if octets were removed.
    pub after: Vec<u8>,
    /// The same as numbers, where a number was changed.
    pub numbers: Option<(u64, u64)>,
}

/// Breaks one thing, and says what. The stub is never the same afterwards.
///
/// `landmarks` are those of the stub; what lies outside of it is passed over, so that a stub which has lost octets can
/// be broken again.
///
/// # Errors
/// None of the choices that are made here can fail.
pub fn break_stub(
    stub: &mut Vec<u8>,
    landmarks: &[Landmark],
    format: Format,
    choices: &mut Unstructured<'_>,
) -> Result<Breakage> {
    let chosen = match choices.int_in_range(0..=15_u8)? {
        13 => whole::truncated(stub, landmarks, choices)?,
        14 => Some(whole::trailing(stub, choices)?),
        15 => whole::bit_flipped(stub, choices)?,
        _ => at_landmark(stub, landmarks, format, choices)?,
    };
    let edit = match chosen {
        Some(edit) => edit,
        None => match whole::bit_flipped(stub, choices)? {
            Some(edit) => edit,
            None => whole::trailing(stub, choices)?,
        },
    };
    Ok(edit.apply(stub))
}

/// Something at a landmark. Every kind that the stub has is as likely as the others, however often it has it.
fn at_landmark(
    stub: &[u8],
    landmarks: &[Landmark],
    format: Format,
    choices: &mut Unstructured<'_>,
) -> Result<Option<Edit>> {
    let places: Vec<Place<'_>> =
        landmarks.iter().filter_map(|landmark| Place::new(stub, landmarks, *landmark, format)).collect();
    let mut kinds: Vec<LandmarkKind> = Vec::new();
    for place in &places {
        if !kinds.contains(&place.kind()) {
            kinds.push(place.kind());
        }
    }
    if kinds.is_empty() {
        return Ok(None);
    }
    let kind = *choices.choose(&kinds)?;
    let of_kind: Vec<&Place<'_>> = places.iter().filter(|place| place.kind() == kind).collect();
    way::broken(choices.choose(&of_kind)?, choices)
}

impl Breakage {
    /// Where octets are now that stood elsewhere before; `None` if any of them was changed or is gone.
    pub fn moved(&self, offset: usize, size: usize) -> Option<usize> {
        let end = self.offset.saturating_add(self.before.len());
        if offset.saturating_add(size) <= self.offset {
            return Some(offset);
        }
        let behind = offset.checked_sub(end)?;
        Some(self.offset.saturating_add(self.after.len()).saturating_add(behind))
    }
}

impl Serialize for Breakage {
    /// `kind`, `landmark`, `offset`, and `before` and `after` as hexadecimal digits.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Breakage", 5)?;
        fields.serialize_field("kind", self.kind.name())?;
        fields.serialize_field("landmark", &self.landmark.map(LandmarkKind::name))?;
        fields.serialize_field("offset", &self.offset)?;
        fields.serialize_field("before", &HEXLOWER.encode(&self.before))?;
        fields.serialize_field("after", &HEXLOWER.encode(&self.after))?;
        fields.end()
    }
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, offset, before, after, .. } = self;
        write!(f, "{kind} at offset {offset}")?;
        if let Some(landmark) = self.landmark {
            write!(f, " ({})", landmark.name())?;
        }
        match self.numbers {
            Some((before, after)) => write!(f, ": {before:#x} is now {after:#x}"),
            None if after.is_empty() => write!(f, ": {} octets are gone", before.len()),
            None if before.is_empty() => write!(f, ": {} octets more", after.len()),
            None => write!(f, ": {} is now {}", HEXLOWER.encode(before), HEXLOWER.encode(after)),
        }
    }
}
