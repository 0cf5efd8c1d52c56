//! The objects that a call is about, by name.

use clap::Args;
use cmrp_port::object::ObjectKind;
use thiserror::Error;

use super::catalog::{HandleKind, HandleMember};

/// Objects by name. Each is opened for the call, takes its place in the request, and is closed afterwards.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Handles, opened by name for the call")]
pub(crate) struct Names {
    /// A resource. A request with two resources takes two of these, in its order
    #[arg(long, value_name = "NAME")]
    resource: Vec<String>,

    /// A group
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,

    /// A node
    #[arg(long, value_name = "NAME")]
    node: Vec<String>,

    /// A network
    #[arg(long, value_name = "NAME")]
    network: Vec<String>,

    /// A network interface
    #[arg(long, value_name = "NAME")]
    net_interface: Vec<String>,

    /// A key of the cluster registry by its path below the root, such as `Software`; "" is the root
    #[arg(long, value_name = "PATH")]
    key: Vec<String>,

    /// A group set (protocol version 3)
    #[arg(long, value_name = "NAME")]
    group_set: Vec<String>,

    /// A new notification port of this version
    #[arg(long, value_name = "VERSION", num_args = 0..=1, default_missing_value = "1", value_parser = clap::value_parser!(u8).range(1..=2))]
    notify: Option<u8>,

    /// A new port for the batches of commands that change what is below this key of the cluster registry (protocol
    /// version 3); "" is the root
    #[arg(long, value_name = "PATH")]
    batch_port: Option<String>,
}

/// What to open for one handle of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    Object {
        kind: ObjectKind,
        name: String,
    },
    Port {
        version: u8,
    },
    /// On the key of this path.
    BatchPort {
        path: String,
    },
}

/// Why the names do not fit the request.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Misnamed {
    #[error("{operation} needs {member}: name it with {option}, or give the handle in the request")]
    Missing { operation: String, member: String, option: &'static str },
    #[error("{option} has no place in the request of {operation}, {takes}")]
    Unused { operation: String, option: &'static str, takes: String },
}

/// The kinds that have an option, in the order in which a handle of any kind takes them.
const KINDS: [ObjectKind; 7] = [
    ObjectKind::Resource,
    ObjectKind::Group,
    ObjectKind::Node,
    ObjectKind::Network,
    ObjectKind::NetInterface,
    ObjectKind::Key,
    ObjectKind::GroupSet,
];

impl Names {
    fn of(&self, kind: ObjectKind) -> &[String] {
        match kind {
            ObjectKind::Resource => &self.resource,
            ObjectKind::Group => &self.group,
            ObjectKind::Node => &self.node,
            ObjectKind::Network => &self.network,
            ObjectKind::NetInterface => &self.net_interface,
            ObjectKind::Key => &self.key,
            ObjectKind::GroupSet => &self.group_set,
            ObjectKind::Cluster | ObjectKind::ResourceType => &[],
        }
    }

    /// What to open for each of the members that the request does not have already.
    ///
    /// # Errors
    /// A member has no name, or a name no member.
    pub(crate) fn plan(
        &self,
        operation: &str,
        members: &[HandleMember],
    ) -> Result<Vec<(HandleMember, Open)>, Misnamed> {
        let mut left = Left::of(self);
        let planned = members.iter().map(|member| {
            let open = left.take(member.kind).ok_or_else(|| Misnamed::Missing {
                operation: operation.to_owned(),
                member: member.name.clone(),
                option: option(member.kind),
            })?;
            Ok((member.clone(), open))
        });
        let planned = planned.collect::<Result<Vec<_>, _>>()?;
        match left.first() {
            Some(option) => {
                let (operation, takes) = (operation.to_owned(), takes(members));
                Err(Misnamed::Unused { operation, option, takes })
            }
            None => Ok(planned),
        }
    }
}

/// What a request takes, as text.
fn takes(members: &[HandleMember]) -> String {
    match members {
        [] => "which takes no handle that is not given".to_owned(),
        members => {
            let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
            format!("which takes {}", names.join(", "))
        }
    }
}

/// The option that names a handle.
fn option(kind: HandleKind) -> &'static str {
    match kind {
        HandleKind::Object(kind) => option_of_object(kind),
        HandleKind::Port => "--notify",
        HandleKind::BatchPort => "--batch-port",
        HandleKind::Any => "--resource, --group, --node, --network, --net-interface or --key",
    }
}

fn option_of_object(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Resource => "--resource",
        ObjectKind::Group => "--group",
        ObjectKind::Node => "--node",
        ObjectKind::Network => "--network",
        ObjectKind::NetInterface => "--net-interface",
        ObjectKind::Key => "--key",
        ObjectKind::GroupSet => "--group-set",
        // The cluster is opened without being named.
        ObjectKind::Cluster | ObjectKind::ResourceType => "its name",
    }
}

