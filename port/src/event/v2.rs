//! Events of version 2 ports.

use cmrp::clusapi3::ObjectFilter;

/// An event of version 2 ports: an object type with one flag, and what `NOTIFICATION_DATA_RPC` says of it
/// (MS-CMRP 2.2.3.23, 3.1.4.2.138).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventV2<'a> {
    /// The object type and exactly one of its flags.
    pub filter: ObjectFilter,
    /// The name of the object that a filter must be on to match, if it is on one object: the group that a resource
    /// was added to, although [`name`](Self::name) is that of the resource. Of a registry key, its path below the
    /// root key. Without meaning for the object types that the cluster has once.
    pub target: &'a str,
    /// `buffer`.
    pub buffer: &'a [u8],
    /// `ObjectId`.
    pub object_id: &'a str,
    /// `ParentId`; `None` is the null pointer.
    pub parent_id: Option<&'a str>,
    /// `Name`.
    pub name: &'a str,
    /// `Type`; `None` is the null pointer.
    pub type_name: Option<&'a str>,
}
