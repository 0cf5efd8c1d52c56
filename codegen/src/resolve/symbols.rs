//! The names of a compilation.
//!
//! All files share one space of names, but a file's own declaration goes before one that it imports: published
//! files declare basic types again, sometimes differently.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::model::DefId;
use crate::source::Span;
use crate::syntax::{TagKeyword, Tagged};

/// Everything that has a name.
#[derive(Default)]
pub(super) struct Symbols {
    pub(super) types: Table<TypeSymbol>,
    /// Values of constants and enumerators.
    pub(super) values: Table<i128>,
    pub(super) tags: BTreeMap<(TagKeyword, Rc<str>), Table1<DefId>>,
    /// Definitions of bodies, by the address of the syntax that they come from.
    pub(super) bodies: BTreeMap<*const Tagged, DefId>,
    /// Interfaces used as types, once they have a definition.
    pub(super) interface_types: BTreeMap<Rc<str>, DefId>,
    /// Names of the constants that the model has.
    pub(super) constants: BTreeSet<String>,
    /// Definition names that are taken, and how often one was made of each.
    pub(super) taken: BTreeMap<String, u32>,
}

/// What a type name stands for.
#[derive(Clone, Debug)]
pub(super) enum TypeSymbol {
    Definition(DefId),
    /// Another name for a struct, union or enum that is declared by its tag.
    Tag(TagKeyword, Rc<str>),
    /// An interface, whose pointers travel as objects.
    Interface,
}

/// Declarations by name.
pub(super) struct Table<T>(BTreeMap<Rc<str>, Table1<T>>);

/// The declarations of one name, in order.
pub(super) type Table1<T> = Vec<Entry<T>>;

/// A declaration of a name.
#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    pub(super) span: Span,
    pub(super) meaning: T,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Table<T> {
    /// The declaration that a use in `file` means.
    pub(super) fn get(&self, name: &str, file: u32) -> Option<&Entry<T>> {
        pick(self.0.get(name)?, file)
    }

    /// The declaration of a name in this very file.
    pub(super) fn own(&self, name: &str, file: u32) -> Option<&Entry<T>> {
        self.0.get(name)?.iter().find(|entry| entry.span.file == file)
    }

    pub(super) fn add(&mut self, name: &Rc<str>, span: Span, meaning: T) {
        self.0.entry(Rc::clone(name)).or_default().push(Entry { span, meaning });
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(Rc::as_ref)
    }
}

/// The file's own declaration, or else the last.
pub(super) fn pick<T>(entries: &[Entry<T>], file: u32) -> Option<&Entry<T>> {
    entries.iter().find(|entry| entry.span.file == file).or_else(|| entries.last())
}
