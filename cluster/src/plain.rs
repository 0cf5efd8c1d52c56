//! Values of properties and of the registry as people write them in TOML and JSON.

use core::fmt::{self, Write};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::embedded::model::{KeyValue, Property};

/// A value of a property or of the registry as people write it.
///
/// | written | is |
/// |---|---|
/// | `3000` | a DWORD, 0 to 4,294,967,295 |
/// | `true`, `false` | a DWORD, 1 or 0 |
/// | `"text"` | a string |
/// | `["one", "two"]` | a list of strings |
/// | `{ "qword": 5 }` | a QWORD; TOML holds no more than 9,223,372,036,854,775,807 |
/// | `{ "long": -1 }` | a signed DWORD |
/// | `{ "expand": "%SystemRoot%\\x" }` | a string with variables |
/// | `{ "binary": "0102 ff" }` | octets in hexadecimal, spaces as you like |
///
/// ```
/// use cmrp_cluster::plain::PlainValue;
///
/// assert_eq!(serde_json::from_str::<PlainValue>("true").unwrap(), PlainValue::Dword(1));
/// assert_eq!(serde_json::from_str::<PlainValue>("{\"binary\":\"01ff\"}").unwrap(), PlainValue::Binary(vec![1, 255]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainValue {
    /// 32 bits.
    Dword(u32),
    /// 32 bits with a sign.
    Long(i32),
    /// 64 bits.
    Qword(u64),
    /// A string.
    Text(String),
    /// A string with variables such as `%SystemRoot%` in it.
    Expand(String),
    /// Strings; none of them is empty.
    Texts(Vec<String>),
    /// Octets.
    Binary(Vec<u8>),
}

/// Types of registry values.
mod registry {
    pub(super) const SZ: u32 = 1;
    pub(super) const EXPAND_SZ: u32 = 2;
    pub(super) const BINARY: u32 = 3;
    pub(super) const DWORD: u32 = 4;
    pub(super) const MULTI_SZ: u32 = 7;
    pub(super) const QWORD: u32 = 11;
}

impl PlainValue {
    /// The value as that of a property.
    pub fn to_property(&self) -> Property {
        match self {
            Self::Dword(value) => Property::Dword(*value),
            Self::Long(value) => Property::Long(*value),
            Self::Qword(value) => Property::UlargeInteger(*value),
            Self::Text(value) => Property::Sz(value.clone()),
            Self::Expand(value) => Property::ExpandSz(value.clone()),
            Self::Texts(values) => Property::MultiSz(values.clone()),
            Self::Binary(octets) => Property::Binary(octets.clone()),
        }
    }

    /// The value as that of a registry key: strings are UTF-16 in little-endian order, each with a NUL.
    pub fn to_key_value(&self) -> KeyValue {
        let (kind, data) = match self {
            Self::Dword(value) => (registry::DWORD, value.to_le_bytes().to_vec()),
            Self::Long(value) => (registry::DWORD, value.to_le_bytes().to_vec()),
            Self::Qword(value) => (registry::QWORD, value.to_le_bytes().to_vec()),
            Self::Text(value) => (registry::SZ, with_nul(value).collect()),
            Self::Expand(value) => (registry::EXPAND_SZ, with_nul(value).collect()),
            Self::Texts(values) => {
                let strings = values.iter().flat_map(|value| with_nul(value));
                (registry::MULTI_SZ, strings.chain([0, 0]).collect())
            }
            Self::Binary(octets) => (registry::BINARY, octets.clone()),
        };
        KeyValue { kind, data: Arc::new(data) }
    }
}

fn with_nul(text: &str) -> impl Iterator<Item = u8> + '_ {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes)
}

impl<'de> Deserialize<'de> for PlainValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PlainVisitor)
    }
}

struct PlainVisitor;

