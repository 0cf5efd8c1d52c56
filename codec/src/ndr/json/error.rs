//! Why JSON was refused, and where.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::ndr::InField;

/// JSON that is not a value of the type asked for: in which member, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    kind: JsonErrorKind,
    /// The innermost place first.
    places: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Member(Cow<'static, str>),
    Element(usize),
}

impl JsonError {
    /// An error that is not yet in a member.
    #[cold]
    pub const fn new(kind: JsonErrorKind) -> Self {
        Self { kind, places: Vec::new() }
    }

    /// The error for an opnum without a request or response.
    #[cold]
    pub const fn no_operation(opnum: u16) -> Self {
        Self::new(JsonErrorKind::UnknownOperation { opnum })
    }

    /// The error for a union without an arm that is known.
    #[cold]
    pub const fn missing() -> Self {
        Self::new(JsonErrorKind::Missing)
    }

    pub(super) fn wrong_type(expected: &'static str, found: &Value) -> Self {
        Self::new(JsonErrorKind::WrongType { expected, found: kind_of(found) })
    }

    /// Adds the name of a member that the IDL does not have.
    pub(super) fn at_unknown(mut self, name: &str) -> Self {
        self.places.push(Place::Member(Cow::Owned(name.into())));
        self
    }

    /// What is wrong.
    pub const fn kind(&self) -> &JsonErrorKind {
        &self.kind
    }

    /// The member and element, by the names of the IDL: `Notifications.data[3].NotificationData.Name`.
    ///
    /// Control characters in the name of an unknown member are escaped.
    pub const fn path(&self) -> impl fmt::Display + '_ {
        JsonPath(self)
    }
}

struct JsonPath<'a>(&'a JsonError);

impl fmt::Display for JsonPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for place in self.0.places.iter().rev() {
            match place {
                Place::Member(name) => write!(f, "{separator}{}", name.escape_debug())?,
                Place::Element(index) => write!(f, "[{index}]")?,
            }
            separator = ".";
        }
        Ok(())
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places.is_empty() {
            write!(f, "{}", self.kind)
        } else {
            write!(f, "{}: {}", self.path(), self.kind)
        }
    }
}

impl core::error::Error for JsonError {}

impl<T> InField for Result<T, JsonError> {
    fn field(self, name: &'static &'static str) -> Self {
        self.map_err(
            #[cold]
            |mut error| {
                error.places.push(Place::Member(Cow::Borrowed(name)));
                error
            },
        )
    }

    fn element(self, index: usize) -> Self {
        self.map_err(
            #[cold]
            |mut error| {
                error.places.push(Place::Element(index));
                error
            },
        )
    }
}

/// What is wrong with JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// A member is not there.
    Missing,
    /// A member that the IDL does not have.
    Unknown {
        /// The member that may have been meant.
        meant: Option<&'static str>,
    },
    /// A value of another kind.
    WrongType {
        /// What can stand here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// An integer that the type does not hold.
    OutOfRange {
        /// The integer.
        value: i128,
        /// The least that can be written here.
        low: i64,
        /// The greatest that can be written here.
        high: u64,
    },
    /// Something other than hexadecimal digits among octets.
    NotHex {
        /// Its place, in octets of the text.
        index: usize,
    },
    /// A number of hexadecimal digits that is not even.
    OddDigits {
        /// How many digits.
        digits: usize,
    },
    /// A string that is not a UUID in the form `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
    NotUuid,
    /// A count that is not what the array says.
    CountMismatch {
        /// The count.
        stated: u64,
        /// Elements of the array.
        elements: i64,
    },
    /// A tag that is not that of the union's arm.
    TagMismatch {
        /// The tag.
        stated: i64,
        /// The tag of the arm.
        tag: i64,
    },
    /// A second arm of a union.
    TwoArms,
    /// An array of fixed length with more elements or fewer.
    WrongLength {
        /// Elements of the type.
        expected: usize,
        /// Elements that are there.
        found: usize,
    },
    /// The interface has no operation with this number.
    UnknownOperation {
        /// The number.
        opnum: u16,
    },
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Unknown { meant: None } => f.write_str("there is no such member"),
            Self::Unknown { meant: Some(name) } => {
                write!(f, "there is no such member; did you mean `{name}`?")
            }
            Self::WrongType { expected, found } => write!(f, "expected {expected}, found {found}"),
            Self::OutOfRange { value, low, high } => {
                write!(f, "{value} is outside the range {low} to {high}")
            }
            Self::NotHex { index } => write!(f, "not a hexadecimal digit at index {index}"),
            Self::OddDigits { digits } => write!(f, "{digits} hexadecimal digits are not whole octets"),
            Self::NotUuid => f.write_str("not a UUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
            Self::CountMismatch { stated, elements } => {
                write!(f, "{stated} is stated, the array says {elements}")
            }
            Self::TagMismatch { stated, tag } => write!(f, "{stated} is stated, the arm has tag {tag}"),
            Self::TwoArms => f.write_str("a union has one arm, and there is another"),
            Self::WrongLength { expected, found } => write!(f, "expected {expected} elements, found {found}"),
            Self::UnknownOperation { opnum } => write!(f, "the interface has no operation {opnum}"),
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number that is no 64-bit integer",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
