//! Commands that run for a while: a server, and those who watch it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::cmrp;

/// No test waits longer for anything: it has failed then.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that runs. It is killed with the test.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if line.is_ok_and(|line| sender.send(line).is_ok()) {
                continue;
            }
            break;
        }
    });
    receiver
}

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::spawn(cmrp().args(arguments))
    }

    fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let errors = lines_of(child.stderr.take().unwrap());
        Self { child, lines, errors }
    }

    /// The next line of standard output.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("another line")
    }

    /// The next line of standard output, if it comes in time.
    pub(crate) fn line_within(&self, time: Duration) -> Option<String> {
        self.lines.recv_timeout(time).ok()
    }

    /// The next line of standard output that is meant, and those before it.
    pub(crate) fn until(&self, is_meant: impl Fn(&str) -> bool) -> (Vec<String>, String) {
        let mut before = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no such line behind {before:#?}, {:#?}", self.said()));
            if is_meant(&line) {
                return (before, line);
            }
            before.push(line);
        }
    }

    /// The next JSON line that is meant.
    pub(crate) fn json(&self, is_meant: impl Fn(&Value) -> bool) -> Value {
        let parse = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let (_, line) = self.until(|line| is_meant(&parse(line)));
        parse(&line)
    }

    /// What standard error has said.
    pub(crate) fn said(&self) -> Vec<String> {
        self.errors.try_iter().collect()
    }

    /// The next line of standard error that is meant.
    pub(crate) fn error(&self, is_meant: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.errors.recv_timeout(PATIENCE).expect("another line of standard error");
            if is_meant(&line) {
                return line;
            }
        }
    }

    pub(crate) fn input(&mut self) -> &mut ChildStdin {
        self.child.stdin.as_mut().unwrap()
    }

    /// Sends a line to standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input(), "{line}").unwrap();
    }

    /// Sends a signal, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        for _ in 0..PATIENCE.as_millis() / 10 {
            if let Some(status) = self.ended() {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {:#?}", self.said());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `cmrp serve` on a port of its own.
pub(crate) struct Served {
    pub(crate) server: Running,
    /// Where it is.
    pub(crate) address: String,
    /// What it said before it was ready.
    pub(crate) greeting: Vec<String>,
}

/// Starts `cmrp serve --allow-insecure` with these arguments.
pub(crate) fn serve(arguments: &[&str]) -> Served {
    serve_with(&[&["--allow-insecure"], arguments].concat())
}

/// Starts `cmrp serve` with these arguments.
pub(crate) fn serve_with(arguments: &[&str]) -> Served {
    let server = Running::start(&[&["serve"], arguments].concat());
    let (greeting, ready) = server.until(|line| line.starts_with("ready "));
    let address = ready.strip_prefix("ready ").unwrap().to_owned();
    Served { server, address, greeting }
}

impl Served {
    /// `cmrp call` with these arguments.
    pub(crate) fn call(&self, arguments: &[&str]) -> Output {
        cmrp().args(["call", &self.address]).args(arguments).output().unwrap()
    }

    /// What a call prints if it succeeds.
    pub(crate) fn called(&self, arguments: &[&str]) -> Value {
        let output = self.call(arguments);
        let (stdout, stderr) = (super::stdout(&output), super::stderr(&output));
        assert!(output.status.success(), "{arguments:?}: {stdout}{stderr}");
        serde_json::from_str(stdout).unwrap()
    }

    /// Starts `cmrp watch --json` with these arguments, and waits until it watches.
    pub(crate) fn watch(&self, arguments: &[&str]) -> Running {
        let watch = Running::start(&[&["watch", &self.address, "--json"], arguments].concat());
        watch.json(|news| news["type"] == "watching");
        watch
    }
}
