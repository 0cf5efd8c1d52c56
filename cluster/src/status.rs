//! The codes that methods return, besides those of [`cmrp_port::status`], which are here too.

pub use cmrp_port::status::*;

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal;)+) => {
        $($(#[$doc])+ pub const $name: u32 = $code;)+

        /// The name of a code that this module or [`cmrp_port::status`] lists.
        pub fn name(code: u32) -> Option<&'static str> {
            match code {
                $($code => Some(stringify!($name)),)+
                _ => cmrp_port::status::name(code),
            }
        }
    };
}

codes! {
    /// The path is not well-formed.
    ERROR_BAD_PATHNAME = 161;
    /// The registry key was deleted after it was opened.
    ERROR_KEY_DELETED = 1018;
    /// The security descriptor is not valid.
    ERROR_INVALID_SECURITY_DESCR = 1338;
    /// There is no room within what the server may hold.
    ERROR_NOT_ENOUGH_QUOTA = 1816;
    /// Dependencies would get deeper than the server follows.
    ERROR_DEPENDENCY_TREE_TOO_COMPLEX = 5929;
    /// The operation is not valid for the cluster or the resource.
    ERROR_CLUSTER_INVALID_REQUEST = 5048;
    /// The file or key does not exist.
    ERROR_FILE_NOT_FOUND = 2;
    /// The data is invalid.
    ERROR_INVALID_DATA = 13;
    /// The change could not be kept: the journal failed.
    ERROR_WRITE_FAULT = 29;
    /// The request is not supported.
    ERROR_NOT_SUPPORTED = 50;
    /// The method is not implemented by this server.
    ERROR_CALL_NOT_IMPLEMENTED = 120;
    /// The buffer is too small for the data.
    ERROR_INSUFFICIENT_BUFFER = 122;
    /// The name is not well-formed.
    ERROR_INVALID_NAME = 123;
    /// The object exists already.
    ERROR_ALREADY_EXISTS = 183;
    /// More data is available.
    ERROR_MORE_DATA = 234;
    /// The operation goes on after the call has returned.
    ERROR_IO_PENDING = 997;
    /// The dependency would make a circle.
    ERROR_CIRCULAR_DEPENDENCY = 1059;
    /// Nothing of the name was found.
    ERROR_NOT_FOUND = 1168;
    /// Resources depend on the resource.
    ERROR_DEPENDENT_RESOURCE_EXISTS = 5001;
    /// There is no such dependency.
    ERROR_DEPENDENCY_NOT_FOUND = 5002;
    /// The dependency exists already.
    ERROR_DEPENDENCY_ALREADY_EXISTS = 5003;
    /// The resource is not online.
    ERROR_RESOURCE_NOT_ONLINE = 5004;
    /// The node cannot host the resource or group.
    ERROR_HOST_NODE_NOT_AVAILABLE = 5005;
    /// The resource is not available.
    ERROR_RESOURCE_NOT_AVAILABLE = 5006;
    /// The cluster is to be shut down first.
    ERROR_SHUTDOWN_CLUSTER = 5008;
    /// The node cannot be evicted.
    ERROR_CANT_EVICT_ACTIVE_NODE = 5009;
    /// The object exists already.
    ERROR_OBJECT_ALREADY_EXISTS = 5010;
    /// The object is in such a list already.
    ERROR_OBJECT_IN_LIST = 5011;
    /// The group cannot be had now.
    ERROR_GROUP_NOT_AVAILABLE = 5012;
    /// The owner of the resource is not the node.
    ERROR_HOST_NODE_NOT_RESOURCE_OWNER = 5015;
    /// The group is not owned by the node.
    ERROR_HOST_NODE_NOT_GROUP_OWNER = 5016;
    /// The resource could not go online.
    ERROR_RESMON_ONLINE_FAILED = 5018;
    /// The resource is online.
    ERROR_RESOURCE_ONLINE = 5019;
    /// The quorum resource cannot do this.
    ERROR_QUORUM_RESOURCE = 5020;
    /// The resource type cannot be a quorum resource.
    ERROR_NOT_QUORUM_CAPABLE = 5021;
    /// The object is not in a state for the operation.
    ERROR_INVALID_STATE = 5023;
    /// Stored; takes effect later.
    ERROR_RESOURCE_PROPERTIES_STORED = 5024;
    /// The resource belongs to the cluster itself.
    ERROR_CORE_RESOURCE = 5026;
    /// The quorum resource could not go online.
    ERROR_QUORUM_RESOURCE_ONLINE_FAILED = 5027;
    /// The node is up already.
    ERROR_CLUSTER_NODE_UP = 5056;
    /// The node is paused.
    ERROR_CLUSTER_NODE_PAUSED = 5070;
    /// The node is not paused.
    ERROR_CLUSTER_NODE_NOT_PAUSED = 5058;
    /// The node is not a member of the cluster.
    ERROR_CLUSTER_NODE_NOT_MEMBER = 5052;
    /// The resources are in different groups.
    ERROR_DEPENDENCY_NOT_ALLOWED = 5069;
    /// The owner list lacks the node.
    ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE = 5071;
    /// No node can host the group.
    ERROR_ALL_NODES_NOT_AVAILABLE = 5037;
    /// The node does not exist any more.
    ERROR_NODE_NOT_AVAILABLE = 5036;
    /// The network does not exist any more.
    ERROR_NETWORK_NOT_AVAILABLE = 5035;
    /// The resource is not in a state for the operation.
    ERROR_RESMON_INVALID_STATE = 5084;
    /// The directory is not empty: the group has resources.
    ERROR_DIR_NOT_EMPTY = 145;
    /// The resource has failed.
    ERROR_RESOURCE_FAILED = 5038;
    /// The network exists already.
    ERROR_CLUSTER_NETWORK_EXISTS = 5044;
    /// The operation cannot be done on the quorum resource.
    ERROR_INVALID_OPERATION_ON_QUORUM = 5068;
    /// The cluster has as many resources as it may have.
    ERROR_CLUSTER_MAXNUM_OF_RESOURCES_EXCEEDED = 5076;
    /// The resource type does not exist.
    ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND = 5078;
    /// The resource type is not supported on this cluster.
    ERROR_CLUSTER_RESTYPE_NOT_SUPPORTED = 5079;
    /// Fault: the server has no memory for the call (C706 appendix E).
    NCA_S_FAULT_REMOTE_NO_MEMORY = 0x1C00_001B;
    /// Fault: there is no operation of this number (C706 appendix E).
    NCA_S_OP_RNG_ERROR = 0x1C01_0002;
    /// Fault: the stub cannot be decoded (MS-RPCE 3.3.3.5.6).
    RPC_X_BAD_STUB_DATA = 1783;
}
