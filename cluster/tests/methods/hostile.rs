//! Octets and numbers that a peer chooses: no panic, no unbounded work, nothing half done.

use cmrp::clusapi3::*;
use cmrp::ndr::{EncodeStub, SizedPtr};
use cmrp_cluster::control::{ControlledObject, all};
use cmrp_cluster::registry::command::{Command, CommandType, decode, encode};
use cmrp_cluster::registry::{Parts, SecurityDescriptor};
use cmrp_port::event::v2::{Property, PropertyList, PropertyValue};

use crate::control::{OBJECTS, control, input};
use crate::rig::Rig;

/// Octets by a generator that needs no crate (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: u64) -> usize {
        usize::try_from(self.next() % most).unwrap()
    }

    fn octets(&mut self, most: u64) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// Good octets with a few of them bent.
    fn bent(&mut self, good: &[u8]) -> Vec<u8> {
        let mut octets = good.to_vec();
        for _ in 0..=self.below(4) {
            if let Some(last) = octets.len().checked_sub(1) {
                let at = self.below(last as u64 + 1);
                octets[at] = [0, 1, 0x7F, 0xFF, self.next().to_le_bytes()[0]][self.below(5)];
            }
        }
        let end = if self.below(3) == 0 { self.below(octets.len() as u64 + 1) } else { octets.len() };
        octets.truncate(end);
        octets
    }
}

fn properties() -> Vec<u8> {
    let list: PropertyList<'_> = [
        Property::new("Description", PropertyValue::Sz("text".into())),
        Property::new("Priority", PropertyValue::Dword(1000)),
        Property::new("Names", PropertyValue::MultiSz(vec!["a".into(), "b".into()])),
        Property::new("Security Descriptor", PropertyValue::SecurityDescriptor(&[1, 0, 4, 0x80])),
    ]
    .into_iter()
    .collect();
    let mut octets = Vec::new();
    list.write(&mut octets);
    octets
}

#[test]
fn any_octets_into_any_code() {
    let mut rig = Rig::new();
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    let good = properties();
    for object in OBJECTS {
        for code in all().iter().filter(|code| code.objects().contains(&object.0)) {
            let number = code.number(object.0);
            rig.leave();
            for round in 0..60 {
                let octets = match round % 3 {
                    0 => random.octets(200),
                    1 => random.bent(&good),
                    _ => random.bent(&input(number)),
                };
                let room = u32::try_from(random.below(3000)).unwrap();
                let (status, data, needed) = control(&mut rig, object, number, &octets, room);
                assert!(data.len() <= room as usize);
                assert!(status == 234 || needed == 0);
                assert!(status != 0 || !code.writes() || data.is_empty());
            }
        }
        rig.leave();
        for _ in 0..200 {
            let number = (object.0 as u32) << 24 | u32::try_from(random.below(1 << 23)).unwrap();
            control(&mut rig, object, number, &random.octets(50), 100);
        }
    }
}

#[test]
fn any_octets_as_a_batch() {
    let mut rig = Rig::new();
    let mut random = Random(0xFEDC_BA98_7654_3211);
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let command = |kind, name: &str, data: &[u8]| Command {
        kind,
        value_type: 3,
        name: name.to_owned(),
        data: data.to_vec().into(),
    };
    let good = encode(&[
        command(CommandType::CREATE_KEY, "a\\b", &[]),
        command(CommandType::SET_VALUE, "v", b"data"),
        command(CommandType::DELETE_VALUE, "v", &[]),
        command(CommandType::DELETE_KEY, "a", &[]),
        command(CommandType::CREATE_KEY, "c", &[]),
    ]);
    for round in 0..4000 {
        let octets = if round % 4 == 0 { random.octets(100) } else { random.bent(&good) };
        // What is read is written the same, apart from padding that says nothing.
        if let Ok(read) = decode(&octets) {
            assert_eq!(decode(&encode(&read)).unwrap(), read);
        }
        let before = rig.subkeys(base);
        let executed = rig.call(&ApiExecuteBatchRequest { h_key: base, lp_data: &octets });
        if executed.return_value != 0 {
            assert_eq!(rig.subkeys(base), before);
        }
        rig.call(&ApiExecuteReadBatchRequest { h_key: base, lp_in_data: &octets });
    }
}

