//! What the IDL says of the operations: their parameters, the handles among them, and what they are for.

use cmrp_port::object::ObjectKind;
use midl_codegen::model::{Interface as Described, Model, Operation, Type};
use midl_codegen::{ImportResolver, compile};
use thiserror::Error;

use crate::interface::Interface;

/// The IDL files, as they are part of the project.
const FILES: [(&str, &str); 4] = [
    ("clusapi2.idl", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/clusapi2.idl"))),
    ("clusapi3.idl", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/clusapi3.idl"))),
    ("cluster_change.idl", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/cluster_change.idl"))),
    ("ms-dtyp.idl", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/ms-dtyp.idl"))),
];

/// What a context handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HandleKind {
    /// An object of the cluster.
    Object(ObjectKind),
    /// A notification port.
    Port,
    /// A port that brings the batches of commands below a key of the registry (MS-CMRP 3.1.4.2.112).
    BatchPort,
    /// Any of the objects that can have a filter: `HGENERIC_RPC` (MS-CMRP 3.1.4.2.137).
    Any,
}

impl HandleKind {
    fn of(type_name: &str) -> Option<Self> {
        Some(match type_name {
            "HCLUSTER_RPC" => Self::Object(ObjectKind::Cluster),
            "HNODE_RPC" => Self::Object(ObjectKind::Node),
            "HGROUP_RPC" => Self::Object(ObjectKind::Group),
            "HRES_RPC" => Self::Object(ObjectKind::Resource),
            "HKEY_RPC" => Self::Object(ObjectKind::Key),
            "HNETWORK_RPC" => Self::Object(ObjectKind::Network),
            "HNETINTERFACE_RPC" => Self::Object(ObjectKind::NetInterface),
            "HGROUPSET_RPC" => Self::Object(ObjectKind::GroupSet),
            "HNOTIFY_RPC" => Self::Port,
            "HBATCH_PORT_RPC" => Self::BatchPort,
            "HGENERIC_RPC" => Self::Any,
            _ => return None,
        })
    }
}

/// A context handle among the members of a request or response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HandleMember {
    /// Its name in the JSON form.
    pub(crate) name: String,
    pub(crate) kind: HandleKind,
}

/// The IDL did not compile, which a test rules out.
#[derive(Debug, Error)]
#[error("the IDL of {0} can't be read")]
pub(crate) struct NoCatalog(&'static str);

/// All operations of one interface.
pub(crate) struct Catalog {
    model: Model,
    interface: Described,
}

struct Embedded;

impl ImportResolver for Embedded {
    fn load(&mut self, name: &str) -> Option<(String, String)> {
        let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
        Some(((*name).to_owned(), (*text).to_owned()))
    }
}

impl Catalog {
    /// Reads the IDL of an interface.
    pub(crate) fn of(interface: Interface) -> Result<Self, NoCatalog> {
        let missing = || NoCatalog(interface.name());
        let (name, text) = Embedded.load(&format!("{}.idl", interface.name())).ok_or_else(missing)?;
        let model = compile(&name, &text, &mut Embedded).map_err(|_| missing())?.model;
        let described = model.interfaces().iter().find(|described| described.name == interface.name());
        let interface = described.ok_or_else(missing)?.clone();
        Ok(Self { model, interface })
    }

    /// All operations in the order of their numbers, those left out that carry nothing.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.interface.operations.iter().filter(|operation| !operation.is_reserved())
    }

    /// The operation of a number.
    pub(crate) fn operation(&self, opnum: u16) -> Option<&Operation> {
        self.interface.operations.get(usize::from(opnum))
    }

    /// The handles in a request, in order.
    pub(crate) fn handles_in(&self, operation: &Operation) -> Vec<HandleMember> {
        self.handles(operation, |direction| direction.input)
    }

    /// The handles in a response, in order; the result last.
    pub(crate) fn handles_out(&self, operation: &Operation) -> Vec<HandleMember> {
        let mut handles = self.handles(operation, |direction| direction.output);
        let result = self.handle_kind(&operation.returns);
        handles.extend(result.map(|kind| HandleMember { name: "return".to_owned(), kind }));
        handles
    }

    fn handles(
        &self,
        operation: &Operation,
        is_meant: impl Fn(midl_codegen::model::Direction) -> bool,
    ) -> Vec<HandleMember> {
        let params = operation.params.iter().filter(|param| is_meant(param.direction));
        let named = params.filter_map(|param| {
            let kind = self.handle_kind(&param.ty)?;
            Some(HandleMember { name: param.name.clone(), kind })
        });
        named.collect()
    }

    fn handle_kind(&self, ty: &Type) -> Option<HandleKind> {
        match ty {
            Type::Named(id) => HandleKind::of(&self.model.definition(*id).name),
            Type::Pointer(target) => self.handle_kind(target),
            _ => None,
        }
    }

    /// One line: the name, and the members of the request.
    pub(crate) fn line(operation: &Operation) -> String {
        let members = operation.params.iter().filter(|param| param.direction.input);
        let names: Vec<&str> = members.map(|param| param.name.as_str()).collect();
        format!("{:>3} {}({})", operation.opnum, operation.name, names.join(", "))
    }

    /// All there is to say of an operation: what it does and its signature.
    pub(crate) fn description(&self, operation: &Operation) -> String {
        let doc = operation.doc.0.trim();
        format!("{doc}\n\n{}", self.model.signature(operation))
    }
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;

    use super::{Catalog, HandleKind, HandleMember};
    use crate::interface::Interface;

    fn operation(interface: Interface, name: &str) -> (Vec<HandleMember>, Vec<HandleMember>) {
        let catalog = Catalog::of(interface).unwrap();
        let operation = catalog.operation(interface.opnum(name).unwrap()).unwrap();
        (catalog.handles_in(operation), catalog.handles_out(operation))
    }

    fn member(name: &str, kind: HandleKind) -> HandleMember {
        HandleMember { name: name.to_owned(), kind }
    }

    #[test]
    fn every_operation_of_the_codec_is_in_the_catalog() {
        for interface in [Interface::ClusApi2, Interface::ClusApi3] {
            let catalog = Catalog::of(interface).unwrap();
            for (opnum, name) in (0..).zip(interface.operations()) {
                assert_eq!(catalog.operation(opnum).unwrap().name, *name);
            }
        }
    }

    #[test]
    fn handles_have_kinds_and_places() {
        use HandleKind::{Any, BatchPort, Object, Port};
        // MS-CMRP 3.1.4.2.25, 3.1.4.2.12, 3.1.4.2.56, 3.1.4.2.137.
        let (taken, given) = operation(Interface::ClusApi3, "ApiChangeResourceGroup");
        let resource = member("hResource", Object(ObjectKind::Resource));
        assert_eq!(taken, [resource, member("hGroup", Object(ObjectKind::Group))]);
        assert_eq!(given, []);
        let (taken, given) = operation(Interface::ClusApi2, "ApiCloseResource");
        assert_eq!(taken, [member("Resource", Object(ObjectKind::Resource))]);
        assert_eq!(given, taken);
        let (taken, given) = operation(Interface::ClusApi3, "ApiCreateNotify");
        assert_eq!((taken, given), (vec![], vec![member("return", Port)]));
        let (taken, _) = operation(Interface::ClusApi3, "ApiAddNotifyV2");
        assert_eq!(taken, [member("hNotify", Port), member("hObject", Any)]);
        let (taken, given) = operation(Interface::ClusApi3, "ApiCreateBatchPort");
        assert_eq!(taken, [member("hKey", Object(ObjectKind::Key))]);
        assert_eq!(given, [member("phBatchPort", BatchPort)]);
    }

    #[test]
    fn an_operation_is_described_as_in_the_idl() {
        let catalog = Catalog::of(Interface::ClusApi3).unwrap();
        let operation = catalog.operation(12).unwrap();
        assert_eq!(Catalog::line(operation), " 12 ApiGetResourceState(hResource)");
        let description = catalog.description(operation);
        assert!(description.contains("[in] HRES_RPC hResource"), "{description}");
        assert!(description.contains("MS-CMRP 3.1.4.2.13"), "{description}");
    }
}
