//! What goes on inside, on standard error.

use std::io;

use clap::{ArgAction, Args};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The variable that says more exactly what to log, such as `cmrp_net=debug,info`.
const VARIABLE: &str = "CMRP_LOG";

/// How much to log.
#[derive(Args, Clone, Debug)]
pub(crate) struct Logging {
    /// Log more to standard error; again for even more. The variable `CMRP_LOG` can tell parts apart:
    /// `CMRP_LOG=cmrp_net=debug,info`
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,

    /// Log errors alone
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

impl Logging {
    /// Begins to log. `usual` is how much the commands themselves log unless options or the environment say
    /// otherwise; the libraries below them log warnings.
    pub(crate) fn start(&self, usual: LevelFilter) {
        let directives = match (self.quiet, self.verbose) {
            (true, _) => "error".to_owned(),
            (false, 0) => std::env::var(VARIABLE).unwrap_or_else(|_| format!("warn,cmrp_cli={usual}")),
            (false, 1) => "info".to_owned(),
            (false, 2) => "debug".to_owned(),
            (false, _) => "trace".to_owned(),
        };
        let filter = EnvFilter::builder().parse_lossy(directives);
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        // It fails if something logs already, which is as good.
        let _ = subscriber.with_ansi(is_coloured()).with_target(false).try_init();
    }
}

fn is_coloured() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}
