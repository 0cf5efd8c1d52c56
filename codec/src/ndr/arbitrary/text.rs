//! Strings, as a cluster has them and as it does not.

use super::super::{Endian, WStr};
use super::{Arbitrary, Result, Unstructured};

/// Characters of a string that no range bounds, at most, without the terminator.
const MOST: usize = 48;

/// What names, keys and paths look like.
const PLAUSIBLE: [&str; 24] = [
    "Cluster Group",
    "Available Storage",
    "node1",
    "NODE2",
    "Cluster Name",
    "Cluster IP Address",
    "File Share Witness",
    "Physical Disk",
    "Network Name",
    "Generic Service",
    "Cluster Network 1",
    "node1 - Ethernet",
    "{6f7ba9ad-3b7f-4d5a-9e5c-2f9e6a1c0b11}",
    "Software\\Example",
    "Resources\\Parameters",
    "Name",
    "State",
    "([Cluster IP Address] or [Cluster Disk 1])",
    "\\\\server\\share",
    "C:\\ClusterStorage\\Volume1",
    "Größe-Ω",
    "クラスター",
    "\u{1F600}",
    "a",
];

/// A string whose units, with the terminator, are at least `low` and at most `high` (at least 1).
///
/// # Errors
/// None today: where choices end, they are zeros.
pub fn text<'a>(choices: &mut Unstructured<'a>, low: usize, high: usize) -> Result<WStr<'a>> {
    let (low, high) = (low.saturating_sub(1), high.saturating_sub(1));
    if choices.ratio(5_u8, 8)? {
        let text = WStr::from(*choices.choose(&PLAUSIBLE)?);
        if (low..=high).contains(&text.len()) {
            return Ok(text);
        }
    }
    let most = high.min(low.saturating_add(MOST));
    let wanted = choices.int_in_range(low..=most)?;
    let endian = if choices.arbitrary()? { Endian::Big } else { Endian::Little };
    let wanted = wanted.min(choices.len() / 2);
    let octets = choices.bytes(wanted.saturating_mul(2))?;
    // A unit of zero would end the string.
    let end = octets.chunks_exact(2).position(|unit| unit == [0, 0]).unwrap_or(wanted);
    if end >= low {
        return Ok(WStr::from_wire(octets.get(..end.saturating_mul(2)).unwrap_or_default(), endian));
    }
    Ok(WStr::from(FILLER.get(..low).unwrap_or(FILLER)))
}

/// What is long enough where choices are too short.
const FILLER: &str =
    "ClusterClusterClusterClusterClusterClusterClusterClusterClusterClusterClusterClusterCluster";

impl<'a> Arbitrary<'a> for WStr<'a> {
    fn arbitrary(choices: &mut Unstructured<'a>) -> Result<Self> {
        text(choices, 1, usize::MAX)
    }
}
