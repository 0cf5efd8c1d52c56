//! From IDL text to Rust text, without touching a file.

use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::emit::{self, Options};
use crate::layout::{self, InterfacePlan, Unsupported, Wanted};
use crate::model::{DefId, Interface, Model, Operation};
use crate::{Compilation, ImportResolver, compile};

/// What to make of a compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The interface that the root file declares, with every type that it needs.
    Interface,
    /// The enumerations that the root file declares.
    Enumerations,
}

/// Generated Rust, and what to know of it.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The Rust text, formatted.
    pub rust: String,
    /// The names of all IDL files that were read, the root first.
    pub files: Vec<String>,
    /// What the compiler warns of.
    pub warnings: Diagnostics,
}

/// Compiles IDL to Rust. The same texts and options always give the same result.
///
/// # Errors
/// All errors of the text; or, for each operation that is wanted and can't be emitted, the construct that is in the
/// way.
pub fn generate(
    root_name: &str,
    text: &str,
    imports: &mut dyn ImportResolver,
    target: Target,
    options: &Options,
) -> Result<Generated, Diagnostics> {
    let compilation = compile(root_name, text, imports)?;
    let rust = match target {
        Target::Interface => interface(&compilation, options),
        Target::Enumerations => Ok(emit::enumerations(&compilation.model, options)),
    };
    let rust = rust.map_err(|items| Diagnostics::new(items, compilation.sources.clone()))?;
    let files = compilation.sources.iter().map(|file| file.name.clone()).collect();
    Ok(Generated { rust, files, warnings: compilation.warnings })
}

fn interface(compilation: &Compilation, options: &Options) -> Result<String, Vec<Diagnostic>> {
    let model = &compilation.model;
    // Imports come first, so the last interface is that of the root file.
    let interface = model.interfaces().last().ok_or_else(no_interface)?;
    refuse_inheritance(interface)?;
    let unknown = unknown_operations(interface, options);
    let mut plan = layout::plan(model, interface, |operation| options.wanted(operation));
    let mut problems: Vec<Diagnostic> = unknown.collect();
    for name in &options.types {
        match asked_type(model, interface, name) {
            Ok(id) => plan.types.push(id),
            Err(problem) => problems.push(*problem),
        }
    }
    problems.extend(plan.unsupported.iter().map(|(operation, unsupported)| refuse(operation, unsupported)));
    if problems.is_empty() { emit_all(model, &plan, options) } else { Err(problems) }
}

fn emit_all(model: &Model, plan: &InterfacePlan<'_>, options: &Options) -> Result<String, Vec<Diagnostic>> {
    emit::interface(model, plan, options).map_err(|unsupported| {
        vec![Diagnostic::new(
            code::UNSUPPORTED,
            unsupported.span,
            format!("no code for {}", unsupported.what),
        )]
    })
}

fn no_interface() -> Vec<Diagnostic> {
    let start = crate::source::Span::default();
    let problem = Diagnostic::new(code::UNSUPPORTED, start, "the file declares no interface");
    vec![problem.help("use Builder::compile_enumerations for a file of enumerations")]
}

/// A type that is asked for by name and can be emitted.
fn asked_type(model: &Model, interface: &Interface, name: &str) -> Result<DefId, Box<Diagnostic>> {
    let Some((id, _)) = model.find(name) else {
        let message = format!("there is no type `{name}`");
        return Err(Box::new(Diagnostic::new(code::UNSUPPORTED, interface.origin.0, message)));
    };
    let needed = layout::needed_by(model, interface, vec![id]);
    needed.map(|_| id).map_err(|unsupported| {
        let message = format!("no code can be generated for `{name}`: {}", unsupported.what);
        Box::new(Diagnostic::new(code::UNSUPPORTED, unsupported.span, message))
    })
}

/// Object interfaces have parameters that the signature does not show (MS-DCOM 2.2.13), and opnums that begin with
/// those of their base.
fn refuse_inheritance(interface: &Interface) -> Result<(), Vec<Diagnostic>> {
    if !interface.object && interface.first_opnum == 0 {
        return Ok(());
    }
    let message = format!("no code can be generated for `{}`: an object interface", interface.name);
    Err(vec![Diagnostic::new(code::UNSUPPORTED, interface.origin.0, message)])
}

fn unknown_operations<'a>(
    interface: &'a Interface,
    options: &'a Options,
) -> impl Iterator<Item = Diagnostic> + 'a {
    let known = |name: &String| interface.operations.iter().any(|operation| operation.name == *name);
    let names = options.only.iter().flatten().filter(move |name| !known(name));
    names.map(|name| {
        let message = format!("interface `{}` has no operation `{name}`", interface.name);
        Diagnostic::new(code::UNSUPPORTED, interface.origin.0, message).label("this interface")
    })
}

fn refuse(operation: &Operation, unsupported: &Unsupported) -> Diagnostic {
    let message = format!("no code can be generated for `{}`: {}", operation.name, unsupported.what);
    Diagnostic::new(code::UNSUPPORTED, unsupported.span, message)
        .label("this is not supported")
        .also(operation.origin.0, "needed by this operation")
        .help("name the operations that are wanted with Builder::only; the others keep their opnums")
}

impl Options {
    fn wanted(&self, operation: &Operation) -> Wanted {
        let named = self.only.as_ref().is_none_or(|names| names.contains(&operation.name));
        match (named, self.void_is_reserved && operation.is_reserved()) {
            (false, _) => Wanted::No,
            (true, true) => Wanted::Reserved,
            (true, false) => Wanted::Live,
        }
    }
}
