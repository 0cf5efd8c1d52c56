//! Interfaces and their operations.

use nom::Parser;
use nom::combinator::{cut, not, opt};
use nom::sequence::{preceded, terminated};

use crate::diagnostic::{Diagnostic, code};
use crate::syntax::{Declarator, Interface, Item, Member, Name, Operation, TypeKind, TypeSpec};

use super::Parsed;
use super::attributes::attributes;
use super::declarators::{abstract_declarator, pointers};
use super::input::Input;
use super::items::items;
use super::mismatch::{self, Mismatch};
use super::recovery::Place;
use super::tokens::{ahead, closing, comma_list, doc, enclosed, end, name, spanned, symbol, token, word};
use super::types::type_spec;

/// An interface, or the forward declaration `interface NAME;`.
pub(super) fn interface(input: Input<'_>, place: Place) -> Parsed<'_, Item> {
    let (rest, ()) = match place {
        Place::File => not((token, token, symbol("*"))).parse(input)?,
        Place::Braces => ahead((token, token, symbol(";")))(input)?,
    };
    let (rest, name) = preceded(word("interface"), cut(name("the name of the interface"))).parse(rest)?;
    match symbol(";")(rest) {
        Ok((rest, _)) => Ok((rest, Item::Forward(name))),
        Err(_) => cut(|input| definition(input, &name)).parse(rest),
    }
}

/// An interface behind its name.
fn definition<'t>(input: Input<'t>, name: &Name) -> Parsed<'t, Item> {
    let (rest, base) = opt(preceded(symbol(":"), cut(base))).parse(input)?;
    let (rest, opening) = symbol("{")(rest)?;
    let (rest, items) = items(Place::Braces).parse(rest)?;
    let rest = match closing("}", opening.span)(rest) {
        Ok((rest, _)) => rest,
        Err(error) => rest.report(mismatch::of(error, rest).into_problem()),
    };
    let interface = Interface { attributes: Vec::new(), name: name.clone(), base, items, doc: None };
    Ok((rest, Item::Interface(interface)))
}

fn base(input: Input<'_>) -> Parsed<'_, Name> {
    name("the name of the base interface")(input)
}

/// An operation behind its type: pointers, name, parameters.
pub(super) fn operation(input: Input<'_>, returns: TypeSpec) -> Parsed<'_, Operation> {
    let declarator = spanned(|input| (pointers, name("the name of an operation")).parse(input));
    let (rest, (((layers, name), span), params)) = cut(terminated((declarator, params), end)).parse(input)?;
    let declarator = Declarator { name: Some(name), layers, span };
    Ok((rest, Operation { attributes: Vec::new(), returns, declarator, params, doc: None }))
}

fn params(input: Input<'_>) -> Parsed<'_, Vec<Member>> {
    let mut params =
        enclosed("(", |input| comma_list(symbol(")"), param).parse(input), ")").map(|mut params| {
            if matches!(params.as_slice(), [only] if is_void(only)) {
                params.clear();
            }
            params
        });
    params.parse(input)
}

/// `(void)` is no parameter.
fn is_void(param: &Member) -> bool {
    let bare = param.declarators.iter().all(|d| d.layers.is_empty() && d.name.is_none());
    bare && matches!(param.ty.kind, TypeKind::Void)
}

fn param(input: Input<'_>) -> Parsed<'_, Member> {
    let mut parts = (doc, terminated(attributes, fixed), type_spec, abstract_declarator);
    let (rest, (doc, attributes, ty, declarator)) = parts.parse(input)?;
    let span = input.span_to(rest);
    Ok((rest, Member { attributes, ty, declarators: vec![declarator], doc, span }))
}

/// Refuses `...`.
fn fixed(input: Input<'_>) -> Parsed<'_, ()> {
    if input.is("...") {
        let message = "a remote operation has a fixed number of parameters";
        let problem = Diagnostic::new(code::UNEXPECTED, input.first().span, message);
        return Err(Mismatch::hard(input, problem));
    }
    Ok((input, ()))
}
