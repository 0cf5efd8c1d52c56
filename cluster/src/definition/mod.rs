//! Files that describe a cluster: TOML, or JSON with the same members.
//!
//! [`DEFAULT`] is one, with a comment to every part of it. Nothing but the name of the cluster and one node is needed;
//! unknown members are errors, and what a file means is checked as a whole: [`Problems`] has everything that is wrong
//! with it, each with line, column and, where it can be guessed, advice.
//!
//! ```
//! use cmrp_cluster::definition::Definition;
//!
//! let cluster = Definition::from_toml("
//!     [cluster]
//!     name = 'LAB'
//!     [[nodes]]
//!     name = 'node1'
//!     [[groups]]
//!     name = 'Files'
//!     [[groups.resources]]
//!     name = 'Disk 1'
//!     type = 'Physical Disk'
//!     [[groups.resources]]
//!     name = 'Share'
//!     type = 'File Server'
//!     depends_on = ['Disk 2']
//! ");
//! assert_eq!(
//!     cluster.unwrap_err().to_string(),
//!     "line 14, column 19: there is no resource in the group \"Files\" called \"Disk 2\" (did you mean \"Disk 1\"?)"
//! );
//! ```

mod build;
mod check;
pub mod identity;
mod schema;
mod types;

use crate::source::{Document, Problem, Problems, help_for, octet_at};

pub use self::schema::{
    Cluster, Definition, Everyone, Group, GroupSet, Health, Interface, Key, Network, NetworkHealth,
    NetworkRole, Node, NodeHealth, Properties, Quorum, Resource, Security, Span, Timings, Type, Version,
};

/// The definition of the cluster that is there when nobody defines one.
pub const DEFAULT: &str = include_str!("default.toml");

/// The octets that a definition may have.
pub const MOST_OCTETS: usize = 16 << 20;

impl Definition {
    /// Reads a definition, in JSON if it begins with a brace, else in TOML.
    ///
    /// # Errors
    /// All that is wrong with it; one problem if it cannot be read at all.
    pub fn from_text(text: &str) -> Result<Self, Problems> {
        if text.trim_start().starts_with('{') { Self::from_json(text) } else { Self::from_toml(text) }
    }

    /// Reads a definition in TOML.
    ///
    /// # Errors
    /// As [`from_text`](Self::from_text).
    pub fn from_toml(text: &str) -> Result<Self, Problems> {
        within_bounds(text)?;
        let definition = toml::from_str::<Self>(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            Problem::at(text, span, error.message()).with_help(help_for(error.message()))
        })?;
        definition.checked(text, &Document::of_toml(text))
    }

    /// Reads a definition in JSON.
    ///
    /// # Errors
    /// As [`from_text`](Self::from_text).
    pub fn from_json(text: &str) -> Result<Self, Problems> {
        within_bounds(text)?;
        let definition = serde_json::from_str::<Self>(text).map_err(|error| {
            let at = octet_at(text, error.line(), error.column());
            let told = error.to_string();
            let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(message, _)| message);
            Problem::at(text, at..at, message).with_help(help_for(message))
        })?;
        definition.checked(text, &Document::of_json(text))
    }

    fn checked(self, text: &str, document: &Document) -> Result<Self, Problems> {
        Problems::none_of(check::problems(&self, text, document))?;
        Ok(self)
    }
}

fn within_bounds(text: &str) -> Result<(), Problem> {
    if text.len() <= MOST_OCTETS {
        return Ok(());
    }
    Err(Problem::whole(format!("a definition has at most {MOST_OCTETS} octets")))
}
