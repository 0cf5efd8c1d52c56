//! What a build script gets: files written only when they change, and exactly the files that were read.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use midl_codegen::Builder;

const ROOT: &str = r#"
    import "base.idl";
    [uuid(00000000-0000-0000-0000-000000000001), version(1.0)]
    interface sample { void Send([in] NUMBER number); }
"#;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("imports")).expect("a folder");
    fs::write(folder.path().join("sample.idl"), ROOT).expect("a file");
    fs::write(folder.path().join("imports/base.idl"), "typedef unsigned long NUMBER;").expect("a file");
    fs::write(folder.path().join("imports/unused.idl"), "typedef long OTHER;").expect("a file");
    folder
}

fn builder(folder: &Path) -> Builder {
    Builder::new().include(folder.join("imports")).out_dir(folder)
}

#[test]
fn the_files_to_watch_are_those_that_were_read() {
    let folder = project();
    let generated = builder(folder.path()).compile(folder.path().join("sample.idl")).expect("it compiles");
    let expected =
        ["sample.idl", "imports/base.idl"].map(|file| folder.path().join(file).display().to_string());
    assert_eq!(generated.files, expected);
}

#[test]
fn the_output_is_written_only_when_it_changes() {
    let folder = project();
    let (idl, rust) = (folder.path().join("sample.idl"), folder.path().join("sample.rs"));
    let compile = || builder(folder.path()).compile(&idl).map(drop).expect("it compiles");
    compile();
    let long_ago = SystemTime::now().checked_sub(Duration::from_secs(3600)).expect("a time");
    fs::File::options()
        .append(true)
        .open(&rust)
        .and_then(|file| file.set_modified(long_ago))
        .expect("a file");
    let written = || fs::metadata(&rust).and_then(|data| data.modified()).expect("a file");
    let before = written();
    compile();
    assert_eq!(written(), before, "the same text was written again");
    fs::write(&idl, ROOT.replace("Send", "Post")).expect("a file");
    compile();
    assert_ne!(written(), before, "another text was not written");
    assert!(fs::read_to_string(&rust).expect("a file").contains("PostRequest"));
}

#[test]
fn the_output_does_not_depend_on_where_the_files_are() {
    let text = || {
        let folder = project();
        builder(folder.path()).compile(folder.path().join("sample.idl")).expect("it compiles").rust
    };
    assert_eq!(text(), text());
}

#[test]
fn an_error_is_readable_where_a_build_script_shows_it() {
    let folder = project();
    let idl = folder.path().join("sample.idl");
    fs::write(&idl, ROOT.replace("NUMBER number", "NUMBR number")).expect("a file");
    let error = builder(folder.path()).compile(&idl).expect_err("an unknown type");
    let shown = format!("{error:?}");
    assert!(shown.contains("NUMBR") && shown.contains("sample.idl:4"), "{shown}");
    let missing = builder(folder.path()).compile(folder.path().join("none.idl")).expect_err("no such file");
    assert!(missing.to_string().contains("none.idl"), "{missing}");
}
