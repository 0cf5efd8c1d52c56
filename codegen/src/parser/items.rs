//! Declarations of a file and of an interface's body.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_till;
use nom::combinator::{cut, opt};
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::Token;
use crate::syntax::{Attribute, ConstantItem, Declaration, DocText, Interface, Item, Operation, TypeKind};

use super::attributes::attributes;
use super::declarators::{declarator, declarators};
use super::expressions::expression;
use super::input::Input;
use super::interfaces::{interface, operation};
use super::mismatch::{Cause, Mismatch};
use super::recovery::{Place, parts};
use super::tokens::{ahead, doc, end, group, name, spanned, symbol, text, token, word, word_that};
use super::types::type_spec;
use super::{Parsed, Read};

/// Declarations up to the end of the file, or to the closing brace of the interface.
pub(super) fn items<'t>(place: Place) -> impl Read<'t, Vec<Item>> {
    parts(place, move |input| {
        let left_out = pragma.map(|()| None);
        alt((import.map(Some), left_out, |input| attributed(input, place))).parse(input)
    })
}

/// `import "file", "file";`
fn import(input: Input<'_>) -> Parsed<'_, Item> {
    let names = separated_list1(symbol(","), cut(text("a file name in quotes")));
    preceded(word("import"), cut(terminated(names, end))).map(Item::Import).parse(input)
}

/// `cpp_quote("...")` and `midl_pragma warning(...)` say nothing to this compiler.
fn pragma(input: Input<'_>) -> Parsed<'_, ()> {
    let keyword = word_that(|word| matches!(word, "cpp_quote" | "midl_pragma"));
    (keyword, opt(name("a word")), opt(group("(")), opt(symbol(";"))).map(|_| ()).parse(input)
}

/// A declaration that may have attributes; `None` for one that is left out.
fn attributed(input: Input<'_>, place: Place) -> Parsed<'_, Option<Item>> {
    let (rest, (early, attributes, late)) = (doc, attributes, doc).parse(input)?;
    let (rest, item) = alt((
        |input| interface(input, place).map(|(rest, item)| (rest, Some(item))),
        skipped.map(|()| None),
        typedef.map(Some),
        preceded(ahead(word("const")), cut(const_first)).map(Some),
        |input| declaration(input, place).map(|(rest, item)| (rest, Some(item))),
    ))
    .parse(rest)?;
    Ok((rest, item.map(|item| headed(item, attributes, early.or(late)))))
}

/// The item with what stands before it.
fn headed(mut item: Item, attributes: Vec<Attribute>, text: DocText) -> Item {
    match &mut item {
        Item::Types(Declaration { attributes: own, doc, .. })
        | Item::Interface(Interface { attributes: own, doc, .. })
        | Item::Operation(Operation { attributes: own, doc, .. }) => {
            *doc = text;
            own.splice(0..0, attributes);
        }
        Item::Constant(constant) => constant.doc = text,
        Item::Import(_) | Item::Forward(_) => {}
    }
    item
}

/// Leaves out a whole `coclass`, `library` and the like, with a warning.
fn skipped(input: Input<'_>) -> Parsed<'_, ()> {
    let keyword =
        word_that(|w| matches!(w, "coclass" | "library" | "dispinterface" | "module" | "importlib"));
    let (rest, ((keyword, name), span)) =
        spanned(|input| (&keyword, opt(name("a name"))).parse(input))(input)?;
    let is_edge = |token: &Token| token.is(";") || token.is("{") || token.is("}");
    let (rest, _) = (take_till(is_edge), opt(group("{")), opt(symbol(";"))).parse(rest)?;
    let (keyword, name) = (keyword.describe(), name.map(|name| format!(" `{}`", name.text)));
    let name = name.unwrap_or_default();
    let message = format!("{keyword}{name} is left out: it says nothing about a remote call");
    Ok((rest.report(Diagnostic::new(code::SKIPPED, span, message)), ()))
}

/// `typedef [attributes] T declarators;`
fn typedef(input: Input<'_>) -> Parsed<'_, Item> {
    preceded(word("typedef"), cut(terminated((attributes, type_spec, declarators), end)))
        .map(|(attributes, ty, declarators)| {
            Item::Types(Declaration { attributes, ty, declarators, doc: None })
        })
        .parse(input)
}

/// `const T NAME = value;`
fn const_first(input: Input<'_>) -> Parsed<'_, Item> {
    preceded(type_spec, constant).parse(input)
}

/// The declarator and value of a constant.
fn constant(input: Input<'_>) -> Parsed<'_, Item> {
    let value = preceded(symbol("="), expression);
    terminated((declarator, value), end)
        .map_opt(|(declarator, value)| Some((declarator.name?, value)))
        .map(|(name, value)| Item::Constant(ConstantItem { name, value, is_macro: false, doc: None }))
        .parse(input)
}

/// A bare struct, union or enum; an operation; or a constant with `const` behind its type.
fn declaration(input: Input<'_>, place: Place) -> Parsed<'_, Item> {
    let (rest, ty) = type_spec(input)?;
    if matches!(ty.kind, TypeKind::Tagged(_)) && rest.is(";") {
        let declaration = Declaration { attributes: Vec::new(), ty, declarators: Vec::new(), doc: None };
        return end(rest).map(|(rest, ())| (rest, Item::Types(declaration)));
    }
    let is_constant = ahead((token, symbol("=")))(rest).is_ok();
    match place {
        _ if is_constant => constant(rest),
        Place::File => Err(Mismatch::soft(rest, Cause::Thing("`;`, since operations stand in an interface"))),
        Place::Braces => operation(rest, ty).map(|(rest, operation)| (rest, Item::Operation(operation))),
    }
}
