//! The preprocessor: conditional text, included files and macros without parameters.
//!
//! It works on tokens. A macro's tokens get the span of the place that uses the macro, so that messages point
//! at text the reader can see. Imported files are none of its business: each is preprocessed by itself, as MIDL
//! does, so macros don't travel with `import`.

mod condition;
mod macros;

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{Token, TokenKind};
use crate::session::Session;

use macros::Macros;

pub(crate) use macros::Define;

/// How deep included files may include others: stops a file that includes itself without a guard.
const MAX_INCLUDE_DEPTH: u32 = 16;

/// A file after preprocessing.
pub(crate) struct Preprocessed {
    /// What remains, without the end mark.
    pub(crate) tokens: Vec<Token>,
    /// Macros whose bodies may be constants.
    pub(crate) defines: Vec<Define>,
}

/// Preprocesses the tokens of one file; problems go to the session.
pub(crate) fn preprocess(tokens: &[Token], session: &mut Session<'_>) -> Preprocessed {
    let mut preprocessor = Preprocessor {
        session,
        macros: Macros::default(),
        groups: Vec::new(),
        output: Vec::new(),
        include_depth: 0,
    };
    preprocessor.run(tokens);
    let defines = preprocessor.macros.into_defines(preprocessor.session);
    Preprocessed { tokens: preprocessor.output, defines }
}

struct Preprocessor<'p, 's> {
    session: &'p mut Session<'s>,
    macros: Macros,
    groups: Vec<Group>,
    output: Vec<Token>,
    include_depth: u32,
}

/// One `#if` to `#endif`.
struct Group {
    opening: Token,
    /// Whether the lines at hand are kept.
    active: bool,
    /// Whether a later `#else` or `#elif` may still be kept.
    open: bool,
}

impl Preprocessor<'_, '_> {
    fn run(&mut self, tokens: &[Token]) {
        let outer_groups = self.groups.len();
        let mut rest = tokens;
        while let Some((first, behind)) = rest.split_first() {
            if first.starts_line && first.is("#") {
                let length = behind.iter().position(ends_line).unwrap_or(behind.len());
                let (line, after) = behind.split_at_checked(length).unwrap_or((behind, &[]));
                self.directive(first, line);
                rest = after;
            } else {
                self.pass(first);
                rest = behind;
            }
        }
        while self.groups.len() > outer_groups {
            self.unclosed_group();
        }
    }

    /// Lets a token through, or what its macro stands for.
    fn pass(&mut self, token: &Token) {
        if !self.is_active() || token.kind == TokenKind::End {
            return;
        }
        self.macros.expand(token, self.session, &mut self.output);
    }

    fn is_active(&self) -> bool {
        self.groups.iter().all(|group| group.active)
    }

    fn directive(&mut self, hash: &Token, line: &[Token]) {
        let Some((name, arguments)) = line.split_first() else { return };
        match (name.word().unwrap_or_default(), arguments) {
            ("ifdef", [macro_name, ..]) => self.open_group(hash, self.macros.contains(macro_name)),
            ("ifndef", [macro_name, ..]) => self.open_group(hash, !self.macros.contains(macro_name)),
            ("if", _) => {
                let kept = self.is_active() && self.condition(name, arguments);
                self.open_group(hash, kept);
            }
            ("elif", _) => self.elif(name, arguments),
            ("else", _) => self.next_branch(name, true),
            ("endif", _) => self.close_group(name),
            _ if !self.is_active() => {}
            ("define", _) => self.macros.define(hash, arguments, self.session),
            ("undef", [macro_name, ..]) => self.macros.undefine(macro_name),
            ("include", _) => self.include(name, arguments),
            ("pragma" | "line" | "warning" | "ident", _) => {}
            ("error", _) => {
                self.report(Diagnostic::new(
                    code::ERROR_DIRECTIVE,
                    hash.span,
                    "`#error` stops the compilation",
                ));
            }
            _ => self.unknown_directive(name),
        }
    }

    fn unknown_directive(&mut self, name: &Token) {
        let message = format!("{} is no preprocessor line that can be followed", name.describe());
        self.report(
            Diagnostic::new(code::BAD_DIRECTIVE, name.span, message).help(
                "known are define, undef, if, ifdef, ifndef, elif, else, endif, include, pragma, error",
            ),
        );
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.session.report(diagnostic);
    }

    fn open_group(&mut self, hash: &Token, active: bool) {
        self.groups.push(Group { opening: hash.clone(), active, open: !active });
    }

    fn elif(&mut self, name: &Token, arguments: &[Token]) {
        let may_be_kept = self.groups.last().is_some_and(|group| group.open);
        let kept = may_be_kept && self.condition(name, arguments);
        self.next_branch(name, kept);
    }

    fn next_branch(&mut self, name: &Token, wanted: bool) {
        match self.groups.last_mut() {
            Some(group) => {
                group.active = group.open && wanted;
                group.open &= !wanted;
            }
            None => self.without_if(name),
        }
    }

    fn close_group(&mut self, name: &Token) {
        if self.groups.pop().is_none() {
            self.without_if(name);
        }
    }

    fn without_if(&mut self, name: &Token) {
        let message = format!("{} without an `#if` before it", name.describe());
        self.report(Diagnostic::new(code::UNBALANCED_CONDITIONAL, name.span, message));
    }

    fn unclosed_group(&mut self) {
        if let Some(group) = self.groups.pop() {
            let span = group.opening.span;
            self.report(
                Diagnostic::new(code::UNBALANCED_CONDITIONAL, span, "the `#endif` is missing")
                    .label("opened here"),
            );
        }
    }

    fn condition(&mut self, name: &Token, arguments: &[Token]) -> bool {
        let words = self.macros.expand_condition(arguments, self.session);
        match condition::evaluate(&words, name.span) {
            Ok(value) => value != 0,
            Err(diagnostic) => {
                self.report(*diagnostic);
                false
            }
        }
    }

    /// Puts the tokens of another file in place of the line.
    fn include(&mut self, name: &Token, arguments: &[Token]) {
        let Some(file_name) = included_name(arguments) else {
            self.report(Diagnostic::new(code::BAD_DIRECTIVE, name.span, "`#include` needs a file name"));
            return;
        };
        if self.include_depth >= MAX_INCLUDE_DEPTH {
            let message = format!("files include each other more than {MAX_INCLUDE_DEPTH} deep");
            self.report(Diagnostic::new(code::LIMIT, name.span, message));
            return;
        }
        if let Some(file) = self.session.load(&file_name, name.span) {
            let tokens = self.session.tokens_of(file);
            self.include_depth = self.include_depth.saturating_add(1);
            self.run(&tokens);
            self.include_depth = self.include_depth.saturating_sub(1);
        }
    }
}

fn ends_line(token: &Token) -> bool {
    token.starts_line || token.kind == TokenKind::End
}

/// `"name"`, or the words between `<` and `>` put together.
fn included_name(arguments: &[Token]) -> Option<String> {
    match arguments {
        [Token { kind: TokenKind::Text(name), .. }, ..] => Some(name.to_string()),
        [open, name @ .., close] if open.is("<") && close.is(">") => {
            Some(name.iter().map(|part| part.describe().replace('`', "")).collect())
        }
        _ => None,
    }
}
