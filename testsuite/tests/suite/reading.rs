//! The oracles of what is read besides stubs, over good input and what damage makes of it, and what reading may cost.

use allocation_counter::measure;
use cmrp_cluster::change;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::dependency::Expression;
use cmrp_cluster::registry::command::{self, Command, CommandType};
use cmrp_cluster::registry::{Parts, SecurityDescriptor};
use cmrp_testsuite::oracle;
use cmrp_testsuite::random::Random;

/// What good inputs and damaged ones are held against: the oracle's laws, and a bound of the memory that it holds.
struct Reader {
    target: &'static str,
    /// Octets that the oracle may hold at once for each octet of its input, and besides.
    most: (u64, u64),
    reads: fn(&[u8]) -> bool,
    seeds: Vec<Vec<u8>>,
}

impl Reader {
    fn check(&self, rounds: u64) {
        for (number, seed) in self.seeds.iter().enumerate() {
            assert!((self.reads)(seed), "seed {number} of {} is not good", self.target);
        }
        let mut read = 0;
        for round in 0..rounds {
            let mut random = Random::new(round);
            let mut octets = random.choose(&self.seeds).unwrap().clone();
            for _ in 0..random.below(4) {
                damage(&mut octets, &mut random);
            }
            let held = measure(|| assert!(oracle::run(self.target, &octets))).bytes_max;
            let (most, besides) = self.most;
            let most = most * octets.len() as u64 + besides;
            assert!(held <= most, "{} holds {held} octets for {}", self.target, octets.len());
            read += u64::from((self.reads)(&octets));
        }
        assert!(rounds / 10 < read && read < rounds, "{} reads {read} of {rounds}", self.target);
    }
}

fn damage(octets: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(octets.len());
    match (random.below(5), octets.get_mut(at)) {
        (0, Some(octet)) => *octet = 0,
        (1, Some(octet)) => *octet ^= 1 << random.below(8),
        (2, Some(octet)) => *octet = u8::MAX,
        (3, Some(_)) => drop(octets.remove(at)),
        (4, Some(_)) => octets.truncate(at),
        _ => octets.push(0),
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn commands() -> Vec<u8> {
    let command = |kind, value_type, name: &str, data: &'static [u8]| Command {
        kind,
        value_type,
        name: name.to_owned(),
        data: data.into(),
    };
    command::encode(&[
        command(CommandType::CREATE_KEY, 0, "Software\\Ä", b""),
        command(CommandType::SET_VALUE, 3, "x", b"odd"),
        command(CommandType::DELETE_VALUE, 0, "", b""),
    ])
}

#[test]
fn lists_of_commands() {
    let mut smallest = command::encode(&[]);
    for _ in 0..40 {
        smallest.extend([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    let reads = |octets: &[u8]| command::decode(octets).is_ok();
    let seeds = vec![commands(), smallest, command::encode(&[])];
    Reader { target: "batch", most: (24, 1024), reads, seeds }.check(20_000);
}

#[test]
fn security_descriptors() {
    let of_a_new_cluster = SecurityDescriptor::of_a_new_cluster().octets(Parts::ALL);
    // Both lists are the same octets.
    let mut shared = of_a_new_cluster.clone();
    shared[2] |= 0x10;
    shared.copy_within(16..20, 12);
    let seeds = vec![of_a_new_cluster, shared, SecurityDescriptor::default().octets(Parts::ALL)];
    let reads = |octets: &[u8]| SecurityDescriptor::parse(octets).is_ok();
    Reader { target: "descriptor", most: (16, 1024), reads, seeds }.check(20_000);
}

/// Both lists are the longest there are, and the same octets; what is told of them has them twice.
#[test]
fn the_largest_security_descriptor() {
    let at = |offset: u32| offset.to_le_bytes();
    let mut octets = [1, 0, 0x14, 0x80].to_vec();
    octets.extend([at(20), at(20), at(88), at(88)].concat());
    octets.extend([1, 15]);
    octets.resize(88, 0);
    octets.extend([2, 0, 0xFF, 0xFF]);
    octets.resize(88 + 0xFFFF, 0);
    assert!(SecurityDescriptor::parse(&octets).is_ok());
    assert!(oracle::run("descriptor", &octets));
}

#[test]
fn dependency_expressions() {
    let reads = |octets: &[u8]| {
        Expression::parse_resource(&text(octets)).is_ok() || Expression::parse_group(&text(octets)).is_ok()
    };
    let seeds = texts(&[
        "([a] or [b c]) and [d]",
        "[a] and [b] and [c]",
        "{[Group 1] and ([Group 2])}",
        "([a] and [b]) and ([c] OR [d] or [e])",
        "[a]and[b]and[c]and[d]and[e]and[f]and[g]and[h]and[i]and[j]and[k]",
        "",
    ]);
    Reader { target: "expression", most: (64, 4096), reads, seeds }.check(20_000);
}

#[test]
fn lines_of_files_of_changes() {
    let reads = |octets: &[u8]| change::read_line(&text(octets)).is_ok();
    let seeds = texts(&[
        r#"{"change":"node_down","node":"node2","after":"1.5s"}"#,
        r#"{"change":"registry_set","key":"Software\\Ä","value":"x","data":{"binary":"01 ff"}}"#,
        r#"{"change":"quorum","held":false,"after":"2m"}"#,
        r#" {"after":"0.25h","change":"group_set_joined","group_set":"a\u0000","group":"b"} "#,
        "# a comment",
    ]);
    Reader { target: "change", most: (64, 16 * 1024), reads, seeds }.check(10_000);
}

#[test]
fn definitions_of_clusters() {
    let reads = |octets: &[u8]| Definition::from_text(&text(octets)).is_ok();
    let seeds = texts(&[
        DEFAULT,
        "[cluster]\nname='C'\n[[nodes]]\nname='n'\n[[groups]]\nname='g'\n[[groups.resources]]\nname='r'\ntype='Physical Disk'\n",
        r#"{"cluster":{"name":"Ä"},"nodes":[{"name":"n"}],"registry":[{"key":"a\\b","values":{"x":["y"]}}]}"#,
    ]);
    Reader { target: "definition", most: (128, 1024 * 1024), reads, seeds }.check(600);
}

#[cfg(feature = "net")]
mod endpoints {
    use cmrp::ndr::{Format, Uuid};
    use cmrp_net::epm::tower::Tower;
    use cmrp_testsuite::endpoint::{interface, question};
    use dcerpc_proto::SyntaxId;

    use super::Reader;

    #[test]
    fn towers() {
        let seeds = vec![Tower::question(interface(), SyntaxId::NDR64).encode()];
        let reads = |octets: &[u8]| Tower::decode(octets).is_ok();
        Reader { target: "tower", most: (2, 256), reads, seeds }.check(20_000);
    }

    #[test]
    fn requests_of_endpoint_mappers() {
        let other = SyntaxId::new(Uuid::NIL, 1, 0);
        let questions = |format: &Format| {
            [(interface(), 0), (interface(), 1), (interface(), 500), (other, 4)]
                .map(|(interface, most)| question(interface, *format, most))
        };
        let seeds = Format::ALL.iter().flat_map(questions).collect();
        let reads = |octets: &[u8]| octets.len() > 100;
        Reader { target: "endpoint_map", most: (16, 4096), reads, seeds }.check(20_000);
    }
}