#[test]
fn any_octets_as_a_security_descriptor() {
    let mut random = Random(0x0F1E_2D3C_4B5A_6978);
    let good = SecurityDescriptor::of_a_new_cluster().octets(Parts::ALL);
    let mut read = 0;
    for round in 0..50_000 {
        let octets = if round % 4 == 0 { random.octets(100) } else { random.bent(&good) };
        if let Ok(descriptor) = SecurityDescriptor::parse(&octets) {
            read += 1;
            let written = descriptor.octets(Parts::ALL);
            assert_eq!(SecurityDescriptor::parse(&written).unwrap(), descriptor);
        }
    }
    assert!(read > 1000, "{read}");
}

#[test]
fn any_stub_for_any_method() {
    let mut rig = Rig::new();
    let mut random = Random(0x1122_3344_5566_7788);
    let root = rig.root();
    rig.key(root, "a");
    let stub = ApiSetValueRequest { h_key: root, lp_value_name: "v".into(), dw_type: 3, lp_data: &[1, 2, 3] };
    let good = stub.encode(rig.format).unwrap();
    for opnum in (28..=40).chain(105..=106).chain([109, 110, 113, 114, 116, 145, 157]).chain(163..=183) {
        for _ in 0..100 {
            let call = rig.next_call();
            let octets = random.bent(&good);
            rig.raw(call, opnum, &octets);
            // Answered, refused or waiting; a call that waits is one for a report.
            let outcome = rig.outcome(call);
            assert!(outcome.is_some(), "{opnum}");
        }
    }
}

#[test]
fn a_buffer_costs_no_more_than_its_request() {
    let mut rig = Rig::new();
    let root = rig.root();
    for size in [u32::MAX, 1 << 31, (1 << 20) + 1] {
        let request =
            ApiQueryValueRequest { h_key: root, lp_value_name: "ClusterInstanceID".into(), cb_data: size };
        let call = rig.send(&request);
        assert!(rig.outcome(call).unwrap().is_err(), "{size}");
    }
    // What varies need not travel whole.
    let request = ApiGroupControlRequest {
        h_group: rig.group("File Server"),
        dw_control_code: 0x0300_0029,
        lp_in_buffer: SizedPtr::NULL,
        n_out_buffer_size: 0x7FFF_FFFF,
    };
    let call = rig.send(&request);
    assert!(rig.outcome(call).unwrap().unwrap().len() < 200);
}

#[test]
fn texts_that_are_kept_are_no_longer_than_names() {
    let mut rig = Rig::new();
    let (good, long) = ("x".repeat(1024), "x".repeat(1025));
    let h_resource = rig.resource("Cluster Disk 1");
    for (text, code) in [(&long, 87), (&good, 0)] {
        let named = |type_name: &str, display: &str, dll: &str, rig: &mut Rig| {
            let request = ApiCreateResourceTypeRequest {
                lpsz_type_name: type_name.into(),
                lpsz_display_name: display.into(),
                lpsz_dll_name: dll.into(),
                dw_looks_alive: 5000,
                dw_is_alive: 60000,
            };
            rig.call(&request).return_value
        };
        assert_eq!(named("Display", text, "a.dll", &mut rig), code);
        assert_eq!(named("Library", "a", text, &mut rig), code);
        let quorum = ApiSetQuorumResourceRequest {
            h_resource: rig.resource("Cluster Disk 1"),
            lpsz_device_name: text.as_str().into(),
            dw_max_quorum_log_size: 4096,
        };
        assert_eq!(rig.call(&quorum).return_value, code);
    }
    for (text, good) in [(&long, false), (&good, true)] {
        let share =
            ApiChangeCsvStateExRequest { h_resource, dw_state: 1, lpsz_volume_name: text.as_str().into() };
        assert_eq!(rig.call(&share).return_value != 87, good);
    }
}

