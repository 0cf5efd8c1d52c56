//! The octets of a stub while it is written.

use alloc::vec;
use alloc::vec::Vec;
use core::mem;

#[cfg(feature = "arbitrary")]
use super::landmark::Landmark;
use super::landmark::LandmarkKind;

/// What is written, and behind it room to write into.
///
/// Room is octets of no meaning, so that writing is one comparison and a store, while pushing would be a comparison, a
/// store and a new length in memory. Whatever counts as written has been overwritten: gaps are zeros.
///
/// A buffer that has to grow is handed over and back: were it lent, the optimizer would have to keep it in memory, and
/// store and load it at every step.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    octets: Vec<u8>,
    len: usize,
    /// Where things stand, if somebody wants to know.
    #[cfg(feature = "arbitrary")]
    landmarks: Option<Vec<Landmark>>,
}

/// No length exceeds `isize::MAX`. Told so, the optimizer knows that the end of an item does not wrap.
pub(super) const LENGTHS: usize = usize::MAX >> 1;

/// Octets that are made room for beyond those that are needed.
const SPARE: usize = 64;

impl Buffer {
    /// No octets, and no room.
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self::reusing(Vec::new())
    }

    /// No octets, and as much room as the vector holds octets. What else it has allocated becomes room when needed.
    #[inline(always)]
    pub(super) const fn reusing(octets: Vec<u8>) -> Self {
        Self {
            octets,
            len: 0,
            #[cfg(feature = "arbitrary")]
            landmarks: None,
        }
    }

    /// No octets, and room for some.
    #[inline]
    pub(super) fn with_room(size: usize) -> Self {
        Self::reusing(vec![0; size])
    }

    /// What is written.
    #[inline(always)]
    pub(super) fn into_written(mut self) -> Vec<u8> {
        self.octets.truncate(self.len);
        self.octets
    }

    /// Remembers landmarks from now on.
    #[cfg(feature = "arbitrary")]
    pub(super) fn marking(mut self) -> Self {
        self.landmarks = Some(Vec::new());
        self
    }

    /// The landmarks so far.
    #[cfg(feature = "arbitrary")]
    pub(super) fn take_landmarks(&mut self) -> Vec<Landmark> {
        self.landmarks.take().unwrap_or_default()
    }

    /// Remembers what stands somewhere.
    #[cfg(feature = "arbitrary")]
    #[inline(always)]
    pub(super) fn mark(&mut self, kind: LandmarkKind, offset: usize, size: usize) {
        if let Some(landmarks) = &mut self.landmarks {
            landmarks.push(Landmark { kind, offset, size });
        }
    }

    /// Nobody wants to know.
    #[cfg(not(feature = "arbitrary"))]
    #[expect(clippy::unused_self, reason = "the twin with the feature uses it")]
    #[inline(always)]
    pub(super) fn mark(&mut self, _: LandmarkKind, _: usize, _: usize) {}

    /// Octets that are written.
    #[inline(always)]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Writes zeros up to the next multiple of `to`, a power of two.
    #[inline(always)]
    pub(super) fn align(&mut self, to: usize) {
        let mask = to.wrapping_sub(1);
        let aligned = self.len.wrapping_add(mask) & !mask & LENGTHS;
        if aligned != self.len {
            self.mark(LandmarkKind::Gap, self.len, aligned.wrapping_sub(self.len));
            self.fill(aligned);
        }
        self.len = aligned;
    }

    /// Writes zeros up to `end`, most often a few.
    #[inline(always)]
    fn fill(&mut self, end: usize) {
        const FEW: [u8; 8] = [0; 8];
        let gap = end.wrapping_sub(self.len);
        match self.octets.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            Some(place) if gap < FEW.len() => *place = FEW,
            _ => self.octets = filled(mem::take(&mut self.octets), self.len, end),
        }
    }

    /// Writes a few octets.
    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, octets: [u8; N]) {
        let at = self.len & LENGTHS;
        let end = at.wrapping_add(N);
        match self.octets.get_mut(at..end).and_then(<[u8]>::first_chunk_mut) {
            Some(place) => *place = octets,
            None => self.octets = extended(mem::take(&mut self.octets), at, octets),
        }
        self.len = end;
    }

    /// Writes octets.
    #[inline(always)]
    pub(super) fn extend(&mut self, octets: &[u8]) {
        let place = self.octets.get_mut(self.len..).and_then(|room| room.get_mut(..octets.len()));
        match place {
            Some(place) => place.copy_from_slice(octets),
            None => self.octets = extended_slice(mem::take(&mut self.octets), self.len, octets),
        }
        self.len = self.len.wrapping_add(octets.len());
    }

    /// Lets octets be written in place. They count if that succeeds.
    #[inline(always)]
    pub(super) fn write(&mut self, size: usize, write: impl FnOnce(&mut [u8]) -> bool) -> bool {
        let at = self.len & LENGTHS;
        let end = at.wrapping_add(size & LENGTHS);
        if end > self.octets.len() {
            self.octets = with_more_room(mem::take(&mut self.octets), at, size);
        }
        let is_written = self.octets.get_mut(at..end).is_some_and(write);
        if is_written {
            self.len = end;
        }
        is_written
    }
}

#[cold]
#[inline(never)]
fn filled(octets: Vec<u8>, at: usize, end: usize) -> Vec<u8> {
    let gap = end.saturating_sub(at);
    let mut octets = with_more_room(octets, at, gap);
    octets.get_mut(at..end).unwrap_or_default().fill(0);
    octets
}

#[cold]
#[inline(never)]
fn extended<const N: usize>(octets: Vec<u8>, at: usize, few: [u8; N]) -> Vec<u8> {
    let mut octets = with_more_room(octets, at, N);
    if let Some(place) = octets.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = few;
    }
    octets
}

/// A large slice is copied into memory that was not made room before, which would be to write it twice.
#[cold]
#[inline(never)]
fn extended_slice(mut octets: Vec<u8>, at: usize, slice: &[u8]) -> Vec<u8> {
    octets.truncate(at);
    // A few fields follow most buffers, and should not make a large one grow again.
    octets.reserve(slice.len().saturating_add(SPARE));
    octets.extend_from_slice(slice);
    octets
}

/// Makes room for `size` octets behind `at`, and for as many as there are already: a large buffer of the caller is not
/// filled for a small stub, and a stub that grows is copied a few times at most.
#[cold]
#[inline(never)]
fn with_more_room(mut octets: Vec<u8>, at: usize, size: usize) -> Vec<u8> {
    let needed = at.saturating_add(size);
    let wanted = needed.saturating_add(at).saturating_add(SPARE);
    let room = if needed <= octets.capacity() { wanted.min(octets.capacity()) } else { wanted };
    octets.resize(room.max(octets.len()), 0);
    octets
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::Buffer;

    /// What an earlier stub left in the room must not get into this one.
    #[test]
    fn gaps_in_a_buffer_that_was_used_are_zeros() {
        for room in [0, 3, 9, 16, 100] {
            let mut buffer = Buffer::reusing(vec![0xEE; room]);
            buffer.put([1]);
            buffer.align(8);
            buffer.put([2]);
            buffer.align(4);
            assert!(!buffer.write(50, |_| false));
            buffer.extend(&[3]);
            assert_eq!(buffer.into_written(), [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3], "{room}");
        }
    }
}
