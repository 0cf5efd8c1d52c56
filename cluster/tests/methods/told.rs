//! What version 2 ports are told of properties, keys, group sets and shared volumes (MS-CMRP 3.1.4.2.138): read as a
//! client reads it.

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::SizedPtr;
use cmrp_cluster::control::ControlledObject;
use cmrp_port::event::v2::{Payload, Property, PropertyList, PropertyValue};

use crate::control::{OBJECTS, control};
use crate::rig::Rig;

/// `CLUSTER_OBJECT_TYPE` and the flags for common and private properties.
fn of(object: ControlledObject) -> (u32, i64, i64) {
    match object {
        ControlledObject::Cluster => (1, 0x80, 0x100),
        ControlledObject::Group => (2, 0x02, 0x04),
        ControlledObject::Resource => (3, 0x01, 0x02),
        ControlledObject::ResourceType => (4, 0x02, 0x04),
        ControlledObject::NetInterface => (5, 0x02, 0x04),
        ControlledObject::Network => (6, 0x02, 0x04),
        ControlledObject::Node => (7, 0x04, 0x08),
        ControlledObject::GroupSet => (13, 0x02, 0x04),
    }
}

/// A version 2 port with a filter on all objects of a type.
fn port(rig: &mut Rig, dw_object_type: u32, filter_flags: i64) -> Option<HNotifyRpc> {
    let h_notify = rig.call(&ApiCreateNotifyV2Request {}).return_value;
    let h_object = rig.cluster().map(Into::into);
    let filter = NotifyFilterAndTypeRpc { dw_object_type, filter_flags };
    let (dw_notify_key, dw_version, is_targeted_at_object) = (1, 2, 0);
    let request = ApiAddNotifyV2Request {
        h_notify,
        h_object,
        filter,
        dw_notify_key,
        dw_version,
        is_targeted_at_object,
    };
    assert_eq!(rig.call(&request).return_value, 0, "{dw_object_type} {filter_flags:#x}");
    h_notify
}

fn told(rig: &mut Rig, h_notify: Option<HNotifyRpc>) -> Vec<NotificationDataRpc<'static>> {
    let request = ApiGetNotifyV2Request { h_notify };
    let call = rig.send(&request);
    let outcome = rig.outcome(call).expect("something is told").unwrap();
    let answer = rig.read(&request, outcome);
    let SizedPtr::Array(notifications) = answer.notifications else { panic!() };
    notifications.into_iter().map(|one| one.notification_data).collect()
}