impl<'de> Visitor<'de> for PlainVisitor {
    type Value = PlainValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a number, a string, a list of strings, or a table with one of qword, long, expand, binary",
        )
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<PlainValue, E> {
        Ok(PlainValue::Dword(u32::from(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<PlainValue, E> {
        let beyond = || E::custom(format!("{value} does not fit 32 bits: write {{ qword = {value} }}"));
        u32::try_from(value).map(PlainValue::Dword).map_err(|_| beyond())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<PlainValue, E> {
        let negative = || E::custom(format!("{value} is below 0: write {{ long = {value} }}"));
        u64::try_from(value).map_err(|_| negative()).and_then(|value| self.visit_u64(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<PlainValue, E> {
        text(value).map(PlainValue::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PlainValue, A::Error> {
        let mut texts = Vec::new();
        while let Some(value) = list.next_element::<String>()? {
            if value.is_empty() {
                return Err(A::Error::custom("a list of strings cannot hold an empty one"));
            }
            texts.push(text(&value)?);
        }
        Ok(PlainValue::Texts(texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<PlainValue, A::Error> {
        let Some(kind) = table.next_key::<String>()? else {
            return Err(A::Error::custom("an empty table is no value"));
        };
        let value = match kind.as_str() {
            "qword" => PlainValue::Qword(table.next_value()?),
            "long" => PlainValue::Long(table.next_value()?),
            "expand" => PlainValue::Expand(text(&table.next_value::<String>()?)?),
            "binary" => PlainValue::Binary(octets(&table.next_value::<String>()?)?),
            _ => return Err(A::Error::unknown_field(&kind, &["qword", "long", "expand", "binary"])),
        };
        match table.next_key::<String>()? {
            None => Ok(value),
            Some(more) => Err(A::Error::custom(format!("`{more}` is one too many: a value has one type"))),
        }
    }
}

impl Serialize for PlainValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Dword(value) => serializer.serialize_u32(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Texts(values) => values.serialize(serializer),
            Self::Long(value) => one_member(serializer, "long", value),
            Self::Qword(value) => one_member(serializer, "qword", value),
            Self::Expand(value) => one_member(serializer, "expand", value),
            Self::Binary(value) => one_member(serializer, "binary", &hexadecimal(value)),
        }
    }
}

fn one_member<S: Serializer, T: Serialize>(serializer: S, key: &str, value: &T) -> Result<S::Ok, S::Error> {
    let mut table = serializer.serialize_map(Some(1))?;
    table.serialize_entry(key, value)?;
    table.end()
}

/// Strings end with a NUL on the wire, so that none may be inside.
fn text<E: Error>(value: &str) -> Result<String, E> {
    if value.contains('\0') { Err(E::custom("a string cannot hold NUL")) } else { Ok(value.to_owned()) }
}

fn octets<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    let digits: Option<Vec<u32>> =
        text.chars().filter(|character| !character.is_whitespace()).map(|digit| digit.to_digit(16)).collect();
    let pairs = digits.filter(|digits| digits.len() & 1 == 0);
    let wrong = || E::custom("octets are pairs of hexadecimal digits, as in \"01 ff\"");
    let octets = pairs.map(|digits| digits.chunks(2).filter_map(octet).collect());
    octets.ok_or_else(wrong)
}

fn octet(digits: &[u32]) -> Option<u8> {
    let [high, low] = digits else { return None };
    u8::try_from(high.checked_mul(16)?.checked_add(*low)?).ok()
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<PlainValue, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn each_form_reads_as_itself_and_writes_back() {
        for (json, value) in [
            ("0", PlainValue::Dword(0)),
            ("4294967295", PlainValue::Dword(u32::MAX)),
            ("\"\"", PlainValue::Text(String::new())),
            ("[\"a\",\"b\"]", PlainValue::Texts(vec!["a".into(), "b".into()])),
            ("[]", PlainValue::Texts(Vec::new())),
            ("{\"qword\":18446744073709551615}", PlainValue::Qword(u64::MAX)),
            ("{\"long\":-1}", PlainValue::Long(-1)),
            ("{\"expand\":\"%x%\"}", PlainValue::Expand("%x%".into())),
            ("{\"binary\":\"00ff\"}", PlainValue::Binary(vec![0, 255])),
        ] {
            assert_eq!(read(json).as_ref(), Ok(&value), "{json}");
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
    }

    #[test]
    fn registry_values_are_what_windows_writes() {
        let written = |json: &str| {
            let value = read(json).unwrap().to_key_value();
            (value.kind, value.data.to_vec())
        };
        assert_eq!(written("\"a\""), (1, vec![0x61, 0, 0, 0]));
        assert_eq!(written("[\"a\",\"b\"]"), (7, vec![0x61, 0, 0, 0, 0x62, 0, 0, 0, 0, 0]));
        assert_eq!(written("[]"), (7, vec![0, 0]));
        assert_eq!(written("258"), (4, vec![2, 1, 0, 0]));
        assert_eq!(written("{\"qword\":1}"), (11, vec![1, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(written("{\"binary\":\"ff\"}"), (3, vec![0xFF]));
        assert_eq!(written("{\"expand\":\"\"}"), (2, vec![0, 0]));
    }

    #[test]
    fn what_is_no_value_says_what_to_write() {
        for (json, part) in [
            ("4294967296", "write { qword = 4294967296 }"),
            ("-1", "write { long = -1 }"),
            ("1.5", "floating point"),
            ("null", "null"),
            ("{}", "empty table"),
            ("{\"qwrod\":1}", "unknown field `qwrod`"),
            ("{\"long\":1,\"qword\":1}", "one too many"),
            ("[\"\"]", "empty one"),
            ("[1]", "expected a string"),
            ("\"a\\u0000\"", "NUL"),
            ("{\"binary\":\"0\"}", "pairs of hexadecimal"),
            ("{\"binary\":\"0g\"}", "pairs of hexadecimal"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
