//! Property lists: the changed properties of an object (`PROPERTY_LIST`, MS-CMRP 2.2.3.10).
//!
//! A list is a count and so many properties. A property is a name, one value or more, and an end mark. Names and
//! values are preceded by their syntax (MS-CMRP 2.2.2.3) and size, and followed by padding to a multiple of 4, which
//! the size leaves out.

use alloc::vec;
use alloc::vec::Vec;

use cmrp::ndr::FileTime;

use super::content::{sized, write_u32};
use super::error::{PayloadError, PayloadErrorKind};
use super::octets::Octets;
use super::text::{Text, write_strings};

/// Values of `CLUSTER_PROPERTY_SYNTAX` (MS-CMRP 2.2.2.3): a type in the upper half, a format in the lower one.
pub(super) mod syntax {
    pub(in super::super) const END: u32 = 0;
    pub(in super::super) const NAME: u32 = 0x0004_0003;
    pub(in super::super) const BINARY: u32 = 0x0001_0001;
    pub(super) const DWORD: u32 = 0x0001_0002;
    pub(super) const SZ: u32 = 0x0001_0003;
    pub(super) const EXPAND_SZ: u32 = 0x0001_0004;
    pub(super) const MULTI_SZ: u32 = 0x0001_0005;
    pub(super) const ULARGE_INTEGER: u32 = 0x0001_0006;
    pub(super) const LONG: u32 = 0x0001_0007;
    pub(super) const EXPANDED_SZ: u32 = 0x0001_0008;
    pub(super) const SECURITY_DESCRIPTOR: u32 = 0x0001_0009;
    pub(super) const LARGE_INTEGER: u32 = 0x0001_000A;
    pub(super) const WORD: u32 = 0x0001_000B;
    pub(super) const FILETIME: u32 = 0x0001_000C;
    /// The largest value of `CLUSTER_PROPERTY_FORMAT` (MS-CMRP 2.2.2.2).
    pub(super) const LAST_FORMAT: u32 = 0x0C;
}

/// The octets of a property with an empty name and one empty value.
const LEAST_PROPERTY: usize = 24;

/// A property list.
///
/// ```
/// use cmrp_port::event::v2::{Property, PropertyList, PropertyValue};
///
/// let list: PropertyList<'_> = [Property::new("Priority", PropertyValue::Dword(3000))].into_iter().collect();
/// let mut buffer = Vec::new();
/// list.write(&mut buffer);
/// assert_eq!(PropertyList::decode(&buffer).unwrap(), list);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertyList<'a> {
    properties: Vec<Property<'a>>,
}

/// A property: its name, and at least one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    name: Text<'a>,
    values: Vec<PropertyValue<'a>>,
}