fn payload(told: &NotificationDataRpc<'static>) -> Payload<'static> {
    let SizedPtr::Array(buffer) = told.buffer else { return Payload::Empty };
    Payload::decode(ObjectFilter::from(&told.filter_and_type), buffer).unwrap()
}

#[test]
fn properties_are_told_with_their_values() {
    for object in OBJECTS {
        let (kind, common, private) = of(object.0);
        let name = if object.0 == ControlledObject::GroupSet { "StartupDelay" } else { "PropertyOfMine" };
        let list: PropertyList<'_> = [Property::new(name, PropertyValue::Dword(7))].into_iter().collect();
        let mut octets = Vec::new();
        list.write(&mut octets);
        let is_set = object.0 == ControlledObject::GroupSet;
        let (flag, function) = if is_set { (common, 0x40_005E) } else { (private, 0x40_0086) };
        let mut rig = Rig::new();
        let port = port(&mut rig, kind, flag);
        let code = (object.0 as u32) << 24 | function;
        assert_eq!(control(&mut rig, object, code, &octets, 0).0, 0);
        let told = told(&mut rig, port);
        assert_eq!(told.len(), 1);
        if object.0 != ControlledObject::Cluster {
            assert_eq!(told[0].name.unwrap(), object.1);
        }
        // Of resources and their types private values are not told.
        let silent = matches!(object.0, ControlledObject::Resource | ControlledObject::ResourceType);
        let expected = if silent { Payload::Empty } else { Payload::Properties(list) };
        assert_eq!(payload(&told[0]), expected, "{object:?}");
    }
}

#[test]
fn common_properties_are_told_by_the_names_that_they_have() {
    for object in OBJECTS.into_iter().filter(|object| object.0 != ControlledObject::GroupSet) {
        let (kind, common, _) = of(object.0);
        let value = PropertyValue::Sz("new".into());
        let list: PropertyList<'_> = [Property::new("Description", value)].into_iter().collect();
        let mut octets = Vec::new();
        list.write(&mut octets);
        let mut rig = Rig::new();
        let port = port(&mut rig, kind, common);
        assert_eq!(control(&mut rig, object, (object.0 as u32) << 24 | 0x40_005E, &octets, 0).0, 0);
        let told = told(&mut rig, port);
        assert_eq!(told.iter().map(payload).collect::<Vec<_>>(), [Payload::Properties(list)], "{object:?}");
    }
}

#[test]
fn keys_and_values_are_told() {
    let mut rig = Rig::new();
    let port = port(&mut rig, 8, 0x0F);
    let root = rig.root();
    let key = rig.key(root, "Told\\Here");
    rig.set(key, "v", 4, &[0; 4]);
    let found: Vec<(i64, String, String)> = told(&mut rig, port)
        .iter()
        .map(|one| {
            let text = |text: Option<cmrp::ndr::WStr<'_>>| text.unwrap().to_string_lossy();
            (one.filter_and_type.filter_flags, text(one.name), text(one.object_id))
        })
        .collect();
    let row = |flag, name: &str, value: &str| (flag, name.to_owned(), value.to_owned());
    assert_eq!(found, [row(2, "Told", ""), row(2, "Told\\Here", ""), row(8, "Told\\Here", "v")]);
}

#[test]
fn group_sets_tell_their_groups_and_dependencies() {
    let mut rig = Rig::new();
    let port = port(&mut rig, 13, 0xFF);
    let open = |rig: &mut Rig, name: &str| {
        rig.call(&ApiOpenGroupSetRequest { lpsz_group_set_name: name.into() }).return_value
    };
    let (group_set, group) = (open(&mut rig, "Databases"), rig.group("File Server"));
    let id = rig.call(&ApiGetGroupIdRequest { h_group: group }).p_guid.unwrap().to_string_lossy();
    assert_eq!(rig.call(&ApiAddGroupToGroupSetRequest { group_set, group }).return_value, 0);
    let entered = told(&mut rig, port);
    assert_eq!(entered.len(), 1);
    assert_eq!(
        (entered[0].name.unwrap(), payload(&entered[0])),
        ("Databases".into(), Payload::Id(id.as_str().into()))
    );
    let lpsz_dependency_expression = "".into();
    let request =
        ApiSetGroupSetDependencyExpressionRequest { h_group_set: group_set, lpsz_dependency_expression };
    assert_eq!(rig.call(&request).return_value, 0);
    let cleared: Vec<_> = told(&mut rig, port).iter().map(|one| (one.name.unwrap(), payload(one))).collect();
    let expected = [
        ("Databases".into(), Payload::Expression("".into())),
        ("Cluster Group".into(), Payload::Ids(vec![])),
    ];
    assert_eq!(cleared, expected);
}

#[test]
fn what_depends_on_what_is_deleted_tells_so() {
    let mut rig = Rig::new();
    let made = rig.call(&ApiCreateGroupSetRequest { lpsz_group_set_name: "New".into() });
    let group = rig.group("File Server");
    let open = |rig: &mut Rig, name: &str| {
        rig.call(&ApiOpenGroupSetRequest { lpsz_group_set_name: name.into() }).return_value
    };
    let (new, other, base) =
        (made.return_value, open(&mut rig, "Databases"), open(&mut rig, "Cluster Group"));
    let needs = |rig: &mut Rig, dependent_group_set, provider_group_set| {
        rig.call(&ApiAddGroupSetDependencyRequest { dependent_group_set, provider_group_set }).return_value
    };
    assert_eq!((needs(&mut rig, other, new), needs(&mut rig, new, base)), (0, 0));
    let request = ApiAddGroupToGroupSetDependencyRequest { dependent_group: group, provider_group_set: new };
    assert_eq!(rig.call(&request).return_value, 0);
    let (first, second) = (rig.watch(), port(&mut rig, 13, 0xFF));
    assert_eq!(rig.call(&ApiDeleteGroupSetRequest { group_set: new }).return_value, 0);
    let changed = |rig: &mut Rig, name: &str| {
        rig.events(first).contains(&(ClusterChange::GROUP_PROPERTY.bits(), name.to_owned()))
    };
    assert!(changed(&mut rig, "File Server"));
    let told = told(&mut rig, second);
    let names: Vec<_> = told.iter().map(|one| one.name.unwrap().to_string_lossy()).collect();
    assert_eq!(names, ["New", "Databases", "Cluster Group"]);
    let id = |at: usize| told[at].object_id.unwrap().to_string_lossy();
    let (base, other) = (format!("([{}])", id(2)), id(1));
    assert_eq!(payload(&told[1]), Payload::Expression(base.as_str().into()));
    assert_eq!(payload(&told[2]), Payload::Ids(vec![other.as_str().into()]));
    // The same of a group.
    let lpsz_group_name = "Provider".into();
    let provider = rig.call(&ApiCreateGroupRequest { lpsz_group_name }).return_value;
    let request = ApiSetGroupDependencyExpressionRequest {
        h_group: group,
        lpsz_dependency_expression: "[Provider]".into(),
    };
    assert_eq!(rig.call(&request).return_value, 0);
    rig.events(first);
    assert_eq!(rig.call(&ApiDeleteGroupRequest { group: provider, force: 0 }).return_value, 0);
    assert!(changed(&mut rig, "File Server"));
}
