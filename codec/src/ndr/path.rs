//! Names of the parameters and members that lead to a place in a value.

use core::fmt;

/// The field path of an error, outermost field first when displayed: `Notifications[3].NotificationData.Name`.
///
/// Segments are added from the inside out while an error travels up, so that a successful decode pays nothing. The
/// path never allocates: it keeps [`Path::CAPACITY`] names, and when there are more, an ellipsis stands for those
/// between the outermost and the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path {
    names: [Option<&'static &'static str>; Self::CAPACITY],
    /// The index behind the name of the same place, of an element that the array of that name has.
    indices: [Option<Index>; Self::CAPACITY],
    /// Names; one more than fit if some were left out. A number tells that rather than a `bool`, which has spare
    /// values, for the reason that `packed` gives.
    len: u8,
    /// An index whose array has not been named yet.
    pending: Option<Index>,
}

/// An element's index plus one, so that its absence takes no room.
type Index = core::num::NonZeroU32;

impl Path {
    /// Names that fit. The deepest path of ClusAPI has four.
    pub const CAPACITY: usize = 5;

    /// The path of the whole stub.
    pub(crate) const ROOT: Self =
        Self { names: [None; Self::CAPACITY], indices: [None; Self::CAPACITY], len: 0, pending: None };

    pub(crate) fn push_field(&mut self, name: &'static &'static str) {
        let place = usize::from(self.len).min(Self::CAPACITY.saturating_sub(1));
        self.len = self.len.saturating_add(u8::from(!self.is_truncated()));
        if let (Some(slot), Some(index)) = (self.names.get_mut(place), self.indices.get_mut(place)) {
            *slot = Some(name);
            *index = self.pending.take();
        }
    }

    pub(crate) fn push_index(&mut self, index: usize) {
        self.pending = u32::try_from(index).ok().and_then(|index| Index::MIN.checked_add(index));
    }

    fn is_truncated(&self) -> bool {
        usize::from(self.len) > Self::CAPACITY
    }

    /// Whether the path is that of the whole stub.
    pub const fn is_empty(&self) -> bool {
        self.len == 0 && self.pending.is_none()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_index(self.pending, f)?;
        let mut separator = "";
        for (name, index) in self.names.iter().zip(self.indices).rev() {
            let Some(name) = name else { continue };
            write!(f, "{separator}{name}")?;
            write_index(index, f)?;
            let behind_outermost = separator.is_empty();
            separator = if self.is_truncated() && behind_outermost { ".…." } else { "." };
        }
        Ok(())
    }
}

fn write_index(index: Option<Index>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    index.map_or(Ok(()), |index| write!(f, "[{}]", index.get().wrapping_sub(1)))
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