/// A value of a property, by its syntax (MS-CMRP 2.2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PropertyValue<'a> {
    /// `CLUSPROP_SYNTAX_LIST_VALUE_BINARY`.
    Binary(&'a [u8]),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_DWORD`.
    Dword(u32),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_SZ`.
    Sz(Text<'a>),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_EXPAND_SZ` and, from a server, `CLUSPROP_SYNTAX_LIST_VALUE_EXPANDED_SZ` behind it.
    ExpandSz {
        /// As it is stored, with the names of environment variables.
        stored: Text<'a>,
        /// With their values. A client must not send it, a server must.
        expanded: Option<Text<'a>>,
    },
    /// `CLUSPROP_SYNTAX_LIST_VALUE_MULTI_SZ`.
    MultiSz(Vec<Text<'a>>),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_ULARGE_INTEGER`.
    ULargeInteger(u64),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_LONG`.
    Long(i32),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_SECURITY_DESCRIPTOR`, self-relative.
    SecurityDescriptor(&'a [u8]),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_LARGE_INTEGER`.
    LargeInteger(i64),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_WORD`.
    Word(u16),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_FILETIME`.
    FileTime(FileTime),
    /// A value of another syntax, whose format at least is known.
    Other {
        /// `CLUSTER_PROPERTY_SYNTAX`.
        syntax: u32,
        /// The value without padding.
        octets: &'a [u8],
    },
}

impl<'a> PropertyList<'a> {
    /// The properties, in their order.
    pub fn properties(&self) -> &[Property<'a>] {
        &self.properties
    }

    /// The first property of the name, in any case of its letters.
    pub fn get(&self, name: &str) -> Option<&Property<'a>> {
        let same = |property: &&Property<'_>| {
            property.name.chars().flat_map(char::to_lowercase).eq(name.chars().flat_map(char::to_lowercase))
        };
        self.properties.iter().find(same)
    }

    /// Appends the encoded list to a buffer.
    ///
    /// A count or size that 32 bits can't hold comes out as the largest; `ApiGetNotifyV2` can't carry such a buffer
    /// anyway, whose own size is a `DWORD` (MS-CMRP 2.2.3.23).
    pub fn write(&self, buffer: &mut Vec<u8>) {
        write_u32(self.properties.len(), buffer);
        self.properties.iter().for_each(|property| property.write(buffer));
    }

    /// Reads a list that takes the whole buffer.
    ///
    /// It takes at most 8 octets of memory for each octet that is there, whatever counts and sizes they state.
    ///
    /// # Errors
    /// The octets are no property list.
    pub fn decode(buffer: &'a [u8]) -> Result<Self, PayloadError> {
        Self::read(&mut Octets::new(buffer))
    }

    pub(super) fn read(octets: &mut Octets<'a>) -> Result<Self, PayloadError> {
        let count = octets.count()?;
        let mut properties = Vec::with_capacity(count.min(octets.len() / LEAST_PROPERTY));
        for _ in 0..count {
            properties.push(Property::read(octets)?);
        }
        octets.finish()?;
        Ok(Self { properties })
    }
}

impl<'a> FromIterator<Property<'a>> for PropertyList<'a> {
    fn from_iter<I: IntoIterator<Item = Property<'a>>>(properties: I) -> Self {
        Self { properties: properties.into_iter().collect() }
    }
}

impl<'a> Property<'a> {
    /// A property of one value, as most are.
    pub fn new(name: impl Into<Text<'a>>, value: PropertyValue<'a>) -> Self {
        Self { name: name.into(), values: vec![value] }
    }

    /// The property with one more value.
    #[must_use]
    pub fn with(mut self, value: PropertyValue<'a>) -> Self {
        self.values.push(value);
        self
    }

    /// Its name.
    pub fn name(&self) -> Text<'a> {
        self.name
    }

    /// Its values, in their order; at least one.
    pub fn values(&self) -> &[PropertyValue<'a>] {
        &self.values
    }

    fn write(&self, buffer: &mut Vec<u8>) {
        write_name(self.name, buffer);
        self.values.iter().for_each(|value| value.write(buffer));
        buffer.extend(syntax::END.to_le_bytes());
    }

    fn read(octets: &mut Octets<'a>) -> Result<Self, PayloadError> {
        let start = *octets;
        let syntax = octets.u32()?;
        if syntax != syntax::NAME {
            return Err(start.error(PayloadErrorKind::NotAName { syntax }));
        }
        let name = octets.value()?.terminated()?;
        let mut values = Vec::with_capacity(octets.values());
        loop {
            let before = *octets;
            match octets.u32()? {
                syntax::END if values.is_empty() => return Err(before.error(PayloadErrorKind::NoValue)),
                syntax::END => return Ok(Self { name, values }),
                syntax => read_value(syntax, before, octets, &mut values)?,
            }
        }
    }
}

/// Writes what a property begins with.
pub(super) fn write_name(name: Text<'_>, buffer: &mut Vec<u8>) {
    sized(syntax::NAME, buffer, |buffer| name.write(buffer));
}

/// Reads a value behind its syntax. The expanded form of a string completes the value before it.
fn read_value<'a>(
    syntax: u32,
    start: Octets<'a>,
    octets: &mut Octets<'a>,
    values: &mut Vec<PropertyValue<'a>>,
) -> Result<(), PayloadError> {
    if syntax & 0xFFFF > syntax::LAST_FORMAT {
        return Err(start.error(PayloadErrorKind::UnknownFormat { syntax }));
    }
    let mut value = octets.value()?;
    if syntax != syntax::EXPANDED_SZ {
        values.push(PropertyValue::read(syntax, &mut value)?);
        return Ok(());
    }
    match values.last_mut() {
        Some(PropertyValue::ExpandSz { expanded: expanded @ None, .. }) => {
            *expanded = Some(value.terminated()?);
            Ok(())
        }
        _ => Err(start.error(PayloadErrorKind::ExpandedAlone)),
    }
}

