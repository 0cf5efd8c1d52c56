//! Dependency expressions: what must be online for a resource, a group or a group set to be.
//!
//! [`Expression::parse_resource`] reads those of resources, conjunctions of alternatives (MS-CMRP 3.1.4.2.109);
//! [`Expression::parse_group`] those of groups and group sets, conjunctions alone (MS-CMRP 3.1.4.2.163). Neither
//! recurses: brackets are counted.

use std::fmt;

/// Names in one expression, at most: each is looked up, and its object's dependencies followed.
pub const MAX_TERMS: usize = 1024;
/// UTF-16 units of an expression, at most.
pub const MAX_EXPRESSION: usize = 1 << 16;

/// All of these must hold; each holds if any of its names does.
///
/// ```
/// use cmrp_cluster::dependency::Expression;
///
/// let expression = Expression::parse_resource("([a] or [b]) and [c]").unwrap();
/// assert_eq!(expression.all_of(), [vec!["a".to_owned(), "b".to_owned()], vec!["c".to_owned()]]);
/// assert_eq!(expression.to_string(), "([a] or [b]) and ([c])");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    all: Vec<Vec<String>>,
}

/// An expression is not of the form that is asked for. Methods return `ERROR_INVALID_PARAMETER` for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dependency expression is not well-formed")]
pub struct NotWellFormed;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    And,
    Or,
    Open,
    Close,
}

impl Expression {
    /// Reads the expression of a resource: `([a] or [b]) and [c]`. In brackets stand names or identifiers, which are
    /// not told apart here. The empty text is the expression that nothing must hold for.
    ///
    /// Beyond the grammar of MS-CMRP 3.1.4.2.109, the outermost alternatives of `[a] and [b]` need no parentheses, as
    /// in the grammar that the documentation of the client library gives, and parentheses may hold a conjunction.
    ///
    /// # Errors
    /// The text has another form, or more than [`MAX_TERMS`] names.
    pub fn parse_resource(text: &str) -> Result<Self, NotWellFormed> {
        let tokens = tokens(text)?;
        let mut left = tokens.as_slice();
        let mut all = Vec::new();
        while !left.is_empty() {
            if !all.is_empty() {
                left = expect(left, &Token::And)?;
            }
            let (parts, rest) = part(left)?;
            // Without parentheses around them, alternatives stand alone.
            let bare = parts.first().is_some_and(|part| part.len() > 1) && left.first() != Some(&Token::Open);
            if bare && !(all.is_empty() && rest.is_empty()) {
                return Err(NotWellFormed);
            }
            all.extend(parts);
            left = rest;
        }
        Ok(Self { all })
    }

    /// Reads the expression of a group or group set: `[a] and [b]`. Parentheses and braces are ignored
    /// (MS-CMRP 3.1.4.2.163). The empty text is the expression that nothing must hold for.
    ///
    /// # Errors
    /// The text has another form, an "or" among others, or more than [`MAX_TERMS`] names.
    pub fn parse_group(text: &str) -> Result<Self, NotWellFormed> {
        let mut depth = 0_usize;
        let mut all = Vec::new();
        let mut name_next = true;
        for token in tokens(text)? {
            match token {
                Token::Open if name_next => depth = depth.saturating_add(1),
                Token::Close if !name_next => depth = depth.checked_sub(1).ok_or(NotWellFormed)?,
                Token::Name(name) if name_next => {
                    all.push(vec![name]);
                    name_next = false;
                }
                Token::And if !name_next => name_next = true,
                _ => return Err(NotWellFormed),
            }
        }
        let complete = depth == 0 && (!name_next || text.trim().is_empty());
        if complete { Ok(Self { all }) } else { Err(NotWellFormed) }
    }

    /// The expression that all of these names must hold.
    pub fn of_all<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Self {
        Self { all: names.into_iter().map(|name| vec![name.into()]).collect() }
    }

    /// The expression of these alternatives.
    pub fn of_alternatives(all: Vec<Vec<String>>) -> Self {
        Self { all: all.into_iter().filter(|any| !any.is_empty()).collect() }
    }

    /// The alternatives, all of which must hold.
    pub fn all_of(&self) -> &[Vec<String>] {
        &self.all
    }

