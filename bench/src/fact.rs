//! What a contestant read, in a form that all of them can be compared in.

use anyhow::{Result, bail};
use cmrp::ndr::{ContextHandle, Handle, WStr};

/// A value that was read, in the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// An integer, an enumeration or a flag set.
    Number(u64),
    /// A pointer that is null.
    Null,
    /// A string without its terminator.
    Text(String),
    /// A buffer, or a context handle as it stands on a little-endian wire.
    Octets(Vec<u8>),
}

impl From<u32> for Fact {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Fact {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<WStr<'_>> for Fact {
    fn from(text: WStr<'_>) -> Self {
        Self::Text(text.to_string_lossy())
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[u8]> for Fact {
    fn from(octets: &[u8]) -> Self {
        Self::Octets(octets.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Fact {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A handle, which is null or 20 octets.
pub(crate) fn handle<H: Handle>(handle: Option<H>) -> Fact {
    let token = handle.map_or(ContextHandle::NULL, H::token);
    let mut octets = token.attributes.to_le_bytes().to_vec();
    octets.extend(token.uuid.to_wire(cmrp::ndr::Endian::Little));
    Fact::Octets(octets)
}

/// Hands out facts in their order, so that a contestant can make its own value of them. Text and octets stay for as
/// long as the process lives.
pub(crate) struct Source(std::vec::IntoIter<Fact>);

impl Source {
    pub(crate) fn new(facts: Vec<Fact>) -> Self {
        Self(facts.into_iter())
    }

    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::try_from(self.u64()?)?)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        match self.0.next() {
            Some(Fact::Number(number)) => Ok(number),
            other => bail!("a number is expected, not {other:?}"),
        }
    }

    pub(crate) fn numbers<const N: usize>(&mut self) -> Result<[u32; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.u32()?;
        }
        Ok(numbers)
    }

    pub(crate) fn text(&mut self) -> Result<Option<&'static str>> {
        match self.0.next() {
            Some(Fact::Text(text)) => Ok(Some(text.leak())),
            Some(Fact::Null) => Ok(None),
            other => bail!("a string is expected, not {other:?}"),
        }
    }

    pub(crate) fn octets(&mut self) -> Result<&'static [u8]> {
        match self.0.next() {
            Some(Fact::Octets(octets)) => Ok(octets.leak()),
            other => bail!("octets are expected, not {other:?}"),
        }
    }
}
