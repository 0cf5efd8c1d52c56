//! What the tests of the front end share.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use midl_codegen::{Compilation, SearchPath, compile, diagnostic::Diagnostics};

/// A path from the workspace's root.
pub(crate) fn workspace(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The published IDL files, which stand beside the workspace on machines that have them.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = workspace("../shared/idl-corpus");
    path.is_dir().then_some(path)
}

/// Compiles a text that imports nothing.
pub(crate) fn compile_text(text: &str) -> Result<Compilation, Diagnostics> {
    compile("test.idl", text, &mut BTreeMap::new())
}

/// Compiles a file; imports come from `directories`.
pub(crate) fn compile_file(
    file: &std::path::Path,
    directories: &[PathBuf],
) -> Result<Compilation, Diagnostics> {
    let text = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let text = String::from_utf8_lossy(&text);
    let name = file.file_name().unwrap().to_string_lossy();
    compile(&name, &text, &mut SearchPath::new(directories.to_vec()))
}
