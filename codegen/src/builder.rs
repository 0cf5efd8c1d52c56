//! The call for a `build.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::emit::{FlagBits, Options, TargetLevel};
use crate::{Generated, SearchPath, Target};

/// Compiles IDL files from a build script.
///
/// ```no_run
/// fn main() -> Result<(), midl_codegen::BuildError> {
///     midl_codegen::Builder::new().include("idl").compile("idl/calculator.idl").map(drop)
/// }
/// ```
///
/// Each file `name.idl` becomes `$OUT_DIR/name.rs`, to be included with
/// `include!(concat!(env!("OUT_DIR"), "/name.rs"))`. A file is written only when its content changes, and cargo is
/// told to run the build script again when one of the IDL files that were read changes.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    includes: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    options: Options,
}

impl Builder {
    /// Starts with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder in which `import` looks for files. The folder of the importing file comes first.
    #[must_use]
    pub fn include(mut self, folder: impl Into<PathBuf>) -> Self {
        self.includes.push(folder.into());
        self
    }

    /// Writes to this folder instead of `OUT_DIR`.
    #[must_use]
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// The path of the runtime in generated code; `::cmrp::ndr` unless set.
    #[must_use]
    pub fn runtime(mut self, path: &str) -> Self {
        path.clone_into(&mut self.options.runtime);
        self
    }

    /// Implements `Serialize` under a feature of the crate that includes the code.
    #[must_use]
    pub fn serde_feature(mut self, feature: &str) -> Self {
        self.options.serde_feature = Some(feature.to_owned());
        self
    }

    /// Implements `FromJson` under a feature of the crate that includes the code. That feature has to enable the
    /// feature `json` of the runtime.
    #[must_use]
    pub fn json_feature(mut self, feature: &str) -> Self {
        self.options.json_feature = Some(feature.to_owned());
        self
    }

    /// Implements `Arbitrary` and `Vary` under a feature of the crate that includes the code, and lists what each
    /// operation does with context handles as `HANDLES`. That feature has to enable the feature `arbitrary` of the
    /// runtime. Types from [`external`](Self::external) have to implement both.
    #[must_use]
    pub fn arbitrary_feature(mut self, feature: &str) -> Self {
        self.options.arbitrary_feature = Some(feature.to_owned());
        self
    }

    /// Gives an IDL type another Rust name than its own in camel case.
    #[must_use]
    pub fn rename(mut self, idl: &str, rust: &str) -> Self {
        self.options.renames.insert(idl.to_owned(), rust.to_owned());
        self
    }

    /// Emits an enumeration as a set of flags.
    #[must_use]
    pub fn flags(mut self, enumeration: &str, bits: FlagBits) -> Self {
        self.options.flags.insert(enumeration.to_owned(), bits);
        self
    }

    /// Says that 32-bit parameters and members of this name hold flags of an enumeration, or of a type that
    /// [`external`](Self::external) gives under that name. `"Operation.parameter"` and `"STRUCTURE.member"` say it of
    /// one alone, and go before the name by itself.
    ///
    /// The type needs `from_bits_retain(u32)` and `bits()`, as `bitflags` makes them.
    #[must_use]
    pub fn flag_field(mut self, field: &str, enumeration: &str) -> Self {
        self.options.flag_fields.insert(field.to_owned(), enumeration.to_owned());
        self
    }

    /// Uses a Rust type from elsewhere in place of an IDL type.
    #[must_use]
    pub fn external(mut self, idl: &str, rust: &str) -> Self {
        self.options.external.insert(idl.to_owned(), rust.to_owned());
        self
    }

    /// Emits just these operations. The others keep their opnums and are listed in `NOT_GENERATED`.
    #[must_use]
    pub fn only<I: IntoIterator<Item = S>, S: Into<String>>(mut self, operations: I) -> Self {
        self.options.only = Some(operations.into_iter().map(Into::into).collect());
        self
    }

