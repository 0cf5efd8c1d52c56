//! Stubs without what is different, and findings that are known as a whole.

use std::ops::Range;

use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::{Error, ErrorKind, Format, Limits, TargetLevel};

use super::Stub;
use super::finding::Finding;
use crate::message::{Message, Protocol};

/// The referents that we write.
const REFERENTS: Range<u64> = 0x0002_0000..0x0003_0000;

/// Ours reads nothing or a return value there.
pub(super) fn is_reserved(finding: &Finding<'_>) -> bool {
    let message = finding.ours.as_ref().map(|ours| &ours.message);
    matches!(
        message,
        Ok(Message::Request3(Request::Reserved(_)) | Message::Response3(Response::Reserved(_))) | Err(_)
    )
}

/// Whether libndr wrote what ours writes of the same stub, with zeros for what is missing of it, but for three octets of
/// the BOOL at an offset.
pub(super) fn is_boolean8(finding: &Finding<'_>, at: usize) -> bool {
    let (seen, end) = (at.saturating_add(1), at.saturating_add(4));
    let missing = end.saturating_sub(finding.stub.octets.len());
    let whole = [finding.stub.octets, &vec![0; missing]].concat();
    let ours = (finding.decode)(Stub { octets: &whole, ..finding.stub });
    let Some(mut expected) = ours.ok().and_then(|ours| ours.written.ok()) else { return false };
    expected.iter_mut().skip(seen).take(3).for_each(|octet| *octet = 0);
    if expected.len() == end {
        expected.truncate(seen);
    }
    missing < 4 && finding.written_by_libndr() == Some(&expected)
}

/// Our encoding of the stub with its strings cut at their first zero character.
pub(super) fn cut_strings(finding: &Finding<'_>) -> Option<Vec<u8>> {
    let stub = finding.stub;
    let is_embedded = |kind| matches!(kind, ErrorKind::EmbeddedTerminator { .. });
    finding.ours.as_ref().err().filter(|error| is_embedded(error.kind()))?;
    let (message, forgiven) = read_leniently(stub).ok()?;
    let only_that = forgiven.iter().all(|error| is_embedded(error.kind()));
    only_that.then(|| message.encode(stub.format).ok()).flatten()
}

/// The stub with 2³¹-1 in place of counts that we refuse.
pub(super) fn bound_counts(finding: &Finding<'_>) -> Option<Vec<u8>> {
    finding.ours.as_ref().err()?;
    let mut octets = finding.stub.octets.to_vec();
    // Each is found once, and a stub has so many places.
    for _ in 0..octets.len() {
        // What else is wrong is not the subject.
        let Err(error) = read_leniently(Stub { octets: &octets, ..finding.stub }) else { break };
        let ErrorKind::CountTooLarge { count } = error.kind() else { break };
        // libndr refuses it above that.
        u32::try_from(count).ok()?;
        let bounded = match finding.stub.format {
            Format::NDR20_BE => i32::MAX.to_be_bytes(),
            _ => i32::MAX.to_le_bytes(),
        };
        let place = octets.get_mut(error.offset()..)?;
        place.iter_mut().zip(bounded).for_each(|(octet, new)| *octet = new);
    }
    Some(octets)
}

fn read_leniently(stub: Stub<'_>) -> Result<(Message<'_>, Vec<Error>), Error> {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    Message::decode_lenient(Protocol::V3, stub.direction, stub.opnum, stub.octets, stub.format, &limits)
}

/// The stub with 0 in place of the first member of each structure of an array, behind a referent and a maximum count.
pub(super) fn clear_first_members(finding: &Finding<'_>, ndr20: usize, ndr64: usize) -> Vec<u8> {
    let word = finding.stub.format.word();
    let size = if finding.stub.format.is_ndr64() { ndr64 } else { ndr20 };
    let mut octets = finding.stub.octets.to_vec();
    let start = octets.len().min(word.saturating_mul(2));
    let (front, elements) = octets.split_at_mut(start);
    let count = front.get(word..).map_or(0, |count| as_number(count, finding.stub.format));
    let elements = elements.chunks_mut(size.max(1)).take(usize::try_from(count).unwrap_or(usize::MAX));
    elements.for_each(|element| element.iter_mut().take(word).for_each(|octet| *octet = 0));
    octets
}

fn as_number(octets: &[u8], format: Format) -> u64 {
    let append = |number: u64, octet: &u8| number << 8 | u64::from(*octet);
    match format {
        Format::NDR20_BE => octets.iter().fold(0, append),
        _ => octets.iter().rev().fold(0, append),
    }
}

/// The stub with our referents in place of those that have an upper half.
pub(super) fn clear_referents(finding: &Finding<'_>) -> Option<Vec<u8>> {
    let ours = finding.ours.as_ref().ok()?;
    let written = ours.written.as_ref().ok().filter(|written| written.len() == ours.end)?;
    let mut octets = finding.stub.octets.to_vec();
    for (word, clear) in octets.chunks_exact_mut(8).zip(written.chunks_exact(8)) {
        let referent = u64::from_le_bytes(clear.try_into().ok()?);
        let upper = word.split_last_chunk::<4>().map(|(_, upper)| *upper);
        if REFERENTS.contains(&referent) && upper != Some([0; 4]) {
            word.copy_from_slice(clear);
        }
    }
    Some(octets)
}
