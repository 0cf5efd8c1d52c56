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
    /// Begins to log. `usual` is how much is logged unless options or the environment say otherwise.
    pub(crate) fn start(&self, usual: LevelFilter) {
        let default = EnvFilter::builder().with_default_directive(self.level(usual).into());
        let filter = match std::env::var(VARIABLE) {
            Ok(directives) if self.verbose == 0 && !self.quiet => default.parse_lossy(directives),
            _ => default.parse_lossy(""),
        };
        let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        // It fails if something logs already, which is as good.
        let _ = subscriber.with_ansi(is_coloured()).with_target(false).try_init();
    }

    fn level(&self, usual: LevelFilter) -> LevelFilter {
        const LEVELS: [LevelFilter; 4] =
            [LevelFilter::WARN, LevelFilter::INFO, LevelFilter::DEBUG, LevelFilter::TRACE];
        if self.quiet {
            return LevelFilter::ERROR;
        }
        let start = LEVELS.iter().position(|level| *level == usual).unwrap_or_default();
        let wanted = start.saturating_add(usize::from(self.verbose));
        LEVELS.get(wanted).copied().unwrap_or(LevelFilter::TRACE)
    }
}

fn is_coloured() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}
