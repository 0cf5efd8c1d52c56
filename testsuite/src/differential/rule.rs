//! What is different where libndr and the specification differ, told so that nothing else passes for it.
//!
//! Most rules repair: they make a stub without what is different, and both must agree on that one.

use std::str::FromStr;

use cmrp::ndr::Format;
use cmrp_libndr::{Error, Refusal};

use super::finding::{Finding, Refused};
use super::json;
use super::repair::{
    bound_counts, clear_first_members, clear_referents, cut_strings, is_boolean8, is_reserved,
};

/// A kind of difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// libndr's table ends before the operation.
    UnknownOperation,
    /// libndr has something in a slot that is reserved.
    ReservedSlot,
    /// libndr declares another type for a parameter that the whole stub depends on.
    OtherType,
    /// libndr reads a BOOL at this offset as one octet.
    ///
    /// Everything else has a fixed size, so that what it reads and writes is known: the same with zeros in the other
    /// three octets, or without them where the BOOL is last.
    Boolean8(usize),
    /// libndr writes a constant for a member, whatever it has read.
    ///
    /// With the constant in the stub, both agree, and libndr's value is the same.
    Constant(String, u64),
    /// libndr takes a number for a pointer to a number: the first member of the structures of an array, whose sizes in
    /// NDR and NDR64 these are, and to which the first parameter points.
    ///
    /// With 0 in its place, which is the null pointer, both agree to accept or to refuse.
    Pointer(usize, usize),
    /// A string has a zero character before its end.
    ///
    /// With the string cut there, both agree, and libndr's value is the same.
    EmbeddedZero,
    /// A string has a lone surrogate, and libndr refuses it as no characters.
    ///
    /// With other characters in their place, both agree.
    LoneSurrogate,
    /// A surrogate pair of a big-endian string is cut where a buffer of 1,024 units ends, and libndr refuses its first
    /// half as no character.
    ///
    /// With other characters in its place, both agree.
    SplitPair,
    /// An enumeration of NDR64 is above 65535, and libndr refuses it.
    ///
    /// Without its upper half, both agree.
    Enum16(String),
    /// A maximum count is above 2³¹-1, and libndr minds no more than its actual count.
    ///
    /// With 2³¹-1 in its place, both agree, and libndr's value is the same.
    LargeCount,
    /// The upper half of a referent is not 0.
    ///
    /// With our referents in place of such, both agree.
    ReferentUpperHalf,
    /// libndr may not allocate as much as a size asks it for.
    ///
    /// With smaller sizes, both agree.
    Memory,
    /// A response has a size that no request can ask for.
    ///
    /// With a smaller size, both agree.
    RangeOfRequest,
}

/// What a rule makes of a finding that it explains.
pub(super) enum Explained {
    /// That is all that is different.
    Wholly,
    /// This stub does not have the difference.
    Repaired(Vec<u8>),
}

/// The argument of a rule is missing or no such argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRule;

impl FromStr for Rule {
    type Err = NoRule;

    fn from_str(text: &str) -> Result<Self, NoRule> {
        let (name, argument) =
            text.split_once('=').map_or((text, None), |(name, argument)| (name, Some(argument)));
        match (name, argument) {
            ("unknown-operation", None) => Ok(Self::UnknownOperation),
            ("reserved-slot", None) => Ok(Self::ReservedSlot),
            ("other-type", None) => Ok(Self::OtherType),
            ("boolean8", Some(offset)) => offset.parse().map(Self::Boolean8).map_err(|_| NoRule),
            ("constant", Some(argument)) => {
                let (member, number) = argument.split_once(':').ok_or(NoRule)?;
                Ok(Self::Constant(member.to_owned(), number.parse().map_err(|_| NoRule)?))
            }
            ("pointer", Some(argument)) => {
                let (ndr20, ndr64) = argument.split_once(':').ok_or(NoRule)?;
                let size = |text: &str| text.parse().map_err(|_| NoRule);
                Ok(Self::Pointer(size(ndr20)?, size(ndr64)?))
            }
            ("embedded-zero", None) => Ok(Self::EmbeddedZero),
            ("lone-surrogate", None) => Ok(Self::LoneSurrogate),
            ("split-pair", None) => Ok(Self::SplitPair),
            ("enum16", Some(member)) => Ok(Self::Enum16(member.to_owned())),
            ("large-count", None) => Ok(Self::LargeCount),
            ("referent-upper-half", None) => Ok(Self::ReferentUpperHalf),
            ("memory", None) => Ok(Self::Memory),
            ("range-of-request", None) => Ok(Self::RangeOfRequest),
            _ => Err(NoRule),
        }
    }
}

impl Rule {
    /// Whether a repair leaves the value that libndr reads, if it reads one.
    pub(super) fn keeps_their_value(&self) -> bool {
        !matches!(self, Self::Pointer(..))
    }

    /// Whether both may refuse what a repair leaves: where libndr takes something for something else, it may accept by
    /// chance.
    pub(super) fn may_be_refused(&self) -> bool {
        matches!(self, Self::Pointer(..))
    }

    /// How the rule explains that both differ, if it does.
    pub(super) fn explain(&self, finding: &Finding<'_>) -> Option<Explained> {
        match self {
            Self::UnknownOperation => {
                let unknown = finding.is_refused_with(|error| matches!(error, Error::UnknownOperation(_)));
                unknown.then_some(Explained::Wholly)
            }
            Self::ReservedSlot => is_reserved(finding).then_some(Explained::Wholly),
            Self::OtherType => Some(Explained::Wholly),
            Self::Boolean8(at) => is_boolean8(finding, *at).then_some(Explained::Wholly),
            _ => self.repair(finding).filter(|octets| octets != finding.stub.octets).map(Explained::Repaired),
        }
    }

    fn repair(&self, finding: &Finding<'_>) -> Option<Vec<u8>> {
        let refused_with = |refusal| finding.is_refused_with(|error| *error == Error::Read(refusal));
        match self {
            Self::Constant(member, number) => {
                json::repair(finding, |value| json::change(value, member, &|_| *number))
            }
            Self::Pointer(ndr20, ndr64) => Some(clear_first_members(finding, *ndr20, *ndr64)),
            Self::EmbeddedZero => cut_strings(finding),
            Self::LoneSurrogate if refused_with(Refusal::CHARACTERS) => {
                json::repair(finding, json::replace_lone_surrogates)
            }
            Self::SplitPair
                if finding.stub.format == Format::NDR20_BE && refused_with(Refusal::CHARACTERS) =>
            {
                json::repair(finding, json::replace_split_pairs)
            }
            Self::Enum16(member) if refused_with(Refusal::NDR64) => {
                json::repair(finding, |value| json::change(value, member, &|number| number & 0xFFFF))
            }
            Self::LargeCount => bound_counts(finding),
            Self::ReferentUpperHalf if refused_with(Refusal::NDR64) => clear_referents(finding),
            Self::Memory if refused_with(Refusal::MEMORY) => json::repair(finding, json::shrink),
            Self::RangeOfRequest => match finding.theirs {
                Err(Refused { request: true, error: Error::Read(Refusal::RANGE) }) => {
                    json::repair(finding, json::shrink)
                }
                _ => None,
            },
            _ => None,
        }
    }
}
