//! What a figure of coverage is about.

use std::fmt;
use std::path::Path;

/// A room, or a part that is looked at closely.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// The source of a room, or code that its build script generated.
    Room(String),
    /// What generated code reads with.
    Decoders,
    /// `codec/src/ndr` without JSON, and without what makes values up.
    Runtime,
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Room(name) => name,
            Self::Decoders => "generated decoders",
            Self::Runtime => "NDR runtime",
        })
    }
}

/// Interfaces whose decoders count.
const GENERATED: [&str; 3] = ["clusapi2.rs", "clusapi3.rs", "constructs.rs"];

/// What a function counts for, by the file that it is in and its name.
pub(super) fn scopes(file: &Path, function: &str) -> Vec<Scope> {
    let Some(room) = room(file) else { return Vec::new() };
    let mut scopes = vec![Scope::Room(room)];
    if is_generated(file) && is_decoder(file, function) {
        scopes.push(Scope::Decoders);
    }
    if file.starts_with("codec/src/ndr") && !is_aside(file) {
        scopes.push(Scope::Runtime);
    }
    scopes
}

fn is_aside(file: &Path) -> bool {
    ["json", "arbitrary"].iter().any(|aside| {
        file.starts_with(Path::new("codec/src/ndr").join(aside))
            || file == Path::new("codec/src/ndr").join(aside).with_extension("rs")
    })
}

/// Whether a build script wrote it.
fn is_generated(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("out"))
}

/// The methods of the traits for decoding, and the doors that find the type of an operation.
fn is_decoder(file: &Path, function: &str) -> bool {
    let is_counted = file.file_name().is_some_and(|name| GENERATED.iter().any(|counted| name == *counted));
    let traits = [" as cmrp::ndr::decode::Decode", " as cmrp::ndr::stub::DecodeStub"];
    let doors = ["Request>::decode", "Response>::decode"];
    let is_door = doors.iter().any(|door| {
        let after = function.split_once(door).map(|(_, after)| after);
        after
            .is_some_and(|after| after.is_empty() || after.starts_with("::") || after.starts_with("_lenient"))
    });
    is_counted && (is_door || traits.iter().any(|name| function.contains(name)))
}

/// The room that a file, relative to the repository, is in.
fn room(file: &Path) -> Option<String> {
    if is_generated(file) {
        return Some("generated code".to_owned());
    }
    let mut components = file.iter().map(|component| component.to_string_lossy().into_owned());
    let room = components.next()?;
    (components.next()? == "src").then_some(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(file: &str, function: &str) -> Vec<String> {
        scopes(Path::new(file), function).iter().map(Scope::to_string).collect()
    }

    #[test]
    fn decoders_are_those_of_generated_interfaces() {
        let out = "target/x/release/build/cmrp-0123/out/clusapi3.rs";
        let of = |function: &str| names(out, function);
        let decoder = ["generated code", "generated decoders"];
        assert_eq!(
            of("<cmrp::clusapi3::ApiOpenClusterRequest as cmrp::ndr::stub::DecodeStub>::read"),
            decoder
        );
        assert_eq!(
            of("<cmrp::clusapi3::EnumEntry as cmrp::ndr::decode::Decode>::decode_fixed::{closure#0}"),
            decoder
        );
        assert_eq!(of("<cmrp::clusapi3::Request>::decode"), decoder);
        assert_eq!(of("<cmrp::clusapi3::Response>::decode_lenient::{closure#0}"), decoder);
        assert_eq!(of("<cmrp::clusapi3::Request>::decode_response"), ["generated code"]);
        assert_eq!(
            of("<cmrp::clusapi3::EnumEntry as cmrp::ndr::encode::Encode>::encode_fixed"),
            ["generated code"]
        );
        let other = "target/x/release/build/cmrp-0123/out/cluster_change.rs";
        assert_eq!(
            names(other, "<cmrp::x::Y as cmrp::ndr::decode::Decode>::decode_fixed"),
            ["generated code"]
        );
    }

    #[test]
    fn the_runtime_is_without_json() {
        assert_eq!(names("codec/src/ndr/reader.rs", ""), ["codec", "NDR runtime"]);
        assert_eq!(names("codec/src/ndr/json.rs", ""), ["codec"]);
        assert_eq!(names("codec/src/ndr/json/arena.rs", ""), ["codec"]);
        assert_eq!(names("codec/src/clusapi3/filter.rs", ""), ["codec"]);
        assert_eq!(names("codec/build.rs", ""), [""; 0]);
    }
}
