//! Recognises one token at the start of a text.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{not, opt, peek, recognize, value};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

use super::token::TokenKind;
use crate::diagnostic::code;

/// Punctuation, longest first where one is the start of another.
const SYMBOLS: [&str; 45] = [
    "...", "<<=", ">>=", "..", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "->", "::", "##", "+=", "-=",
    "*=", "/=", "++", "--", "(", ")", "[", "]", "{", "}", ",", ";", ":", "*", "+", "-", "/", "%", "&", "|",
    "^", "~", "!", "?", "<", ">", "=", "#",
];

/// Reads the token that `input` starts with; never fails on a text that isn't empty.
pub(super) fn token(input: &str) -> IResult<&str, TokenKind> {
    alt((uuid, number, text, character, word, symbol, stray)).parse(input)
}

/// A UUID is one token wherever it stands: nothing else has that form.
fn uuid(input: &str) -> IResult<&str, TokenKind> {
    let (rest, digits) = recognize((
        hex(8),
        char('-'),
        hex(4),
        char('-'),
        hex(4),
        char('-'),
        hex(4),
        char('-'),
        hex(12),
        not(satisfy(is_word_char)),
    ))
    .parse(input)?;
    Ok((rest, parse_uuid(digits).map_or(TokenKind::Symbol("-"), TokenKind::Uuid)))
}

fn hex<'a>(count: usize) -> impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>> {
    take_while_m_n(count, count, |c: char| c.is_ascii_hexdigit())
}

/// The octets of a UUID's text, in the order of the text.
pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    if groups != [8, 4, 4, 4, 12] {
        return None;
    }
    let digits = text.replace('-', "");
    let mut octets = [0; 16];
    for (octet, at) in octets.iter_mut().zip((0..).step_by(2)) {
        let pair = digits.get(at..).and_then(|rest| rest.get(..2))?;
        *octet = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(octets)
}

fn number(input: &str) -> IResult<&str, TokenKind> {
    let (_, _) = peek(satisfy(|c| c.is_ascii_digit())).parse(input)?;
    let (rest, whole) = take_while1(is_word_char).parse(input)?;
    let (rest, fraction) = opt(fraction).parse(rest)?;
    let kind = match fraction {
        Some(fraction) => TokenKind::Real(format!("{whole}{fraction}").into()),
        None => integer(whole),
    };
    Ok((rest, kind))
}

/// A point and digits; `1..5` has none.
fn fraction(input: &str) -> IResult<&str, &str> {
    recognize(pair(char('.'), take_while1(|c: char| c.is_ascii_alphanumeric()))).parse(input)
}

fn integer(text: &str) -> TokenKind {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches("i64").trim_end_matches(['u', 'l']);
    let parsed = match (digits.strip_prefix("0x"), digits.strip_prefix('0')) {
        (Some(hex), _) => u64::from_str_radix(hex, 16),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8),
        _ => digits.parse(),
    };
    if let Ok(value) = parsed {
        return TokenKind::Integer(i128::from(value));
    }
    let reason = format!("`{text}` is no number that fits 64 bits");
    TokenKind::Bad(code::BAD_NUMBER, reason.into())
}

fn word(input: &str) -> IResult<&str, TokenKind> {
    let (rest, word) =
        recognize(pair(satisfy(|c| is_word_char(c) && !c.is_ascii_digit()), take_while(is_word_char)))
            .parse(input)?;
    Ok((rest, TokenKind::Word(word.into())))
}

/// Characters of names. MIDL has ASCII names only, `$` included, as Microsoft's C compiler has.
fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn symbol(input: &str) -> IResult<&str, TokenKind> {
    for symbol in SYMBOLS {
        if let Some(rest) = input.strip_prefix(symbol) {
            return Ok((rest, TokenKind::Symbol(symbol)));
        }
    }
    let (rest, ()) = value((), char('.')).parse(input)?;
    Ok((rest, TokenKind::Symbol(".")))
}

fn stray(input: &str) -> IResult<&str, TokenKind> {
    let (rest, character) = nom::character::complete::anychar(input)?;
    let reason = format!("no token starts with {character:?}");
    Ok((rest, TokenKind::Bad(code::STRAY_CHARACTER, reason.into())))
}

/// `"text"`, also with `L` before it.
fn text(input: &str) -> IResult<&str, TokenKind> {
    let (rest, _) = preceded(opt(char('L')), tag("\"")).parse(input)?;
    Ok(quoted(rest, '"', |text| TokenKind::Text(text.into())))
}

/// `'c'`, also with `L` before it.
fn character(input: &str) -> IResult<&str, TokenKind> {
    let (rest, _) = preceded(opt(char('L')), tag("'")).parse(input)?;
    Ok(quoted(rest, '\'', one_character))
}

fn one_character(text: &str) -> TokenKind {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) => TokenKind::Character(i128::from(u32::from(only))),
        _ => TokenKind::Bad(code::BAD_NUMBER, "a character literal holds one character".into()),
    }
}

/// Reads up to the closing quote, which has to stand in the same line.
fn quoted(input: &str, quote: char, make: impl Fn(&str) -> TokenKind) -> (&str, TokenKind) {
    let mut text = String::new();
    let mut chars = input.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.push(escape(&mut chars)),
            '\n' => break,
            _ if c == quote => return (chars.as_str(), make(&text)),
            _ => text.push(c),
        }
    }
    let end = input.find('\n').unwrap_or(input.len());
    let rest = input.get(end..).unwrap_or_default();
    (rest, TokenKind::Bad(code::UNTERMINATED, format!("the closing {quote} is missing").into()))
}

/// What stands behind a backslash (C 6.4.4.4, the short escapes); other characters stand for themselves.
fn escape(chars: &mut std::str::Chars<'_>) -> char {
    match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('0') => '\0',
        Some(other) => other,
        None => '\\',
    }
}