    /// All names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flatten().map(String::as_str)
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The expression with each name replaced.
    ///
    /// # Errors
    /// What `replace` has against a name.
    pub fn map<E>(&self, mut replace: impl FnMut(&str) -> Result<String, E>) -> Result<Self, E> {
        let all: Result<_, E> =
            self.all.iter().map(|any| any.iter().map(|name| replace(name)).collect()).collect();
        Ok(Self { all: all? })
    }

    /// Whether it holds if these names do.
    pub fn holds(&self, mut name_holds: impl FnMut(&str) -> bool) -> bool {
        self.all.iter().all(|any| any.iter().any(|name| name_holds(name)))
    }
}

/// The form that a Windows cluster returns: each set of alternatives in parentheses.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, any) in self.all.iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { " and (" })?;
            for (index, name) in any.iter().enumerate() {
                write!(f, "{}[{name}]", if index == 0 { "" } else { " or " })?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

/// One part of a conjunction: a name, alternatives, or what stands in parentheses.
fn part(tokens: &[Token]) -> Result<(Vec<Vec<String>>, &[Token]), NotWellFormed> {
    match tokens.split_first() {
        Some((Token::Open, rest)) => {
            let (first, rest) = list(rest, &Token::Or)?;
            let (parts, rest) = match rest.first() {
                Some(Token::And) if first.len() == 1 => conjunction(first, rest)?,
                _ => (vec![first], rest),
            };
            Ok((parts, expect(rest, &Token::Close)?))
        }
        _ => list(tokens, &Token::Or).map(|(any, rest)| (vec![any], rest)),
    }
}

/// More names behind a first one, all of which must hold.
fn conjunction(first: Vec<String>, rest: &[Token]) -> Result<(Vec<Vec<String>>, &[Token]), NotWellFormed> {
    let (others, rest) = list(expect(rest, &Token::And)?, &Token::And)?;
    let parts = [first].into_iter().chain(others.into_iter().map(|name| vec![name])).collect();
    Ok((parts, rest))
}

/// Names with this token between each two.
fn list<'t>(mut tokens: &'t [Token], between: &Token) -> Result<(Vec<String>, &'t [Token]), NotWellFormed> {
    let mut names = Vec::new();
    loop {
        let Some((Token::Name(name), rest)) = tokens.split_first() else { return Err(NotWellFormed) };
        names.push(name.clone());
        match rest.split_first() {
            Some((token, rest)) if token == between => tokens = rest,
            _ => return Ok((names, rest)),
        }
    }
}

fn expect<'t>(tokens: &'t [Token], token: &Token) -> Result<&'t [Token], NotWellFormed> {
    tokens.split_first().filter(|(first, _)| *first == token).map(|(_, rest)| rest).ok_or(NotWellFormed)
}

fn tokens(text: &str) -> Result<Vec<Token>, NotWellFormed> {
    if text.encode_utf16().count() > MAX_EXPRESSION {
        return Err(NotWellFormed);
    }
    let mut tokens = Vec::new();
    let mut left = text.trim_start();
    while !left.is_empty() {
        let (token, rest) = token(left)?;
        tokens.push(token);
        left = rest.trim_start();
    }
    let names = tokens.iter().filter(|token| matches!(token, Token::Name(_))).count();
    if names <= MAX_TERMS { Ok(tokens) } else { Err(NotWellFormed) }
}

fn token(text: &str) -> Result<(Token, &str), NotWellFormed> {
    if let Some(name) = text.strip_prefix('[') {
        let (name, rest) = name.split_once(']').ok_or(NotWellFormed)?;
        let name = name.trim();
        return if name.is_empty() { Err(NotWellFormed) } else { Ok((Token::Name(name.to_owned()), rest)) };
    }
    let marks = [("(", Token::Open), (")", Token::Close), ("{", Token::Open), ("}", Token::Close)];
    for (mark, token) in marks {
        if let Some(rest) = text.strip_prefix(mark) {
            return Ok((token, rest));
        }
    }
    let end = text.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).ok_or(NotWellFormed)?;
    match word {
        _ if word.eq_ignore_ascii_case("and") => Ok((Token::And, rest)),
        _ if word.eq_ignore_ascii_case("or") => Ok((Token::Or, rest)),
        _ => Err(NotWellFormed),
    }
}
