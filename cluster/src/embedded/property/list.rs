//! Properties of the model as they travel in property lists, and back.

use cmrp_port::event::v2::{Property as Listed, PropertyList, PropertyValue, Text};

use crate::embedded::model::{Properties, Property};
use crate::status::{ERROR_INVALID_DATA, ERROR_INVALID_PARAMETER};

/// The octets of a list of properties.
pub(crate) fn encode<'p>(properties: impl IntoIterator<Item = (&'p str, &'p Property)>) -> Vec<u8> {
    let mut buffer = Vec::new();
    list(properties).write(&mut buffer);
    buffer
}

/// A list of properties.
pub(crate) fn list<'p>(properties: impl IntoIterator<Item = (&'p str, &'p Property)>) -> PropertyList<'p> {
    properties.into_iter().map(|(name, value)| Listed::new(name, listed(value))).collect()
}

/// A list of names with the format of each (MS-CMRP 3.1.4.3.1.14).
pub(crate) fn formats<'p>(properties: impl IntoIterator<Item = (&'p str, &'p Property)>) -> Vec<u8> {
    let format = |(name, value)| Listed::new(name, PropertyValue::Word(format(value)));
    let list: PropertyList<'_> = properties.into_iter().map(format).collect();
    let mut buffer = Vec::new();
    list.write(&mut buffer);
    buffer
}

/// Names as a `MULTI_SZ`.
pub(crate) fn names<'p>(names: impl IntoIterator<Item = &'p str>) -> Vec<u8> {
    let mut octets: Vec<u8> = names.into_iter().filter(|name| !name.is_empty()).flat_map(text).collect();
    octets.extend([0, 0]);
    octets
}

/// UTF-16 with its terminator.
pub(crate) fn text(text: &str) -> Vec<u8> {
    text.encode_utf16().take_while(|unit| *unit != 0).chain([0]).flat_map(u16::to_le_bytes).collect()
}

/// Reads a list that a client sent. Of several properties of one name the last one counts.
///
/// # Errors
/// `ERROR_INVALID_DATA` if it is no property list, `ERROR_INVALID_PARAMETER` if a property has several values or one
/// that only servers write.
pub(crate) fn decode(octets: &[u8]) -> Result<Properties, u32> {
    let list = PropertyList::decode(octets).map_err(|_| ERROR_INVALID_DATA)?;
    list.properties().iter().map(taken).collect()
}

fn taken(property: &Listed<'_>) -> Result<(crate::embedded::model::Name, Property), u32> {
    let name = owned(&property.name())?;
    match property.values() {
        [value] if !name.is_empty() => Ok((name.into(), held(value)?)),
        _ => Err(ERROR_INVALID_PARAMETER),
    }
}

fn owned(text: &Text<'_>) -> Result<String, u32> {
    let units: Vec<u16> = text.units().collect();
    String::from_utf16(&units).map_err(|_| ERROR_INVALID_PARAMETER)
}

fn held(value: &PropertyValue<'_>) -> Result<Property, u32> {
    Ok(match value {
        PropertyValue::Binary(octets) => Property::Binary(octets.to_vec()),
        PropertyValue::Dword(number) => Property::Dword(*number),
        PropertyValue::Sz(text) => Property::Sz(owned(text)?),
        PropertyValue::ExpandSz { stored, expanded: None } => Property::ExpandSz(owned(stored)?),
        PropertyValue::MultiSz(texts) => {
            Property::MultiSz(texts.iter().map(owned).collect::<Result<_, _>>()?)
        }
        PropertyValue::ULargeInteger(number) => Property::UlargeInteger(*number),
        PropertyValue::Long(number) => Property::Long(*number),
        PropertyValue::SecurityDescriptor(octets) => Property::SecurityDescriptor(octets.to_vec()),
        PropertyValue::LargeInteger(number) => Property::LargeInteger(*number),
        PropertyValue::Word(number) => Property::Word(*number),
        PropertyValue::FileTime(time) => Property::FileTime(time.0),
        _ => return Err(ERROR_INVALID_PARAMETER),
    })
}

/// There are no environment variables here, so an expandable text expands to itself.
fn listed(value: &Property) -> PropertyValue<'_> {
    match value {
        Property::Dword(number) => PropertyValue::Dword(*number),
        Property::Long(number) => PropertyValue::Long(*number),
        Property::UlargeInteger(number) => PropertyValue::ULargeInteger(*number),
        Property::LargeInteger(number) => PropertyValue::LargeInteger(*number),
        Property::Word(number) => PropertyValue::Word(*number),
        Property::FileTime(time) => PropertyValue::FileTime(cmrp::ndr::FileTime(*time)),
        Property::Sz(text) => PropertyValue::Sz(text.as_str().into()),
        Property::ExpandSz(text) => {
            PropertyValue::ExpandSz { stored: text.as_str().into(), expanded: Some(text.as_str().into()) }
        }
        Property::MultiSz(texts) => {
            PropertyValue::MultiSz(texts.iter().map(|text| text.as_str().into()).collect())
        }
        Property::Binary(octets) => PropertyValue::Binary(octets),
        Property::SecurityDescriptor(octets) => PropertyValue::SecurityDescriptor(octets),
    }
}

/// `CLUSTER_PROPERTY_FORMAT` (MS-CMRP 2.2.2.2).
fn format(value: &Property) -> u16 {
    match value {
        Property::Binary(_) => 1,
        Property::Dword(_) => 2,
        Property::Sz(_) => 3,
        Property::ExpandSz(_) => 4,
        Property::MultiSz(_) => 5,
        Property::UlargeInteger(_) => 6,
        Property::Long(_) => 7,
        Property::SecurityDescriptor(_) => 9,
        Property::LargeInteger(_) => 10,
        Property::Word(_) => 11,
        Property::FileTime(_) => 12,
    }
}
