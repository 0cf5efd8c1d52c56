//! Interfaces and their operations.

use crate::diagnostic::{Diagnostic, code};
use crate::syntax::{
    Attribute, Declarator, DocText, Interface, Item, Layer, Member, Operation, TypeKind, TypeSpec,
};

use super::cursor::Cursor;
use super::items::{self, Place};
use super::{Parsed, attributes, declarators, types};

/// An interface, or the forward declaration `interface NAME;`.
pub(super) fn interface(cursor: &mut Cursor<'_>, attributes: Vec<Attribute>, doc: DocText) -> Parsed<Item> {
    cursor.advance();
    let name = cursor.name("the name of the interface")?;
    if cursor.take(";") {
        return Ok(Item::Forward(name));
    }
    let base = if cursor.take(":") { Some(cursor.name("the name of the base interface")?) } else { None };
    let opening = cursor.peek().span;
    cursor.expect("{")?;
    let items = items::items(cursor, Place::Interface);
    if let Err(problem) = cursor.expect_closing("}", opening) {
        cursor.report(*problem);
    }
    Ok(Item::Interface(Interface { attributes, name, base, items, doc }))
}

/// An operation, from its name on.
pub(super) fn operation(
    cursor: &mut Cursor<'_>,
    attributes: Vec<Attribute>,
    returns: TypeSpec,
    doc: DocText,
) -> Parsed<Operation> {
    let start = cursor.peek().span;
    let mut layers = Vec::new();
    types::skip_silent(cursor);
    while cursor.take("*") {
        cursor.layer(layers.len())?;
        layers.push(Layer::Pointer);
        types::skip_silent(cursor);
    }
    let name = cursor.name("the name of an operation")?;
    let declarator = Declarator { name: Some(name), layers, span: cursor.span_from(start) };
    let params = params(cursor)?;
    cursor.expect_end()?;
    Ok(Operation { attributes, returns, declarator, params, doc })
}

fn params(cursor: &mut Cursor<'_>) -> Parsed<Vec<Member>> {
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let mut params = Vec::new();
    while !cursor.is(")") {
        params.push(param(cursor)?);
        if !cursor.take(",") {
            break;
        }
    }
    cursor.expect_closing(")", opening)?;
    if let [only] = params.as_slice() {
        if is_void(only) {
            params.clear();
        }
    }
    Ok(params)
}

/// `(void)` is no parameter.
fn is_void(param: &Member) -> bool {
    let bare = param.declarators.iter().all(|d| d.layers.is_empty() && d.name.is_none());
    bare && matches!(param.ty.kind, TypeKind::Void)
}

fn param(cursor: &mut Cursor<'_>) -> Parsed<Member> {
    let doc = cursor.doc();
    let start = cursor.peek().span;
    let attributes = attributes::attributes(cursor)?;
    if cursor.is("...") {
        let message = "a remote operation has a fixed number of parameters";
        return Err(Box::new(Diagnostic::new(code::UNEXPECTED, cursor.peek().span, message)));
    }
    let ty = types::type_spec(cursor)?;
    let declarator = declarators::abstract_declarator(cursor)?;
    Ok(Member { attributes, ty, declarators: vec![declarator], doc, span: cursor.span_from(start) })
}
