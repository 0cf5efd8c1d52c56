//! What the types of the NDR runtime promise by themselves, without a stub around them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use cmrp::ndr::arbitrary::{Result, Unstructured, octets};
use cmrp::ndr::{
    ContextHandle, Decode, Encode, FileTime, FixedPart, Format, Limits, Reader, SizedPtr, Uuid, Varying,
    VaryingPtr, WStr, Writer,
};

use super::panic_with;

/// Octets of an array, at most.
const MOST_OCTETS: usize = 16;

/// Makes values of the runtime and holds them against their promises.
///
/// # Errors
/// Those of the choices.
pub(super) fn check(format: Format, choices: &mut Unstructured<'_>) -> Result<()> {
    check_text(choices.arbitrary()?, choices.arbitrary()?);
    let uuid: Uuid = choices.arbitrary()?;
    travels(&uuid, format);
    travels(&FileTime(choices.arbitrary()?), format);
    // MS-DTYP 2.3.3: two integers of 4 octets, not one of 8.
    assert_eq!(FileTime::FIXED_PARTS, Some([FixedPart::new(4, 8); 2]));
    let handle = ContextHandle { attributes: choices.arbitrary()?, uuid };
    assert!(handle.to_string().ends_with(&uuid.to_string()), "{handle:?} is shown as {handle}");
    check_pointers(octets(choices, 0, MOST_OCTETS)?);
    assert_eq!(format.to_string().parse(), Ok(format), "a format is not read by its name");
    let unknown = format.name().to_uppercase().parse::<Format>().map_err(|error| error.to_string());
    assert!(unknown.is_err_and(|reason| reason.contains(format.name())), "names are told where one is wrong");
    assert_eq!(Limits::default(), Limits::DEFAULT, "there are two defaults of limits");
    Ok(())
}

/// A string is its units, wherever they come from.
fn check_text(text: WStr<'_>, other: WStr<'_>) {
    let (units, others): (Vec<u16>, Vec<u16>) = (text.units().collect(), other.units().collect());
    let borrowed = WStr::from(units.as_slice());
    assert_eq!(text, borrowed, "the units of a string are another string");
    assert_eq!(hash(&text), hash(&borrowed), "{text:?} has two hashes");
    assert_eq!((text.len(), text.is_empty()), (units.len(), units.is_empty()), "{text:?}");
    assert_eq!(text.partial_cmp(&other), Some(units.cmp(&others)), "{text:?} and {other:?}");
    let shown = text.to_string();
    assert_eq!(text.to_string_lossy(), shown, "{text:?} is shown in two ways");
    match text.try_to_string() {
        Ok(string) => {
            assert_eq!(string, shown, "{text:?}");
            assert!(text == string.as_str() && WStr::from(&string) == text, "{text:?} is not {string}");
        }
        Err(_) => assert!(shown.contains(char::REPLACEMENT_CHARACTER), "{text:?} is shown as {shown}"),
    }
}

/// Equal values have equal hashes, or they would be lost in maps.
pub(super) fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A value on its own is read as it was written, with no octet left.
fn travels<T>(value: &T, format: Format)
where
    T: Encode + for<'a> Decode<'a> + PartialEq + std::fmt::Debug,
{
    let mut writer = Writer::new(format);
    assert_eq!(writer.format(), format);
    if let Err(error) = Encode::encode(value, &mut writer) {
        panic_with("a value has no form on the wire", &error);
    }
    let stub = writer.into_stub();
    let mut reader = Reader::new(&stub, format, &Limits::DEFAULT.with_trailing(0));
    let read = T::decode(&mut reader).and_then(|read| reader.finish().map(|()| read));
    assert_eq!(read.as_ref(), Ok(value), "{format}");
}

/// A pointer made of an array is not null, and gives it back.
fn check_pointers(data: &[u8]) {
    let varying = Varying::full(data);
    assert_eq!(SizedPtr::from(Some(data)).into_array(), Some(data));
    assert_eq!(VaryingPtr::from(Some(varying)).into_array(), Some(varying));
    assert_eq!(SizedPtr::from(None::<&[u8]>), SizedPtr::default());
    assert_eq!(VaryingPtr::from(None::<Varying<&[u8]>>), VaryingPtr::default());
    let nulls = (SizedPtr::<&[u8]>::NULL.into_array(), VaryingPtr::<&[u8]>::NULL.into_array());
    assert_eq!(nulls, (None, None), "a null pointer points");
}
