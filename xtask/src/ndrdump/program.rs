//! Runs `ndrdump` and reads what it says.

use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result};
use cmrp::ndr::Format;
use cmrp_traffic::message::Direction;

use super::cases::Case;
use super::direction_name;

/// `ndrdump` with a folder for its input, which goes when the value does.
pub(super) struct Program {
    folder: PathBuf,
}

/// A stub in NDR or NDR64, and what is needed to read it.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) opnum: u16,
    pub(super) direction: Direction,
    pub(super) format: Format,
    pub(super) stub: &'a [u8],
    /// The request that a response answers, if it states sizes.
    pub(super) request: Option<&'a [u8]>,
}

/// What `ndrdump` prints of a value, or its complaint.
pub(super) type Dump = Result<String, String>;

impl Program {
    pub(super) fn is_installed() -> bool {
        Command::new("ndrdump").arg("--version").output().is_ok_and(|run| run.status.success())
    }

    /// A folder of its own for each index.
    pub(super) fn new(index: usize) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("cmrp-ndrdump-{}-{index}", process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Holds what `ndrdump` says of both formats of a value together: an error is a disagreement, as text.
    pub(super) fn judge(&self, case: &Case) -> Result<Result<(), String>> {
        let ndr20 = self.dump(case, Format::NDR20_LE)?;
        let ndr64 = self.dump(case, Format::Ndr64)?;
        Ok(match (ndr20, ndr64) {
            (Err(complaint), _) => Err(format!("ndr20-le: {complaint}")),
            (_, Err(complaint)) => Err(format!("ndr64: {complaint}")),
            (Ok(ndr20), Ok(ndr64)) if ndr20 != ndr64 => {
                let line = ndr20.lines().zip(ndr64.lines()).find(|(ndr20, ndr64)| ndr20 != ndr64);
                Err(format!("ndr20-le and ndr64 read differently: {line:?}"))
            }
            _ => Ok(()),
        })
    }

    fn dump(&self, case: &Case, format: Format) -> Result<Dump> {
        let (kind, stub, request) = (case.kind, case.stub(format)?, case.request_stub(format)?);
        let (opnum, direction) = (kind.opnum, kind.direction);
        self.read(&Question { opnum, direction, format, stub: &stub, request: request.as_deref() })
    }

    /// What `ndrdump` makes of a stub.
    pub(super) fn read(&self, question: &Question<'_>) -> Result<Dump> {
        let Question { opnum, direction, format, stub, request } = *question;
        let mut command = Command::new("ndrdump");
        // No configuration of this machine, and UTF-8 whatever its locale.
        command.args(["--configfile=/dev/null", "--option=unix charset=UTF-8"]);
        if let Some(request) = request {
            command.arg("--context-file").arg(self.file("request", request)?);
        }
        // In Samba 4.17, `--validate` writes NDR even where it has read NDR64, and then fails.
        command.arg(if format == Format::Ndr64 { "--ndr64" } else { "--validate" });
        command
            .args(["clusapi", &opnum.to_string(), direction_name(direction)])
            .arg(self.file("stub", stub)?);
        let output = command.output().context("running ndrdump")?;
        let said = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&said);
        Ok(read(output.status.success(), &text))
    }

    fn file(&self, name: &str, octets: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, octets).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A folder that stays behind does no harm.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Takes the printed value out of the text, or the complaint.
fn read(success: bool, text: &str) -> Dump {
    let is_complaint = |line: &str| {
        ["WARNING!", "Failed", "FAILED"].iter().any(|word| line.contains(word)) && !line.starts_with(' ')
    };
    let complaint = text.lines().find(|line| is_complaint(line));
    match complaint {
        Some(complaint) => Err(complaint.to_owned()),
        None if !success => Err(text.trim().replace('\n', "; ")),
        None => Ok(text.lines().filter(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n")),
    }
}
