//! Octets as people hand them over: hexadecimal, base64, or as they are.

use std::io::{self, Read, Write};

use clap::ValueEnum;
use data_encoding::{BASE64, BASE64_NOPAD, DecodeError, HEXLOWER, HEXLOWER_PERMISSIVE};
use thiserror::Error;

/// How octets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Hexadecimal digits; when reading, white space and `0x` are passed over
    Hex,
    /// Base64, with padding or without
    Base64,
    /// The octets themselves
    Raw,
}

/// Text that stands for no octets.
#[derive(Debug, Error)]
pub(super) enum NotOctets {
    #[error("not hexadecimal: {0}")]
    Hex(DecodeError),
    #[error("not base64: {0}")]
    Base64(DecodeError),
    #[error("neither hexadecimal digits nor base64; --input raw takes octets as they are")]
    Neither,
    #[error("this could be hexadecimal or base64: say which with --input")]
    Ambiguous,
    #[error("raw octets can't be an argument, only standard input")]
    RawArgument,
}

/// What an argument holds or, where it is missing or `-`, standard input.
pub(crate) fn input(argument: Option<&str>) -> io::Result<Vec<u8>> {
    if let Some(text) = argument.filter(|argument| *argument != "-") {
        return Ok(text.as_bytes().to_vec());
    }
    let mut octets = Vec::new();
    io::stdin().lock().read_to_end(&mut octets)?;
    Ok(octets)
}

/// Reads octets in a form, or in that which the text has.
pub(super) fn read(text: Vec<u8>, form: Option<Form>) -> Result<Vec<u8>, NotOctets> {
    match form {
        Some(Form::Raw) => Ok(text),
        Some(Form::Hex) => hex(&text),
        Some(Form::Base64) => base64(&text),
        None => guess(&text),
    }
}

/// Takes hexadecimal digits for what they are, unless all of them are capital letters: `AAAA` and the like are as
/// likely to be base64, in which they stand for the zeros that stubs are full of. Anything else is base64.
fn guess(text: &[u8]) -> Result<Vec<u8>, NotOctets> {
    let as_hex = hex(text);
    let only_capitals = text.trim_ascii().iter().all(u8::is_ascii_uppercase);
    match (as_hex, base64(text)) {
        (Ok(octets), Ok(_)) if only_capitals && !octets.is_empty() => Err(NotOctets::Ambiguous),
        (Ok(octets), _) | (Err(_), Ok(octets)) => Ok(octets),
        (Err(_), Err(_)) => Err(NotOctets::Neither),
    }
}

/// Reads hexadecimal digits, with white space between them and `0x` before any word.
pub(super) fn hex(text: &[u8]) -> Result<Vec<u8>, NotOctets> {
    // The usual case in a file of vectors; if it is none, what follows tells where.
    if let Ok(octets) = HEXLOWER_PERMISSIVE.decode(text) {
        return Ok(octets);
    }
    let words = text.split(u8::is_ascii_whitespace);
    let bare = words.map(|word| word.strip_prefix(b"0x").or(word.strip_prefix(b"0X")).unwrap_or(word));
    HEXLOWER_PERMISSIVE.decode(&bare.collect::<Vec<_>>().concat()).map_err(NotOctets::Hex)
}

fn base64(text: &[u8]) -> Result<Vec<u8>, NotOctets> {
    let mut digits: Vec<u8> = text.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let length = digits.iter().rposition(|digit| *digit != b'=').map_or(0, |last| last.saturating_add(1));
    if digits.len() % 4 == 0 {
        return BASE64.decode(&digits).map_err(NotOctets::Base64);
    }
    digits.truncate(length);
    BASE64_NOPAD.decode(&digits).map_err(NotOctets::Base64)
}

/// Writes octets, as a line unless they are raw.
pub(super) fn write(octets: &[u8], form: Form) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match form {
        Form::Raw => output.write_all(octets)?,
        Form::Hex => writeln!(output, "{}", HEXLOWER.encode(octets))?,
        Form::Base64 => writeln!(output, "{}", BASE64.encode(octets))?,
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::{Form, read};

    #[test]
    fn octets_come_in_every_form() {
        type Case = (&'static str, Option<Form>, Result<&'static [u8], &'static str>);
        let cases: [Case; 20] = [
            ("00ff", None, Ok(&[0, 255])),
            (" 0x00 FF\n0x01", None, Ok(&[0, 255, 1])),
            ("0XfF", Some(Form::Hex), Ok(&[255])),
            ("", None, Ok(&[])),
            ("\n", None, Ok(&[])),
            ("AP8=", None, Ok(&[0, 255])),
            ("AP8", None, Ok(&[0, 255])),
            ("AP8=\n", Some(Form::Base64), Ok(&[0, 255])),
            ("AP\n8B", Some(Form::Base64), Ok(&[0, 255, 1])),
            ("AAAA", None, Err("this could be hexadecimal or base64: say which with --input")),
            ("AAAA", Some(Form::Hex), Ok(&[0xAA, 0xAA])),
            ("AAAA", Some(Form::Base64), Ok(&[0, 0, 0])),
            ("AAA0", None, Ok(&[0xAA, 0xA0])),
            ("ffffffff", None, Ok(&[0xFF; 4])),
            ("FF FF", None, Ok(&[0xFF; 2])),
            ("aff", Some(Form::Hex), Err("not hexadecimal: invalid length at 2")),
            ("a x", Some(Form::Hex), Err("not hexadecimal: invalid symbol at 1")),
            ("AP8*", Some(Form::Base64), Err("not base64: invalid symbol at 3")),
            (
                "\u{1}",
                None,
                Err("neither hexadecimal digits nor base64; --input raw takes octets as they are"),
            ),
            ("0x", Some(Form::Raw), Ok(b"0x")),
        ];
        for (text, form, expected) in cases {
            let octets = read(text.as_bytes().to_vec(), form).map_err(|error| error.to_string());
            assert_eq!(octets.as_deref().map_err(String::as_str), expected, "{text:?} {form:?}");
        }
    }
}
