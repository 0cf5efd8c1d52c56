//! Questions about resolved types, asked through any number of typedefs.

use crate::model::{BaseType, Bound, DefId, DefinitionKind, Type};

use super::Resolver;

/// How many typedefs may stand for each other in a row, and how deep types may nest by value. Every walk over the
/// types of a model is bounded by it.
pub(super) const MAX_TYPE_DEPTH: usize = 64;

/// Stands for a type that could not be resolved. Every question about it is answered so that no second message
/// follows the first; the model it is part of is thrown away.
pub(super) const UNKNOWN: Type = Type::Named(DefId(usize::MAX));

impl Resolver {
    pub(super) fn kind_of(&self, ty: &Type) -> Option<&DefinitionKind> {
        let Type::Named(id) = ty else { return None };
        self.definitions.get(id.0).map(|definition| &definition.kind)
    }

    /// The type behind all typedefs.
    pub(super) fn strip<'t>(&'t self, ty: &'t Type) -> &'t Type {
        let mut at = ty;
        for _ in 0..MAX_TYPE_DEPTH {
            match self.kind_of(at) {
                Some(DefinitionKind::Alias { ty, .. }) => at = ty,
                _ => break,
            }
        }
        at
    }

    /// What a pointer points to, or an array consists of.
    pub(super) fn target<'t>(&'t self, ty: &'t Type) -> Option<&'t Type> {
        match self.strip(ty) {
            Type::Pointer(target) => Some(target),
            Type::Array(array) => Some(&array.element),
            unknown if *unknown == UNKNOWN => Some(&UNKNOWN),
            _ => None,
        }
    }

    /// How many pointers and array dimensions stand before the value.
    pub(super) fn levels(&self, ty: &Type) -> usize {
        let mut at = ty;
        for level in 0..MAX_TYPE_DEPTH {
            match self.target(at) {
                Some(target) => at = target,
                None => return level,
            }
        }
        MAX_TYPE_DEPTH
    }

    /// What stands behind all pointers and dimensions.
    pub(super) fn innermost<'t>(&'t self, ty: &'t Type) -> &'t Type {
        let mut at = ty;
        for _ in 0..MAX_TYPE_DEPTH {
            match self.target(at) {
                Some(target) => at = target,
                None => break,
            }
        }
        self.strip(at)
    }

    pub(super) fn is_integer(&self, ty: &Type) -> bool {
        let stripped = self.strip(ty);
        match stripped {
            Type::Base(base) => !matches!(base, BaseType::F32 | BaseType::F64 | BaseType::Handle),
            _ => *stripped == UNKNOWN || matches!(self.kind_of(stripped), Some(DefinitionKind::Enum(_))),
        }
    }

    pub(super) fn is_pointer(&self, ty: &Type) -> bool {
        let stripped = self.strip(ty);
        matches!(stripped, Type::Pointer(_) | Type::SafeArray(_))
            || *stripped == UNKNOWN
            || self.is_context_handle(stripped)
    }

    pub(super) fn is_context_handle(&self, ty: &Type) -> bool {
        matches!(self.kind_of(self.strip(ty)), Some(DefinitionKind::ContextHandle))
    }

    pub(super) fn is_union(&self, ty: &Type) -> bool {
        let stripped = self.strip(ty);
        *stripped == UNKNOWN || matches!(self.kind_of(stripped), Some(DefinitionKind::Union(_)))
    }

    /// The number of octets that C gives a type of fixed size; `None` for pointers and all that hold them, since
    /// those differ from machine to machine.
    pub(super) fn size_of(&self, ty: &Type) -> Option<u64> {
        Some(self.size_and_alignment(ty, 0)?.0)
    }

    fn size_and_alignment(&self, ty: &Type, depth: usize) -> Option<(u64, u64)> {
        if depth > MAX_TYPE_DEPTH {
            return None;
        }
        let deeper = depth.saturating_add(1);
        match self.strip(ty) {
            Type::Base(base) => base_size(*base).map(|size| (size, size)),
            Type::Array(array) => match array.bound {
                Bound::Fixed(length) => {
                    let (size, alignment) = self.size_and_alignment(&array.element, deeper)?;
                    Some((size.checked_mul(u64::from(length))?, alignment))
                }
                Bound::Conformant => None,
            },
            named => self.definition_size(named, deeper),
        }
    }

    fn definition_size(&self, named: &Type, depth: usize) -> Option<(u64, u64)> {
        match self.kind_of(named)? {
            DefinitionKind::Enum(_) => Some((4, 4)),
            DefinitionKind::Struct(structure) => {
                let (mut end, mut strictest) = (0_u64, 1_u64);
                for field in &structure.fields {
                    let (size, alignment) = self.size_and_alignment(&field.ty, depth)?;
                    end = end.checked_next_multiple_of(alignment)?.checked_add(size)?;
                    strictest = strictest.max(alignment);
                }
                Some((end.checked_next_multiple_of(strictest)?, strictest))
            }
            _ => None,
        }
    }
}

fn base_size(base: BaseType) -> Option<u64> {
    match base {
        BaseType::F32 => Some(4),
        BaseType::F64 => Some(8),
        _ => super::constants::width(base).map(|(bits, _)| u64::from(bits.div_ceil(8))),
    }
}
