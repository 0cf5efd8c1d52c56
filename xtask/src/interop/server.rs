//! A `cmrp serve` of one's own.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Scene;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server, which ends with this value.
pub(super) struct Server {
    child: Child,
    /// Its port on 127.0.0.1.
    pub(super) port: u16,
}

impl Server {
    /// Starts a server with the default cluster that answers anonymous calls.
    pub(super) fn start(scene: &Scene, arguments: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let child = Command::new(&scene.cmrp)
            .args(["serve", "--allow-insecure", "--listen", &format!("127.0.0.1:{port}")])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(scene.folder.join("serve.log"))?)
            .spawn()
            .with_context(|| format!("starting {}", scene.cmrp.display()))?;
        let mut server = Self { child, port };
        server.wait()?;
        Ok(server)
    }

    fn wait(&mut self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("cmrp serve ended with {status} before it listened: see serve.log");
            }
            sleep(Duration::from_millis(20));
        }
        bail!("cmrp serve does not listen on port {} after {PATIENCE:?}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