    /// Sets how strictly the interface wants received data to be checked, unless the caller of `decode` says
    /// otherwise; level 5.0 unless set.
    #[must_use]
    pub fn target_level(mut self, level: TargetLevel) -> Self {
        self.options.target_level = level;
        self
    }

    /// Emits a type that no operation needs, with all that it needs in turn.
    #[must_use]
    pub fn with_type(mut self, idl: &str) -> Self {
        self.options.types.push(idl.to_owned());
        self
    }

    /// Takes signatures without parameters for reserved slots, whatever they are called: they keep their opnums, and
    /// those that return a status share one variant, `Reserved`. Interfaces that keep opnums for local use declare
    /// them so.
    #[must_use]
    pub fn void_is_reserved(mut self) -> Self {
        self.options.void_is_reserved = true;
        self
    }

    /// What was decided so far about the output, for [`generate`](crate::generate()).
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Compiles an interface definition and writes the Rust of its interface.
    ///
    /// # Errors
    /// The IDL is wrong or holds something that can't be emitted, with all diagnostics; or a file can't be read or
    /// written.
    pub fn compile(&self, idl: impl AsRef<Path>) -> Result<Generated, BuildError> {
        self.run(idl.as_ref(), Target::Interface)
    }

    /// Compiles a file that declares enumerations only.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_enumerations(&self, idl: impl AsRef<Path>) -> Result<Generated, BuildError> {
        self.run(idl.as_ref(), Target::Enumerations)
    }

    fn run(&self, idl: &Path, target: Target) -> Result<Generated, BuildError> {
        let text = fs::read_to_string(idl).map_err(|error| BuildError::new(idl, &error))?;
        let mut options = self.options.clone();
        options.source = idl.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut resolver = SearchPath::new(self.folders(idl));
        let generated = crate::generate(&idl.to_string_lossy(), &text, &mut resolver, target, &options)
            .map_err(|diagnostics| BuildError { message: diagnostics.to_string() })?;
        self.announce(&generated);
        let out = self.output_file(idl)?;
        write_if_changed(&out, &generated.rust).map_err(|error| BuildError::new(&out, &error))?;
        Ok(generated)
    }

    fn folders(&self, idl: &Path) -> Vec<PathBuf> {
        let own = idl.parent().map(Path::to_path_buf);
        own.into_iter().chain(self.includes.iter().cloned()).collect()
    }

    /// Tells cargo which files matter, if cargo is there to listen.
    fn announce(&self, generated: &Generated) {
        if self.out_dir.is_none() {
            for file in &generated.files {
                println!("cargo::rerun-if-changed={file}");
            }
            for warning in generated.warnings.iter() {
                println!("cargo::warning={}: {}", warning.code, warning.message);
            }
        }
    }

    fn output_file(&self, idl: &Path) -> Result<PathBuf, BuildError> {
        let folder = match (&self.out_dir, std::env::var_os("OUT_DIR")) {
            (Some(folder), _) => folder.clone(),
            (None, Some(folder)) => PathBuf::from(folder),
            (None, None) => {
                let message =
                    "OUT_DIR is not set: call this from a build script, or set out_dir()".to_owned();
                return Err(BuildError { message });
            }
        };
        let name = idl.file_stem().unwrap_or_default();
        Ok(folder.join(name).with_extension("rs"))
    }
}

/// Leaves a file alone that holds the text already, so that what depends on it is not built again.
fn write_if_changed(path: &Path, text: &str) -> std::io::Result<()> {
    match fs::read_to_string(path) {
        Ok(current) if current == text => Ok(()),
        _ => fs::write(path, text),
    }
}

/// Why a build script could not produce its output. Its `Display` and `Debug` are the same text, so that `unwrap`
/// and `?` in `main` show the diagnostics as they are meant to be read.
#[derive(Clone)]
pub struct BuildError {
    message: String,
}

impl BuildError {
    fn new(path: &Path, error: &std::io::Error) -> Self {
        Self { message: format!("{}: {error}", path.display()) }
    }
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::fmt::Debug for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}", self.message)
    }
}

impl std::error::Error for BuildError {}
