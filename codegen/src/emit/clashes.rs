//! Names that are different in the IDL and the same in Rust.

use std::collections::BTreeMap;

use crate::layout::{self, InterfacePlan, Slot, Unsupported};
use crate::model::DefinitionKind;
use crate::source::Span;

use super::types::field_ident;
use super::{Emitter, names};

/// Names that generated code uses unqualified or declares itself.
const TAKEN: [&str; 10] =
    ["Default", "Err", "From", "None", "Ok", "Option", "Request", "Response", "Result", "Some"];

impl Emitter<'_> {
    /// Refuses an interface with two declarations that would have one Rust name.
    pub(super) fn refuse_clashes(&self, plan: &InterfacePlan<'_>) -> Result<(), Unsupported> {
        let span = plan.interface.origin.0;
        let mut known: BTreeMap<String, Span> = TAKEN.map(|name| (name.to_owned(), span)).into();
        known.insert(names::camel_text(&plan.interface.name), span);
        for (name, span) in self.declared(plan) {
            if known.insert(name.clone(), span).is_some() {
                let what = format!("the Rust name `{name}`, which is taken; Builder::rename gives another");
                return Err(Unsupported { what, span });
            }
        }
        Ok(())
    }

    /// The Rust names of all types, each with its place in the IDL.
    fn declared(&self, plan: &InterfacePlan<'_>) -> Vec<(String, Span)> {
        let mut names = Vec::new();
        for id in layout::reachable(self.model, plan) {
            let definition = self.model.definition(id);
            if self.options.external(&definition.name).is_none() {
                let (name, span) = (self.options.type_name(&definition.name), definition.origin.0);
                let fixed = matches!(definition.kind, DefinitionKind::Struct(_) | DefinitionKind::Union(_))
                    .then(|| format!("{name}Fixed"));
                names.push((name, span));
                names.extend(fixed.map(|fixed| (fixed, span)));
            }
        }
        for planned in &plan.operations {
            let (name, span) = (names::camel_text(&planned.operation.name), planned.operation.origin.0);
            names.extend(["Request", "Response"].map(|direction| (format!("{name}{direction}"), span)));
            names.push((name, span));
        }
        names
    }
}

/// Refuses members or parameters that would have one Rust name.
pub(super) fn refuse_fields(slots: &[Slot], span: Span) -> Result<(), Unsupported> {
    let mut known = BTreeMap::new();
    for slot in slots {
        let name = field_ident(slot).to_string();
        if let Some(other) = known.insert(name, &slot.name) {
            let what = format!("`{}` beside `{other}`, which have one name in Rust", slot.name);
            return Err(Unsupported { what, span });
        }
    }
    Ok(())
}
