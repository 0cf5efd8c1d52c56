//! What can be done to a landmark of each kind.
#![expect(clippy::unnecessary_wraps, reason = "every way has the type of those that need choices")]

use cmrp::ndr::arbitrary::{Result, Unstructured};

use super::BreakageKind;
use super::edit::Edit;
use super::place::{Place, is_zero};
use cmrp::ndr::arbitrary::LandmarkKind;

/// How far a count is off at most, unless it is huge.
const MOST_OFF: u64 = 1000;
/// Where sums and products of counts overflow, in 32 bits and 64.
const HUGE: [u64; 9] = [
    0x2000_0000,
    0x4000_0001,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFE,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x7FFF_FFFF_FFFF_FFFF,
    u64::MAX,
];

/// Breaks something, if it can be broken in this way.
type Way = fn(&Place<'_>, &mut Unstructured<'_>) -> Result<Option<Edit>>;

/// Breaks a landmark in one of the ways that its kind has; `None` if it can be broken in none of them.
pub(super) fn broken(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let ways = ways(place.landmark.kind);
    let Some(last) = ways.len().checked_sub(1) else { return Ok(None) };
    let first = choices.int_in_range(0..=last)?;
    for way in ways.iter().cycle().skip(first).take(ways.len()) {
        let edit = way(place, choices)?;
        if edit.is_some() {
            return Ok(edit);
        }
    }
    Ok(None)
}

/// What can be done to a landmark of a kind.
fn ways(kind: LandmarkKind) -> &'static [Way] {
    match kind {
        LandmarkKind::MaximumCount | LandmarkKind::ActualCount | LandmarkKind::CountField => {
            &[off_by_one, too_large, too_small, huge, high_half]
        }
        LandmarkKind::Offset => &[offset_non_zero, offset_huge, high_half],
        LandmarkKind::Referent => &[referent_null, referent_non_null, referent_duplicate, high_half],
        LandmarkKind::Gap => &[gap_non_zero, gap_missing],
        LandmarkKind::Terminator => &[terminator_overwritten, zero_in_string],
        LandmarkKind::Tag => &[tag_close, tag_anything],
        LandmarkKind::Handle => &[handle_zeroed, handle_of_another, handle_of_nobody],
        // What this crate knows nothing of.
        _ => &[],
    }
}

fn off_by_one(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let more = choices.arbitrary()?;
    let other =
        place.number().and_then(|count| if more { count.checked_add(1) } else { count.checked_sub(1) });
    Ok(other.and_then(|count| place.renumbered(BreakageKind::CountOffByOne, count)))
}

fn too_large(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let more = choices.int_in_range(2..=MOST_OFF)?;
    let larger = place.number().and_then(|count| count.checked_add(more));
    Ok(larger.and_then(|count| place.renumbered(BreakageKind::CountTooLarge, count)))
}

fn too_small(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let Some(most) = place.number().and_then(|count| count.checked_sub(2)) else { return Ok(None) };
    let smaller = choices.int_in_range(0..=most)?;
    Ok(place.renumbered(BreakageKind::CountTooSmall, smaller))
}

fn huge(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(place.renumbered(BreakageKind::CountHuge, *choices.choose(&HUGE)?))
}

fn high_half(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let bit = choices.int_in_range(32..=63_u32)?;
    let number = place.number().map(|number| number ^ (1 << bit));
    Ok(number.and_then(|number| place.renumbered(BreakageKind::HighHalf, number)))
}

fn offset_non_zero(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(place.renumbered(BreakageKind::OffsetNonZero, choices.int_in_range(1..=MOST_OFF)?))
}

fn offset_huge(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(place.renumbered(BreakageKind::OffsetNonZero, *choices.choose(&HUGE)?))
}

fn referent_null(place: &Place<'_>, _: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(place.renumbered(BreakageKind::ReferentNull, 0))
}

fn referent_non_null(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let id = choices.int_in_range(1..=u64::from(u32::MAX))?;
    let null = place.number().filter(|referent| *referent == 0);
    Ok(null.and_then(|_| place.renumbered(BreakageKind::ReferentNonNull, id)))
}

fn referent_duplicate(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let others = place.others();
    if others.is_empty() || is_zero(place.octets) {
        return Ok(None);
    }
    let other = place.number_of(choices.choose(&others)?);
    Ok(other.and_then(|id| place.renumbered(BreakageKind::ReferentDuplicate, id)))
}

fn gap_non_zero(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(Some(place.replaced(BreakageKind::GapNonZero, with_another_octet(place, choices)?)))
}

fn gap_missing(place: &Place<'_>, _: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(Some(place.replaced(BreakageKind::GapMissing, Vec::new())))
}

fn terminator_overwritten(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let unit = choices.int_in_range(1..=place.largest())?;
    Ok(place.renumbered(BreakageKind::TerminatorOverwritten, unit))
}

/// A unit between the counts in front of the string and its terminator.
fn zero_in_string(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let (end, size) = (place.landmark.offset, place.landmark.size);
    let counts = place.landmarks.iter().filter(|other| other.kind == LandmarkKind::ActualCount);
    let starts = counts.map(|count| count.offset.saturating_add(count.size));
    let start = starts.filter(|start| *start <= end).max().unwrap_or(end);
    let units = end.saturating_sub(start).checked_div(size).unwrap_or(0);
    if units == 0 {
        return Ok(None);
    }
    let offset = start.saturating_add(choices.choose_index(units)?.saturating_mul(size));
    let unit = place.moved(offset).filter(|unit| !is_zero(unit.octets));
    Ok(unit.map(|unit| unit.replaced(BreakageKind::ZeroInString, vec![0; size])))
}

fn tag_close(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let change = choices.int_in_range(1..=16_u64)?;
    let less = choices.arbitrary()?;
    let tag =
        place.number().map(|tag| if less { tag.wrapping_sub(change) } else { tag.wrapping_add(change) });
    Ok(tag.and_then(|tag| place.renumbered(BreakageKind::TagChanged, tag & place.largest())))
}

fn tag_anything(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(place.renumbered(BreakageKind::TagChanged, choices.int_in_range(0..=place.largest())?))
}

fn handle_zeroed(place: &Place<'_>, _: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let zeros = vec![0; place.octets.len()];
    Ok((!is_zero(place.octets)).then(|| place.replaced(BreakageKind::HandleZeroed, zeros)))
}

fn handle_of_another(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let others = place.others();
    if others.is_empty() {
        return Ok(None);
    }
    let other = choices.choose(&others)?.to_vec();
    Ok(Some(place.replaced(BreakageKind::HandleMixedUp, other)))
}

fn handle_of_nobody(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    Ok(Some(place.replaced(BreakageKind::HandleMixedUp, with_another_octet(place, choices)?)))
}

/// The octets with one of them changed.
fn with_another_octet(place: &Place<'_>, choices: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut octets = place.octets.to_vec();
    let index = choices.choose_index(octets.len())?;
    let mask = choices.int_in_range(1..=u8::MAX)?;
    if let Some(octet) = octets.get_mut(index) {
        *octet ^= mask;
    }
    Ok(octets)
}