/// 128 groups with 256 KiB each are 32 MiB: there the cluster is full, although no object is.
#[test]
fn properties_of_many_objects_take_a_limited_room_in_all() {
    let mut rig = Rig::new();
    let large = vec![7; 260_000];
    let list: PropertyList<'_> =
        [Property::new("Large", PropertyValue::Binary(&large))].into_iter().collect();
    let mut octets = Vec::new();
    list.write(&mut octets);
    let set = 0x0340_0086;
    let mut made = 0;
    loop {
        let name = format!("Group {made}");
        let answer = rig.call(&ApiCreateGroupRequest { lpsz_group_name: name.as_str().into() });
        assert_eq!(answer.status, 0);
        let (status, ..) = control(&mut rig, (ControlledObject::Group, &name), set, &octets, 0);
        if status != 0 {
            assert_eq!(status, 1816);
            break;
        }
        made += 1;
        assert!(made < 150);
    }
    assert_eq!(made, (32 << 20) / 260_069);
    // What is there may be set again, and made smaller.
    let first = (ControlledObject::Group, "Group 0");
    assert_eq!(control(&mut rig, first, set, &octets, 0).0, 0);
    let (mut small, list) = (Vec::new(), [Property::new("Large", PropertyValue::Dword(1))]);
    list.into_iter().collect::<PropertyList<'_>>().write(&mut small);
    assert_eq!(control(&mut rig, first, set, &small, 0).0, 0);
    let last = format!("Group {made}");
    assert_eq!(control(&mut rig, (ControlledObject::Group, &last), set, &octets, 0).0, 0);
}

/// Resources in one group, by identifiers that are their names.
fn resources(rig: &mut Rig, count: usize) -> Vec<Option<HResRpc>> {
    let h_group = rig.group("Available Storage");
    let mut create = |number: usize| {
        let name = format!("R{number}");
        let answer = rig.call(&ApiCreateResourceRequest {
            h_group,
            lpsz_resource_name: name.as_str().into(),
            lpsz_resource_type: "Generic Application".into(),
            dw_flags: 0,
        });
        assert_eq!(answer.status, 0);
        answer.return_value
    };
    (0..count).map(&mut create).collect()
}

fn depend(rig: &mut Rig, h_resource: Option<HResRpc>, on: &str) -> u32 {
    let lpsz_dependency_expression = Some(cmrp::ndr::WStr::from(on));
    rig.call(&ApiSetResourceDependencyExpressionRequest { h_resource, lpsz_dependency_expression })
        .return_value
}

#[test]
fn dependencies_of_all_resources_are_limited_in_number() {
    let mut rig = Rig::new();
    let all = resources(&mut rig, 330);
    let (lower, upper) = all.split_at(250);
    let names: Vec<String> = (0..lower.len()).map(|number| format!("[R{number}]")).collect();
    let on = names.join(" and ");
    let made = upper.iter().take_while(|resource| depend(&mut rig, **resource, &on) == 0).count();
    // Those of the default cluster are a handful.
    assert_eq!(made, (16_384 - 20) / 250);
    assert_eq!(depend(&mut rig, upper[made], &on), 5929);
    // What is there may be set again.
    assert_eq!(depend(&mut rig, upper[0], &on), 0);
    // A name counts once, however often it is written.
    let again = vec!["[R0]"; 1024].join(" or ");
    assert_eq!(depend(&mut rig, upper[made], &again), 0);
    let get = ApiGetResourceDependencyExpressionRequest { h_resource: upper[made] };
    let text = rig.call(&get).lpsz_dependency_expression.unwrap().to_string_lossy();
    assert_eq!(text.len(), "[]".len() + 36);
}

/// A tree of 100 levels is as deep as it may be, whichever end it grows at.
#[test]
fn dependencies_are_limited_in_depth() {
    let mut rig = Rig::new();
    let all = resources(&mut rig, 102);
    for (below, resource) in all[1..100].iter().enumerate() {
        assert_eq!(depend(&mut rig, *resource, &format!("[R{below}]")), 0, "{below}");
    }
    assert_eq!(depend(&mut rig, all[100], "[R99]"), 5929);
    assert_eq!(depend(&mut rig, all[100], "[R98] and [R50]"), 0);
    assert_eq!(depend(&mut rig, all[0], "[R101]"), 5929);
    assert_eq!(depend(&mut rig, all[0], "[R99]"), 1059);
    assert_eq!(depend(&mut rig, all[50], "[R49] and [R101]"), 0);
}
