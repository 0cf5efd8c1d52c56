//! What is broken without a look at what the octets mean.

use cmrp::ndr::arbitrary::{Result, Unstructured};

use super::BreakageKind;
use super::edit::Edit;
use cmrp::ndr::arbitrary::Landmark;

/// Octets that are added at most.
const MOST_TRAILING: usize = 16;

/// Cuts the end off: before, behind or within a landmark as often as anywhere. `None` if there is nothing to cut.
pub(super) fn truncated(
    stub: &[u8],
    landmarks: &[Landmark],
    choices: &mut Unstructured<'_>,
) -> Result<Option<Edit>> {
    let Some(last) = stub.len().checked_sub(1) else { return Ok(None) };
    let mut offset = choices.int_in_range(0..=last)?;
    if !landmarks.is_empty() && choices.arbitrary()? {
        let landmark = choices.choose(landmarks)?;
        let within = choices.int_in_range(0..=landmark.size)?;
        offset = landmark.offset.saturating_add(within).min(last);
    }
    let removed = stub.len().saturating_sub(offset);
    Ok(Some(plain(BreakageKind::Truncated, offset, removed, Vec::new())))
}

/// Adds octets.
pub(super) fn trailing(stub: &[u8], choices: &mut Unstructured<'_>) -> Result<Edit> {
    let count = choices.int_in_range(1..=MOST_TRAILING)?;
    let added = (0..count).map(|_| choices.arbitrary()).collect::<Result<_>>()?;
    Ok(plain(BreakageKind::Trailing, stub.len(), 0, added))
}

/// Flips a bit; `None` if there is none.
pub(super) fn bit_flipped(stub: &[u8], choices: &mut Unstructured<'_>) -> Result<Option<Edit>> {
    let Some(last) = stub.len().checked_sub(1) else { return Ok(None) };
    let offset = choices.int_in_range(0..=last)?;
    let bit = 1_u8 << choices.int_in_range(0..=7_u32)?;
    let flipped = stub.get(offset).map(|octet| vec![octet ^ bit]);
    Ok(flipped.map(|octets| plain(BreakageKind::BitFlipped, offset, 1, octets)))
}

fn plain(kind: BreakageKind, offset: usize, removed: usize, inserted: Vec<u8>) -> Edit {
    Edit { kind, landmark: None, offset, removed, inserted, numbers: None }
}