/// The names that have no place yet.
struct Left<'a> {
    objects: Vec<(ObjectKind, std::slice::Iter<'a, String>)>,
    port: Option<u8>,
    batch_port: Option<&'a str>,
}

impl<'a> Left<'a> {
    fn of(names: &'a Names) -> Self {
        let objects = KINDS.into_iter().map(|kind| (kind, names.of(kind).iter())).collect();
        Self { objects, port: names.notify, batch_port: names.batch_port.as_deref() }
    }

    fn take(&mut self, kind: HandleKind) -> Option<Open> {
        match kind {
            HandleKind::Port => self.port.take().map(|version| Open::Port { version }),
            HandleKind::BatchPort => {
                self.batch_port.take().map(|path| Open::BatchPort { path: path.to_owned() })
            }
            HandleKind::Object(ObjectKind::Cluster) => Some(cluster()),
            HandleKind::Object(kind) => self.object(|known| known == kind),
            // A filter on no particular object is on the cluster.
            HandleKind::Any => Some(self.object(|_| true).unwrap_or_else(cluster)),
        }
    }

    fn object(&mut self, is_meant: impl Fn(ObjectKind) -> bool) -> Option<Open> {
        let mut meant = self.objects.iter_mut().filter(|(kind, _)| is_meant(*kind));
        meant.find_map(|(kind, names)| {
            names.next().map(|name| Open::Object { kind: *kind, name: name.clone() })
        })
    }

    /// The option of the first name without a place.
    fn first(&self) -> Option<&'static str> {
        let object = self.objects.iter().find(|(_, names)| names.len() > 0);
        let object = object.map(|(kind, _)| option_of_object(*kind));
        object.or(self.port.map(|_| "--notify")).or(self.batch_port.map(|_| "--batch-port"))
    }
}

fn cluster() -> Open {
    Open::Object { kind: ObjectKind::Cluster, name: String::new() }
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;

    use super::{HandleKind, HandleMember, Misnamed, Names, Open};

    fn members(kinds: &[HandleKind]) -> Vec<HandleMember> {
        let numbered = kinds.iter().enumerate();
        numbered.map(|(number, kind)| HandleMember { name: format!("h{number}"), kind: *kind }).collect()
    }

    fn plan(names: &Names, kinds: &[HandleKind]) -> Result<Vec<Open>, Misnamed> {
        let planned = names.plan("ApiSomething", &members(kinds))?;
        Ok(planned.into_iter().map(|(_, open)| open).collect())
    }

    fn object(kind: ObjectKind, name: &str) -> Open {
        Open::Object { kind, name: name.to_owned() }
    }

    const RESOURCE: HandleKind = HandleKind::Object(ObjectKind::Resource);

    #[test]
    fn names_take_their_places_in_order() {
        let names = Names {
            resource: vec!["a".to_owned(), "b".to_owned()],
            group: vec!["g".to_owned()],
            notify: Some(2),
            batch_port: Some("Software".to_owned()),
            ..Names::default()
        };
        let kinds = [
            HandleKind::BatchPort,
            HandleKind::Port,
            HandleKind::Object(ObjectKind::Group),
            RESOURCE,
            RESOURCE,
        ];
        let expected = [
            Open::BatchPort { path: "Software".to_owned() },
            Open::Port { version: 2 },
            object(ObjectKind::Group, "g"),
            object(ObjectKind::Resource, "a"),
            object(ObjectKind::Resource, "b"),
        ];
        assert_eq!(plan(&names, &kinds).unwrap(), expected);
    }

    #[test]
    fn a_handle_of_any_kind_takes_what_there_is_and_else_the_cluster() {
        let names = Names { node: vec!["n".to_owned()], ..Names::default() };
        assert_eq!(plan(&names, &[HandleKind::Any]).unwrap(), [object(ObjectKind::Node, "n")]);
        let cluster = [object(ObjectKind::Cluster, "")];
        assert_eq!(plan(&Names::default(), &[HandleKind::Any]).unwrap(), cluster);
        assert_eq!(plan(&Names::default(), &[HandleKind::Object(ObjectKind::Cluster)]).unwrap(), cluster);
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_option() {
        let error = plan(&Names::default(), &[RESOURCE]).unwrap_err().to_string();
        assert_eq!(
            error,
            "ApiSomething needs h0: name it with --resource, or give the handle in the request"
        );
        let names = Names { key: vec![String::new()], ..Names::default() };
        let error = plan(&names, &[]).unwrap_err().to_string();
        assert_eq!(
            error,
            "--key has no place in the request of ApiSomething, which takes no handle that is not given"
        );
        let error = plan(&Names::default(), &[HandleKind::BatchPort]).unwrap_err().to_string();
        assert!(error.contains("name it with --batch-port"), "{error}");
        let names = Names { batch_port: Some(String::new()), ..Names::default() };
        assert!(plan(&names, &[]).unwrap_err().to_string().starts_with("--batch-port has no place"));
    }
}
