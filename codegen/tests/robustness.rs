//! No text makes the compiler panic, overflow its stack or run without end; limits are errors like others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use midl_codegen::compile;
use support::{compile_text, workspace};

/// A text with one of each construct, short enough to cut at every octet.
const SAMPLE: &str = r#"
import "base.idl";
#define N (2 * 3)
#ifdef __midl
cpp_quote("text \" more")
#else
nothing
#endif
/** A type. */
typedef struct _S { long a; [string, unique] wchar_t *s; [size_is(, *p)] byte **b; long *p; } S, *PS;
typedef [v1_enum] enum { A = 1, B = A << 2, } E;
typedef [switch_type(short)] union { [case(1, B)] S *a; [default]; } U;
typedef union switch (long tag) v { case 1: long a; default: ; } V;
const long M = N > 1 ? (long) 'x' : sizeof(S);
[uuid(12345678-1234-abcd-ef00-0123456789ab), version(1.2), pointer_default(unique)]
interface i : j {
  typedef [context_handle] void *H;
  long f([in] H h, [in, out, size_is(n), length_is(*m)] byte a[*], [in, range(0, N)] long n, [out] long *m);
  [callback] void g(void);
}
library L { coclass C { [default] interface i; } };
"#;

const MARKS: [&str; 18] =
    ["(", ")", "[", "]", "{", "}", ";", ",", "*", "\"", "'", "/*", "#", "\\\n", "\n#", "0x", "é", ""];

fn survives(text: &str) {
    let base = "typedef long LONG; interface j { void x(void); }".to_owned();
    let mut files = BTreeMap::from([("base.idl".to_owned(), base)]);
    if let Err(problems) = compile("test.idl", text, &mut files) {
        assert!(problems.has_errors());
        assert!(!problems.to_string().is_empty());
    }
}

/// The sample is right as it stands; otherwise the tests below would test little.
#[test]
fn the_sample_compiles() {
    let mut files = BTreeMap::from([("base.idl".to_owned(), "interface j { void x(void); }".to_owned())]);
    compile("test.idl", SAMPLE, &mut files).unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn every_truncation() {
    for end in 0..SAMPLE.len() {
        survives(&SAMPLE[..end]);
        survives(&SAMPLE[end..]);
    }
}

/// Octets replaced by marks that steer the lexer or the parser: every mark at every third octet.
#[test]
fn every_replacement() {
    for at in 0..SAMPLE.len() {
        for mark in MARKS.iter().skip(at % 3).step_by(3) {
            survives(&format!("{}{mark}{}", &SAMPLE[..at], &SAMPLE[at + 1..]));
        }
    }
}

/// Words and marks in an order without sense, from a generator with a fixed start.
#[test]
fn token_salad() {
    let words: Vec<&str> = SAMPLE.split_inclusive(|c: char| !c.is_alphanumeric()).collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..2000 {
        let mut text = String::new();
        for _ in 0..60 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(words[usize::try_from(state % words.len() as u64).unwrap()]);
        }
        survives(&text);
    }
}

/// A real interface with a stretch taken out, or said twice.
#[test]
fn a_real_interface_damaged() {
    let text = std::fs::read_to_string(workspace("idl/ms-dtyp.idl")).unwrap();
    let text: String = text.chars().filter(char::is_ascii).collect();
    for start in (0..text.len()).step_by(97) {
        let end = (start + 31).min(text.len());
        survives(&format!("{}{}", &text[..start], &text[end..]));
        survives(&format!("{}{}", &text[..end], &text[start..]));
    }
}

fn fails_with(text: &str, code: &str) {
    let problems = compile_text(text).expect_err("too much must be an error");
    assert!(problems.iter().any(|problem| problem.code == code), "{problems}");
}

#[test]
fn nesting_is_limited() {
    let deep = |open: &str, middle: &str, close: &str| {
        format!("{}{middle}{}", open.repeat(10_000), close.repeat(10_000))
    };
    fails_with(&format!("const long N = {};", deep("(", "1", ")")), "E0105");
    fails_with(&format!("const long N = {};", deep("- ", "1", "")), "E0105");
    fails_with(&format!("const long N = {};", deep("1+", "1", "")), "E0105");
    fails_with(&format!("const long N = {};", deep("1?", "1", ":1")), "E0105");
    fails_with(&format!("const long N = {};", deep("(long)", "1", "")), "E0105");
    fails_with(&format!("typedef long {};", deep("*", "T", "")), "E0105");
    fails_with(&format!("typedef long {};", deep("(*", "T", ")")), "E0105");
    fails_with(&format!("typedef long T{};", deep("[2]", "", "")), "E0105");
    fails_with(&format!("typedef {} T;", deep("struct {", "long a;", "} a;")), "E0105");
    fails_with(&format!("typedef {} T;", deep("SAFEARRAY(", "long", ")")), "E0105");
    fails_with(&format!("typedef {} long T;", deep("pipe ", "", "")), "E0105");
    fails_with(
        &format!("typedef {} T;", deep("union switch(long n) u { case 1: ", "long a;", "} a;")),
        "E0105",
    );
    fails_with(&format!("typedef {} T;", deep("union { [case(1)] ", "long a;", "} a;")), "E0105");
    fails_with(&format!("typedef {} T;", deep("enum { A = sizeof(", "long", ")}")), "E0105");
    fails_with(&format!("typedef {} T;", deep("[switch_type(struct { ", "long a;", "} )]")), "E0105");
}

#[test]
fn towers_of_types_are_limited() {
    let tower = |first: &str, floor: fn(usize) -> String| -> String {
        std::iter::once(first.to_owned()).chain((1..20_000).map(floor)).collect()
    };
    let structs = |level| format!("typedef struct {{ T{} a; }} T{level};", level - 1);
    fails_with(&tower("typedef struct { long a; } T0;", structs), "E0105");
    let aliases = |level| format!("typedef T{} T{level};", level - 1);
    fails_with(&tower("typedef long T0;", aliases), "E0105");
}

#[test]
fn circles_of_types_are_found() {
    fails_with("struct S { struct S s; };", "E0303");
    fails_with("struct A { struct B b; }; struct B { struct A a[2]; };", "E0303");
    fails_with("typedef T U; typedef U T;", "E0303");
    fails_with("typedef T *T;", "E0303");
    compile_text("typedef struct _S *PS; typedef struct _S { PS next; } S;").unwrap();
}

#[test]
fn macros_that_double_themselves_are_stopped() {
    let double = |level| format!("#define M{level} M{0} M{0}\n", level - 1);
    let text: String = std::iter::once("#define M0 1,1\n".to_owned()).chain((1..30).map(double)).collect();
    fails_with(&format!("{text}M29"), "E0105");
    let empty = text.replace("1,1", "");
    fails_with(&format!("{empty}M29"), "E0105");
}

#[test]
fn files_that_include_themselves_are_stopped() {
    let text = "#include \"test.idl\"\n#include \"test.idl\"\n";
    let mut files = BTreeMap::from([("test.idl".to_owned(), text.to_owned())]);
    let problems = compile("test.idl", text, &mut files).unwrap_err();
    assert!(problems.iter().all(|problem| problem.code == "E0105"), "{problems}");
}

#[test]
fn an_opnum_counts_to_65535() {
    let body: Vec<String> = (0..=65_536).map(|number| format!("void f{number}();")).collect();
    fails_with(&format!("interface i {{ {} }}", body.concat()), "E0313");
}
