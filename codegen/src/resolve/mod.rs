//! Syntax tree to checked model: names to definitions, constants to numbers, attributes to meaning.
//!
//! The passes, in order: collect all names; fold constants; give every definition its shape (types, without
//! attributes); look for types that contain themselves; read the attributes of members, whose expressions need
//! the types of other members; read the interfaces; check what needs the whole. A name that can't be resolved
//! is reported once where it stands, and stands for `long` from then on, so that one mistake gives one message.

mod attributes;
mod checks;
mod collect;
mod constants;
mod expressions;
mod interfaces;
mod shapes;
mod suggest;
mod symbols;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::diagnostic::Diagnostic;
use crate::model::{Constant, Definition, Interface, Model};
use crate::syntax;

use symbols::Symbols;

pub(crate) use constants::evaluate;

/// A parsed file of the compilation.
pub(crate) struct Unit {
    /// Index of the file in the sources.
    pub(crate) file: u32,
    pub(crate) syntax: syntax::File,
}

/// Builds the model of all files; imported files stand before those that import them.
pub(crate) fn resolve(units: &[Unit]) -> (Model, Vec<Diagnostic>) {
    let mut resolver = Resolver::default();
    let pending = collect::collect(&mut resolver, units);
    constants::fold(&mut resolver, units);
    shapes::shape(&mut resolver, &pending);
    let order = checks::value_order(&mut resolver);
    attributes::members(&mut resolver, &pending);
    interfaces::interfaces(&mut resolver, units);
    checks::conformance(&mut resolver, &order);
    let model = Model::new(resolver.definitions, resolver.interfaces, resolver.constants);
    (model, resolver.problems)
}

/// What the passes share.
#[derive(Default)]
struct Resolver {
    symbols: Symbols,
    definitions: Vec<Definition>,
    interfaces: Vec<Interface>,
    /// The last interface of each name.
    interface_names: BTreeMap<Rc<str>, usize>,
    constants: Vec<Constant>,
    problems: Vec<Diagnostic>,
    /// Type names that were reported as missing.
    missing: BTreeSet<Rc<str>>,
}

impl Resolver {
    fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }
}
