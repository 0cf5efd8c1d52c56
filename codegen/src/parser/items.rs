//! Declarations of a file and of an interface's body.

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::TokenKind;
use crate::source::Span;
use crate::syntax::{Attribute, ConstantItem, Declaration, DocText, Item, Name, TypeKind};

use super::cursor::Cursor;
use super::{Parsed, attributes, declarators, expressions, interfaces, types};

/// Where declarations stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Interface,
}

/// Declarations up to the end of the file, or to the closing brace of the interface.
pub(super) fn items(cursor: &mut Cursor<'_>, place: Place) -> Vec<Item> {
    let mut items = Vec::new();
    let at_end = |cursor: &Cursor<'_>| cursor.at_end() || (place == Place::Interface && cursor.is("}"));
    while !at_end(cursor) {
        if cursor.take(";") {
            continue;
        }
        match item(cursor, place) {
            Ok(Some(item)) => items.push(item),
            Ok(None) => {}
            Err(problem) => {
                cursor.report(*problem);
                recover(cursor, place);
            }
        }
    }
    items
}

fn recover(cursor: &mut Cursor<'_>, place: Place) {
    cursor.recover();
    if place == Place::File {
        cursor.take("}");
    }
}

/// One declaration; `None` for one that is left out.
fn item(cursor: &mut Cursor<'_>, place: Place) -> Parsed<Option<Item>> {
    let doc = cursor.doc();
    let word = cursor.peek().word().unwrap_or_default();
    match word {
        "import" => return import(cursor).map(|names| Some(Item::Import(names))),
        "cpp_quote" | "midl_pragma" => {
            pragma(cursor);
            return Ok(None);
        }
        _ => {}
    }
    let attributes = attributes::attributes(cursor)?;
    let doc = doc.or_else(|| cursor.doc());
    attributed(cursor, place, attributes, doc)
}

fn attributed(
    cursor: &mut Cursor<'_>,
    place: Place,
    attributes: Vec<Attribute>,
    doc: DocText,
) -> Parsed<Option<Item>> {
    match cursor.peek().word().unwrap_or_default() {
        "interface" if place == Place::File && !is_return_type(cursor) => {
            interfaces::interface(cursor, attributes, doc).map(Some)
        }
        "interface" if cursor.look(2).is(";") => interfaces::interface(cursor, attributes, doc).map(Some),
        "coclass" | "library" | "dispinterface" | "module" | "importlib" => {
            skipped(cursor);
            Ok(None)
        }
        "typedef" => typedef(cursor, attributes, doc).map(|item| Some(Item::Types(item))),
        "const" => constant(cursor, doc).map(Some),
        _ => declaration(cursor, place, attributes, doc).map(Some),
    }
}

/// `interface NAME *` is a type.
fn is_return_type(cursor: &Cursor<'_>) -> bool {
    cursor.look(2).is("*")
}

/// `import "file", "file";`
fn import(cursor: &mut Cursor<'_>) -> Parsed<Vec<Name>> {
    cursor.advance();
    let mut names = vec![file_name(cursor)?];
    while cursor.take(",") {
        names.push(file_name(cursor)?);
    }
    cursor.expect_end()?;
    Ok(names)
}

fn file_name(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    let TokenKind::Text(text) = &cursor.peek().kind else {
        return Err(cursor.unexpected("a file name in quotes"));
    };
    let name = Name { text: text.clone(), span: cursor.peek().span };
    cursor.advance();
    Ok(name)
}

/// `cpp_quote("...")` and `midl_pragma warning(...)` say nothing to this compiler.
fn pragma(cursor: &mut Cursor<'_>) {
    cursor.advance();
    cursor.optional_name();
    if cursor.is("(") {
        cursor.skip_group();
    }
    cursor.take(";");
}

/// Leaves out a whole `coclass`, `library` and the like, with a warning.
fn skipped(cursor: &mut Cursor<'_>) {
    let start = cursor.peek().span;
    let keyword = cursor.peek().describe();
    cursor.advance();
    let name = cursor.optional_name().map(|name| format!(" `{}`", name.text)).unwrap_or_default();
    let span = cursor.span_from(start);
    while !cursor.at_end() && !cursor.is(";") && !cursor.is("{") && !cursor.is("}") {
        cursor.advance();
    }
    if cursor.is("{") {
        cursor.skip_group();
    }
    cursor.take(";");
    let message = format!("{keyword}{name} is left out: it says nothing about a remote call");
    cursor.report(Diagnostic::new(code::SKIPPED, span, message));
}

/// `typedef [attributes] T declarators;`
fn typedef(cursor: &mut Cursor<'_>, mut list: Vec<Attribute>, doc: DocText) -> Parsed<Declaration> {
    cursor.advance();
    list.extend(attributes::attributes(cursor)?);
    let ty = types::type_spec(cursor)?;
    let declarators = declarators::declarators(cursor)?;
    cursor.expect_end()?;
    Ok(Declaration { attributes: list, ty, declarators, doc })
}

/// `const T NAME = value;`, or an operation or type that starts with `const`.
fn constant(cursor: &mut Cursor<'_>, doc: DocText) -> Parsed<Item> {
    let ty = types::type_spec(cursor)?;
    value(cursor, ty.span, doc)
}

/// The declarator and value of a constant.
fn value(cursor: &mut Cursor<'_>, start: Span, doc: DocText) -> Parsed<Item> {
    let declarator = declarators::declarator(cursor)?;
    let name = declarator.name.unwrap_or(Name { text: "".into(), span: start });
    cursor.expect("=")?;
    let value = expressions::expression(cursor)?;
    cursor.expect_end()?;
    Ok(Item::Constant(ConstantItem { name, value, is_macro: false, doc }))
}

/// A bare struct, union or enum; an operation; or a constant with `const` behind its type.
fn declaration(
    cursor: &mut Cursor<'_>,
    place: Place,
    attributes: Vec<Attribute>,
    doc: DocText,
) -> Parsed<Item> {
    let ty = types::type_spec(cursor)?;
    if matches!(ty.kind, TypeKind::Tagged(_)) && cursor.take(";") {
        return Ok(Item::Types(Declaration { attributes, ty, declarators: Vec::new(), doc }));
    }
    if cursor.look(1).is("=") {
        return value(cursor, ty.span, doc);
    }
    if place == Place::File {
        return Err(cursor.unexpected("`;`, since operations stand in an interface"));
    }
    interfaces::operation(cursor, attributes, ty, doc).map(Item::Operation)
}
