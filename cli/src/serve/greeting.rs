//! What the server says on start: what it serves, how to connect, and how safe that is.

use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cmrp_port::access::Access;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Greeting<'a> {
    pub(super) cluster: &'a str,
    pub(super) node: &'a str,
    pub(super) address: SocketAddr,
    /// Where the endpoint mapper is.
    pub(super) mapper: Option<SocketAddr>,
    /// Where the metrics are.
    pub(super) metrics: Option<SocketAddr>,
    /// Whether calls are served.
    pub(super) allow_insecure: bool,
    /// What everybody may do whose calls are served, as the description of the cluster has it; `None` is nothing.
    pub(super) access: Option<Access>,
}

impl Greeting<'_> {
    /// Prints it. Programs that start the server wait for its last line, which begins with `ready`.
    pub(super) fn print(&self) -> io::Result<()> {
        let mut output = io::stdout().lock();
        output.write_all(self.text().as_bytes())?;
        output.flush()
    }

    fn text(&self) -> String {
        let Self { cluster, node, address, .. } = self;
        let mut text = format!("cluster {cluster:?}, node {node:?}, at {address}\n");
        text.push_str(&self.safety());
        if self.is_open() {
            text.push_str(&self.connections());
        }
        if let Some(metrics) = self.metrics {
            add(&mut text, format_args!("metrics: http://{metrics}/metrics\n"));
        }
        add(&mut text, format_args!("ready {address}\n"));
        text
    }

    fn is_open(&self) -> bool {
        self.allow_insecure && self.access.is_some()
    }

    /// How safe it is.
    fn safety(&self) -> String {
        let (may, and_others) = match self.access {
            Some(Access::Read) => ("may see everything of", "see what others do"),
            _ => ("may do everything to", "read and change what others do"),
        };
        match (self.is_open(), is_loopback(self.address.ip())) {
            (false, _) if self.access.is_none() => "\
EVERY CALL WILL BE REFUSED: the description of the cluster lets nobody in. everyone = \"all\" or \"read\" under \
[security] lets them.\n"
                .to_owned(),
            (false, _) => "\
EVERY CALL WILL BE REFUSED: this server can't authenticate anybody yet, and anonymous calls are not allowed. \
--allow-insecure allows them.\n"
                .to_owned(),
            (true, true) => format!(
                "\
warning: calls are not authenticated and not encrypted: every user of this computer {may} this cluster.\n"
            ),
            (true, false) => format!(
                "\
******************************************************************************
WARNING: calls are not authenticated and not encrypted, and {} is no loopback
address: EVERYBODY who can reach {} {may} this
cluster, and {and_others}. Only do this in a network that
is closed to all others.
******************************************************************************
",
                self.address.ip(),
                self.address
            ),
        }
    }

    /// How to connect.
    fn connections(&self) -> String {
        let host = reachable(self.address.ip());
        let address = SocketAddr::new(host, self.address.port());
        // Samba writes the address without brackets.
        let binding = format!("ncacn_ip_tcp:{host}[{}]", self.address.port());
        let mut text = format!(
            "\
connect with:
  cmrp watch {address}
  cmrp call {address} ApiGetClusterName
  smbtorture '{binding}' rpc.clusapi -U%
"
        );
        if let Some(mapper) = self.mapper {
            let option =
                if mapper.port() == 135 { String::new() } else { format!(" --epm-port {}", mapper.port()) };
            let host = reachable(mapper.ip());
            add(
                &mut text,
                format_args!("or by the endpoint mapper at {mapper}:\n  cmrp watch {host}{option}\n"),
            );
            // Nothing can tell an rpcclient of another port than that of endpoint mappers.
            if mapper.port() == 135 {
                add(
                    &mut text,
                    format_args!("  rpcclient -U% 'ncacn_ip_tcp:{host}' -c clusapi_get_cluster_name\n"),
                );
            }
        }
        text
    }
}

fn add(text: &mut String, more: fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = text.write_fmt(more);
}

fn is_loopback(address: IpAddr) -> bool {
    // An IPv4 address may come in the clothes of IPv6.
    address.to_canonical().is_loopback()
}

/// An address that can be connected to, in the place of one that stands for all.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Greeting};

    fn greeting(address: &str, allow_insecure: bool) -> Greeting<'static> {
        let address = address.parse().unwrap();
        Greeting {
            cluster: "LAB",
            node: "node1",
            address,
            mapper: None,
            metrics: None,
            allow_insecure,
            access: Some(Access::All),
        }
    }

    #[test]
    fn it_says_how_to_connect() {
        let mut greeting = greeting("127.0.0.1:49152", true);
        greeting.mapper = Some("127.0.0.1:1135".parse().unwrap());
        greeting.metrics = Some("127.0.0.1:9182".parse().unwrap());
        let expected = "\
cluster \"LAB\", node \"node1\", at 127.0.0.1:49152
warning: calls are not authenticated and not encrypted: every user of this computer may do everything to this cluster.
connect with:
  cmrp watch 127.0.0.1:49152
  cmrp call 127.0.0.1:49152 ApiGetClusterName
  smbtorture 'ncacn_ip_tcp:127.0.0.1[49152]' rpc.clusapi -U%
or by the endpoint mapper at 127.0.0.1:1135:
  cmrp watch 127.0.0.1 --epm-port 1135
metrics: http://127.0.0.1:9182/metrics
ready 127.0.0.1:49152
";
        assert_eq!(greeting.text(), expected);
    }

    #[test]
    fn an_rpcclient_finds_the_mapper_at_its_own_port_alone() {
        let mut greeting = greeting("192.0.2.1:49152", true);
        greeting.mapper = Some("0.0.0.0:135".parse().unwrap());
        let text = greeting.text();
        assert!(text.contains("\n  cmrp watch 127.0.0.1\n"), "{text}");
        assert!(
            text.contains("\n  rpcclient -U% 'ncacn_ip_tcp:127.0.0.1' -c clusapi_get_cluster_name\n"),
            "{text}"
        );
        greeting.mapper = Some("0.0.0.0:1135".parse().unwrap());
        assert!(!greeting.text().contains("rpcclient"), "{}", greeting.text());
    }

    #[test]
    fn who_may_only_read_is_not_said_to_do_everything() {
        for address in ["127.0.0.1:1", "192.0.2.1:1"] {
            let text = Greeting { access: Some(Access::Read), ..greeting(address, true) }.text();
            assert!(text.contains("may see everything of this") && !text.contains("may do"), "{text}");
            assert!(!text.contains("change"), "{text}");
        }
        let closed = Greeting { access: None, ..greeting("127.0.0.1:1", true) }.text();
        assert!(closed.contains("lets nobody in") && !closed.contains("connect with"), "{closed}");
    }

    #[test]
    fn the_warning_grows_with_the_danger() {
        let refused = greeting("127.0.0.1:1", false).text();
        assert!(refused.contains("EVERY CALL WILL BE REFUSED"), "{refused}");
        assert!(!refused.contains("connect with"), "{refused}");
        for address in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            let text = greeting(address, true).text();
            assert!(text.contains("\nwarning: ") && !text.contains("WARNING"), "{text}");
        }
        for address in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1"] {
            let text = greeting(address, true).text();
            assert!(text.contains("WARNING") && text.contains("EVERYBODY"), "{text}");
        }
        assert!(greeting("0.0.0.0:1", true).text().contains("cmrp watch 127.0.0.1:1\n"));
    }
}
