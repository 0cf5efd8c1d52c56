//! Messages, as people see them: each `tests/diagnostics/*.idl` gives the text beside it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::path::{Path, PathBuf};

use midl_codegen::compile;
use support::workspace;

/// Compiles without files to import, so that the text is the same everywhere.
fn rendered(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    match compile(&name, &text, &mut std::collections::BTreeMap::new()) {
        Ok(compilation) => format!("{}\n", compilation.warnings),
        Err(problems) => format!("{problems}\n"),
    }
}

#[test]
fn messages_read_as_recorded() {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(workspace("codegen/tests/diagnostics"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "idl"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let (found, recorded) = (rendered(&path), path.with_extension("txt"));
        if std::env::var_os("MIDL_BLESS").is_some() {
            std::fs::write(&recorded, &found).unwrap();
        }
        let recorded = std::fs::read_to_string(&recorded).unwrap_or_default();
        assert_eq!(found, recorded, "{}: run with MIDL_BLESS=1 to record a wanted change", path.display());
    }
}

/// The code and the place of the first word of a text that is marked with `@`.
const PLACES: [(&str, &str); 34] = [
    ("typedef long @\u{a7} T;", "E0001"),
    ("typedef long T; @/* no end", "E0002"),
    ("import @\"no end;", "E0002"),
    ("const long N = @0x;", "E0003"),
    ("const long N = @99999999999999999999;", "E0003"),
    ("#@nonsense\n", "E0101"),
    ("@#ifdef X\n", "E0102"),
    ("#@endif\n", "E0102"),
    ("#define F(x) x\nconst long N = @F(1);", "E0103"),
    ("import @\"none.idl\";", "E0104"),
    ("@#error stop\n", "E0106"),
    ("typedef long @;", "E0201"),
    ("interface i { long f([in] long a@; }", "E0201"),
    ("typedef struct { long @123; } S;", "E0201"),
    ("interface i { void f([in] long a, @...); }", "E0201"),
    ("[uuid(@1234)] interface i {}", "E0202"),
    ("[version(@70000)] interface i {}", "E0202"),
    ("interface i @{ void f(void);", "E0204"),
    ("struct S { long a @: 3; };", "E0205"),
    ("typedef @LONG T;", "E0301"),
    ("typedef long T; typedef short @T;", "E0302"),
    ("struct S { long a; short @a; };", "E0302"),
    ("interface i { void f(void); void @f(void); }", "E0302"),
    ("typedef enum { A = 1, @A = 2 } E;", "E0302"),
    ("struct S { long n; [size_is(n)] byte @a[]; long b; };", "E0304"),
    ("struct S { @void a; };", "E0305"),
    ("typedef @struct S *T;", "E0306"),
    ("interface i : @none {}", "E0308"),
    ("typedef long T[@0];", "E0312"),
    ("const long N = @M;", "E0403"),
    ("const long N = @1 / 0;", "E0406"),
    ("typedef [@unique] long T;", "E0409"),
    ("struct S { long n; [@size_is(n)] long a; };", "E0409"),
    ("typedef [switch_type(long)] union { [case(1)] long a; [case(@1)] long b; } U;", "E0411"),
];

#[test]
fn errors_stand_where_they_belong() {
    for (marked, code) in PLACES {
        let text = marked.replace('@', "");
        let problems = compile("test.idl", &text, &mut std::collections::BTreeMap::new())
            .expect_err(&format!("{marked} has to fail"));
        let first = problems.iter().find(|problem| problem.code.starts_with('E')).unwrap();
        assert_eq!(first.code, code, "{marked}\n{problems}");
        assert_eq!(first.primary.span.start as usize, marked.find('@').unwrap(), "{marked}\n{problems}");
    }
}