impl<'a> PropertyValue<'a> {
    fn read(syntax: u32, value: &mut Octets<'a>) -> Result<Self, PayloadError> {
        Ok(match syntax {
            syntax::BINARY => Self::Binary(value.rest()),
            syntax::DWORD => Self::Dword(value.whole().map(u32::from_le_bytes)?),
            syntax::SZ => Self::Sz(value.terminated()?),
            syntax::EXPAND_SZ => Self::ExpandSz { stored: value.terminated()?, expanded: None },
            syntax::MULTI_SZ => Self::MultiSz(value.strings()?),
            syntax::ULARGE_INTEGER => Self::ULargeInteger(value.whole().map(u64::from_le_bytes)?),
            syntax::LONG => Self::Long(value.whole().map(i32::from_le_bytes)?),
            syntax::SECURITY_DESCRIPTOR => Self::SecurityDescriptor(value.rest()),
            syntax::LARGE_INTEGER => Self::LargeInteger(value.whole().map(i64::from_le_bytes)?),
            syntax::WORD => Self::Word(value.whole().map(u16::from_le_bytes)?),
            syntax::FILETIME => Self::FileTime(FileTime(value.whole().map(u64::from_le_bytes)?)),
            syntax => Self::Other { syntax, octets: value.rest() },
        })
    }

    fn write(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::Binary(octets) => write_octets(syntax::BINARY, octets, buffer),
            Self::Dword(number) => write_octets(syntax::DWORD, &number.to_le_bytes(), buffer),
            Self::Sz(text) => sized(syntax::SZ, buffer, |buffer| text.write(buffer)),
            Self::ExpandSz { stored, expanded } => {
                sized(syntax::EXPAND_SZ, buffer, |buffer| stored.write(buffer));
                if let Some(expanded) = expanded {
                    sized(syntax::EXPANDED_SZ, buffer, |buffer| expanded.write(buffer));
                }
            }
            Self::MultiSz(texts) => {
                sized(syntax::MULTI_SZ, buffer, |buffer| write_strings(texts.iter().copied(), buffer));
            }
            Self::ULargeInteger(number) => {
                write_octets(syntax::ULARGE_INTEGER, &number.to_le_bytes(), buffer);
            }
            Self::Long(number) => write_octets(syntax::LONG, &number.to_le_bytes(), buffer),
            Self::SecurityDescriptor(octets) => write_octets(syntax::SECURITY_DESCRIPTOR, octets, buffer),
            Self::LargeInteger(number) => write_octets(syntax::LARGE_INTEGER, &number.to_le_bytes(), buffer),
            Self::Word(number) => write_octets(syntax::WORD, &number.to_le_bytes(), buffer),
            Self::FileTime(time) => write_octets(syntax::FILETIME, &time.0.to_le_bytes(), buffer),
            Self::Other { syntax, octets } => write_octets(*syntax, octets, buffer),
        }
    }
}

fn write_octets(syntax: u32, octets: &[u8], buffer: &mut Vec<u8>) {
    sized(syntax, buffer, |buffer| buffer.extend(octets));
}

impl Octets<'_> {
    /// The octets behind a size, without their padding.
    fn value(&mut self) -> Result<Self, PayloadError> {
        let size = self.count()?;
        let value = self.part(size)?;
        // Values begin at multiples of 4 from the beginning of the list, and so do their sizes.
        self.take(size.wrapping_neg() & 3)?;
        Ok(value)
    }

    /// How many values are left of a property, or of what is left of it.
    fn values(mut self) -> usize {
        let mut values: usize = 0;
        while self.u32().is_ok_and(|syntax| syntax != syntax::END) && self.value().is_ok() {
            values = values.saturating_add(1);
        }
        values
    }

    /// All that is left, as a number of just that size.
    fn whole<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let start = *self;
        let octets = self.rest();
        let wrong = PayloadErrorKind::WrongSize { expected: N, found: octets.len() };
        octets.try_into().map_err(|_| start.error(wrong))
    }
}
