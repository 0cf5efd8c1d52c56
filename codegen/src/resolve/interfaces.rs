//! Interfaces: their attributes, and operations with opnums from their position.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::model::{Direction, Interface, Operation, Origin, Param, PointerKind, Type};
use crate::source::Span;
use crate::syntax::{self, Arguments, Attribute, Item, Member, Name};

use super::attributes::{self, Place, has, pointer_kind};
use super::collect::text;
use super::expressions::{Scope, Sibling};
use super::shapes::twice;
use super::{Resolver, Unit};

/// Reads all interfaces, in the order of the text.
pub(super) fn interfaces(resolver: &mut Resolver, units: &[Unit]) {
    for unit in units {
        for item in &unit.syntax.items {
            if let Item::Interface(interface) = item {
                resolver.interface(interface, unit.file);
            }
        }
    }
}

impl Resolver {
    fn interface(&mut self, syntax: &syntax::Interface, file: u32) {
        let name = syntax.name.text.to_string();
        let first = self.known_interface(&syntax.name.text).map(|known| known.origin.0);
        if let Some(first) = first {
            self.report(twice("interface", &name, syntax.name.span, first));
        }
        let first_opnum = syntax.base.as_ref().map_or(0, |base| self.operations_of_base(base));
        let operations = self.operations(&syntax.items, first_opnum, file);
        let interface = Interface {
            name,
            uuid: find(&syntax.attributes, |arguments| match arguments {
                Arguments::Uuid(uuid) => Some(*uuid),
                _ => None,
            }),
            version: find(&syntax.attributes, |arguments| match arguments {
                Arguments::Version(major, minor) => Some((*major, *minor)),
                _ => None,
            })
            .unwrap_or_default(),
            pointer_default: self.pointer_default(&syntax.attributes),
            base: syntax.base.as_ref().map(|base| base.text.to_string()),
            object: has(&syntax.attributes, "object"),
            first_opnum,
            operations,
            doc: text(syntax.doc.clone()),
            origin: Origin(syntax.name.span),
        };
        self.interface_names.insert(Rc::clone(&syntax.name.text), self.interfaces.len());
        self.interfaces.push(interface);
    }

