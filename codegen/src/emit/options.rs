//! What the caller decides about the output.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::names;

/// How wide the flag set of an enumeration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagBits {
    /// `u32`.
    U32,
    /// `u64`.
    U64,
}

/// How strictly an interface wants received data to be checked (MS-RPCE 3.1.1.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetLevel {
    /// Target level 5.0.
    Level5,
    /// Target level 6.0, which adds checks of null pointers and of the ranges of counts.
    Level6,
}

/// How the generated code is written. The defaults suit a crate that depends on `cmrp`.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) runtime: String,
    pub(crate) serde_feature: Option<String>,
    pub(crate) json_feature: Option<String>,
    pub(crate) arbitrary_feature: Option<String>,
    pub(crate) renames: BTreeMap<String, String>,
    pub(crate) flags: BTreeMap<String, FlagBits>,
    pub(crate) flag_fields: BTreeMap<String, String>,
    pub(crate) external: BTreeMap<String, String>,
    pub(crate) only: Option<Vec<String>>,
    pub(crate) types: Vec<String>,
    pub(crate) void_is_reserved: bool,
    pub(crate) target_level: TargetLevel,
    pub(crate) source: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            runtime: "::cmrp::ndr".to_owned(),
            serde_feature: None,
            json_feature: None,
            arbitrary_feature: None,
            renames: BTreeMap::new(),
            flags: BTreeMap::new(),
            flag_fields: BTreeMap::new(),
            external: BTreeMap::new(),
            only: None,
            types: Vec::new(),
            void_is_reserved: false,
            target_level: TargetLevel::Level5,
            source: "IDL".to_owned(),
        }
    }
}

impl Options {
    pub(super) fn source_name(&self) -> &str {
        &self.source
    }

    pub(super) fn runtime_path(&self) -> TokenStream {
        path(&self.runtime)
    }

    pub(super) fn runtime_is_named_ndr(&self) -> bool {
        self.runtime.rsplit("::").next() == Some("ndr")
    }

    /// The Rust name of an IDL type: the caller's, or the IDL's in camel case.
    pub(super) fn type_name(&self, idl: &str) -> String {
        let bare = idl.rsplit(' ').next().unwrap_or(idl);
        self.renames.get(bare).cloned().unwrap_or_else(|| names::camel_text(bare))
    }

    pub(super) fn external(&self, idl: &str) -> Option<TokenStream> {
        self.external.get(idl).map(|rust| path(rust))
    }

    /// The flag set that an integer field holds: as said for its operation or structure, or for its name alone.
    pub(super) fn flag_field(&self, scope: &str, field: &str) -> Option<TokenStream> {
        let scoped = self.flag_fields.get(&format!("{scope}.{field}"));
        let flags = scoped.or_else(|| self.flag_fields.get(field))?;
        Some(self.external(flags).unwrap_or_else(|| path(&self.type_name(flags))))
    }
}

/// The tokens of a path; an unreadable one is left for rustc to complain about.
fn path(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|_| quote!(unreadable_path))
}