    fn known_interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces.get(*self.interface_names.get(name)?)
    }

    fn pointer_default(&mut self, list: &[Attribute]) -> PointerKind {
        let Some(word) = find(list, |arguments| match arguments {
            Arguments::Word(word) => Some(word.clone()),
            _ => None,
        }) else {
            return PointerKind::Unique;
        };
        pointer_kind(&word.text).unwrap_or_else(|| {
            let message = format!("`{}` is no kind of pointer", word.text);
            let help = "the kinds are `ref`, `unique` and `ptr`";
            self.report(Diagnostic::new(code::BAD_ATTRIBUTE, word.span, message).help(help));
            PointerKind::Unique
        })
    }

    /// How many opnums a base interface takes. The two that every object interface builds on are known without
    /// their text (MS-DCOM 3.1.1.5.8, MS-OAUT 3.1.4).
    fn operations_of_base(&mut self, base: &Name) -> u16 {
        if let Some(known) = self.known_interface(&base.text) {
            return known.next_opnum();
        }
        match base.text.as_ref() {
            "IUnknown" => 3,
            "IDispatch" => 7,
            _ => {
                let message = format!("the base interface `{}` is not declared before this place", base.text);
                self.report(
                    Diagnostic::new(code::UNKNOWN_BASE, base.span, message)
                        .help("opnums go on where those of the base end, so the base must be known"),
                );
                0
            }
        }
    }

    fn operations(&mut self, items: &[Item], first_opnum: u16, file: u32) -> Vec<Operation> {
        let mut operations: Vec<Operation> = Vec::new();
        let mut names = BTreeMap::new();
        for item in items {
            let Item::Operation(syntax) = item else { continue };
            let Some(name) = &syntax.declarator.name else { continue };
            if has(&syntax.attributes, "callback") {
                let message = format!("`{}` is called by the server, and is left out", name.text);
                self.report(Diagnostic::new(code::CALLBACK, name.span, message));
                continue;
            }
            self.check_operation_name(&mut names, syntax, name);
            let index = u16::try_from(operations.len()).ok();
            let Some(opnum) = index.and_then(|index| first_opnum.checked_add(index)) else {
                let message = "an interface has no more than 65536 operations";
                self.report(Diagnostic::new(code::TOO_MANY_OPERATIONS, name.span, message));
                break;
            };
            operations.push(self.operation(syntax, name, opnum, file));
        }
        operations
    }

    /// Getters and setters of a property share a name, which then tells nothing.
    fn check_operation_name(
        &mut self,
        known: &mut BTreeMap<Rc<str>, Span>,
        syntax: &syntax::Operation,
        name: &Name,
    ) {
        let is_property =
            ["propget", "propput", "propputref"].iter().any(|word| has(&syntax.attributes, word));
        let first = known.insert(Rc::clone(&name.text), name.span);
        if let (Some(first), false) = (first, is_property) {
            self.report(twice("operation", &name.text, name.span, first));
        }
    }

    fn operation(&mut self, syntax: &syntax::Operation, name: &Name, opnum: u16, file: u32) -> Operation {
        let returns = self.declared_type(&syntax.returns, &syntax.declarator.layers, file);
        let siblings: Vec<Sibling> =
            syntax.params.iter().enumerate().map(|(index, param)| self.sibling(param, index, file)).collect();
        self.check_param_names(&siblings);
        let scope = Scope { file, siblings: &siblings };
        let params = syntax.params.iter().zip(&siblings).map(|(p, s)| self.param(p, s, scope)).collect();
        let place = Place { scope, ty: &returns };
        let attributes = self.attributes(&syntax.attributes, place);
        let doc = text(syntax.doc.clone());
        let origin = Origin(name.span);
        Operation { opnum, name: name.text.to_string(), attributes, returns, params, doc, origin }
    }

    /// Name and type of a parameter; one without a name is called after its position.
    fn sibling(&mut self, param: &Member, index: usize, file: u32) -> Sibling {
        let declarator = param.declarators.first();
        let name = declarator.and_then(|declarator| declarator.name.as_ref());
        let layers = declarator.map(|declarator| declarator.layers.as_slice()).unwrap_or_default();
        Sibling {
            name: name.map_or_else(|| format!("param{index}"), |name| name.text.to_string()),
            ty: self.value_type(&param.ty, layers, file),
            span: name.map_or(param.span, |name| name.span),
        }
    }

    fn check_param_names(&mut self, siblings: &[Sibling]) {
        let mut sorted: Vec<&Sibling> = siblings.iter().collect();
        sorted.sort_by_key(|sibling| (&sibling.name, sibling.span));
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            if first.name == second.name {
                self.report(twice("parameter", &second.name, second.span, first.span));
            }
        }
    }

    fn param(&mut self, syntax: &Member, sibling: &Sibling, scope: Scope<'_>) -> Param {
        let direction = self.direction(syntax, sibling);
        let place = attributes::Place { scope, ty: &sibling.ty };
        Param {
            name: sibling.name.clone(),
            direction,
            attributes: self.attributes(&syntax.attributes, place),
            ty: sibling.ty.clone(),
            origin: Origin(sibling.span),
        }
    }

    /// `in`, when nothing is said (C706 4.2.21.2 demands one of both).
    fn direction(&mut self, syntax: &Member, sibling: &Sibling) -> Direction {
        let output = has(&syntax.attributes, "out");
        let input = has(&syntax.attributes, "in");
        if !input && !output && self.strip(&sibling.ty) != &Type::Base(crate::model::BaseType::Handle) {
            let message = format!("`{}` is neither `in` nor `out`; taken as `in`", sibling.name);
            self.report(Diagnostic::new(code::NO_DIRECTION, sibling.span, message));
        }
        if output && self.levels(&sibling.ty) == 0 {
            self.out_by_value(sibling.span, &sibling.name);
        }
        Direction { input: input || !output, output }
    }

    fn out_by_value(&mut self, span: Span, name: &str) {
        let message =
            format!("`{name}` is `out` but neither pointer nor array: nothing can be written to it");
        self.report(Diagnostic::new(code::OUT_BY_VALUE, span, message));
    }
}

fn find<T>(list: &[Attribute], pick: impl Fn(&Arguments) -> Option<T>) -> Option<T> {
    list.iter().find_map(|attribute| pick(&attribute.arguments))
}
