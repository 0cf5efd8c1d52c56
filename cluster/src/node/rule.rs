//! What each method needs before any work is done for it: a state of the server, a level of the client.

use cmrp::clusapi3::Request;
use cmrp_port::access::{Access, ServerState};

/// What a method needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The state of the server, or a better one: [`ReadWrite`](ServerState::ReadWrite) is better than
    /// [`ReadOnly`](ServerState::ReadOnly). [`Stopped`](ServerState::Stopped): any.
    pub state: ServerState,
    /// The access level.
    pub level: Access,
    /// Who must have the level.
    pub holder: Holder,
    /// The number after "MS-CMRP 3.1.4.2." of the section that says so; after "3.1.4.1." for protocol version 2, which
    /// knows the level "All" alone.
    pub section: u16,
}

/// Who must have an access level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The client, as the cluster security descriptor says.
    Caller,
    /// The handles that are parameters; the client needs any level.
    Handle,
}

macro_rules! rules {
    ($($name:ident: $section:literal, $state:ident, $level:ident, $holder:ident;)+) => {
        /// What each method needs, by its name.
        pub const RULES: &[(&str, Rule)] = &[
            $((stringify!($name), Rule {
                state: ServerState::$state,
                level: Access::$level,
                holder: Holder::$holder,
                section: $section,
            }),)+
        ];

        /// What the method of a request needs; `None` for methods of notification ports, which are checked elsewhere, and
        /// for reserved slots.
        pub fn rule(request: &Request<'_>) -> Option<Rule> {
            Some(match request {
                $(Request::$name(_) => Rule {
                    state: ServerState::$state,
                    level: Access::$level,
                    holder: Holder::$holder,
                    section: $section,
                },)+
                _ => return None,
            })
        }
    };
}

// Where a section does not say which state or level it needs, a method that changes nothing needs those of its
// siblings that do say: Read-Only and "Read". ApiCreateEnum and ApiCreateEnumEx need Read/Write unless only nodes are
// asked for, which they look at themselves. Control codes need a level each (MS-CMRP 3.1.4.3). What a client gives
// back is taken in any state: a node that was evicted must not keep its clients' handles.
rules! {
    ApiOpenCluster: 1, ReadOnly, All, Caller;
    ApiCloseCluster: 2, Stopped, Read, Handle;
    ApiSetClusterName: 3, ReadWrite, All, Caller;
    ApiGetClusterName: 4, ReadOnly, Read, Caller;
    ApiGetClusterVersion: 5, ReadOnly, Read, Caller;
    ApiGetQuorumResource: 6, ReadOnly, Read, Caller;
    ApiSetQuorumResource: 7, ReadWrite, All, Handle;
    ApiCreateEnum: 8, ReadOnly, Read, Caller;
    ApiOpenResource: 9, ReadOnly, All, Caller;
    ApiCreateResource: 10, ReadWrite, All, Handle;
    ApiDeleteResource: 11, ReadWrite, All, Handle;
    ApiCloseResource: 12, Stopped, Read, Handle;
    ApiGetResourceState: 13, ReadOnly, Read, Handle;
    ApiSetResourceName: 14, ReadWrite, All, Handle;
    ApiGetResourceId: 15, ReadOnly, Read, Handle;
    ApiGetResourceType: 16, ReadOnly, Read, Handle;
    ApiFailResource: 17, ReadWrite, All, Handle;
    ApiOnlineResource: 18, ReadWrite, All, Handle;
    ApiOfflineResource: 19, ReadWrite, All, Handle;
    ApiAddResourceDependency: 20, ReadWrite, All, Handle;
    ApiRemoveResourceDependency: 21, ReadWrite, All, Handle;
    ApiCanResourceBeDependent: 22, ReadOnly, Read, Handle;
    ApiCreateResEnum: 23, ReadOnly, Read, Handle;
    ApiAddResourceNode: 24, ReadWrite, All, Handle;
    ApiRemoveResourceNode: 25, ReadWrite, All, Handle;
    ApiChangeResourceGroup: 26, ReadWrite, All, Handle;
    ApiCreateResourceType: 27, ReadWrite, All, Caller;
    ApiDeleteResourceType: 28, ReadWrite, All, Caller;
    ApiGetRootKey: 29, ReadOnly, Read, Caller;
    ApiCreateKey: 30, ReadWrite, All, Caller;
    ApiOpenKey: 31, ReadOnly, Read, Caller;
    ApiEnumKey: 32, ReadOnly, Read, Caller;
    ApiSetValue: 33, ReadWrite, All, Caller;
    ApiDeleteValue: 34, ReadWrite, All, Caller;
    ApiQueryValue: 35, ReadOnly, Read, Caller;
    ApiDeleteKey: 36, ReadWrite, All, Caller;
    ApiEnumValue: 37, ReadOnly, Read, Caller;
    ApiCloseKey: 38, Stopped, Read, Caller;
    ApiQueryInfoKey: 39, ReadOnly, Read, Caller;
    ApiSetKeySecurity: 40, ReadWrite, All, Caller;
    ApiGetKeySecurity: 41, ReadOnly, Read, Caller;
    ApiOpenGroup: 42, ReadOnly, All, Caller;
    ApiCreateGroup: 43, ReadWrite, All, Caller;
    ApiDeleteGroup: 44, ReadWrite, All, Handle;
    ApiCloseGroup: 45, Stopped, Read, Handle;
    ApiGetGroupState: 46, ReadOnly, Read, Handle;
    ApiSetGroupName: 47, ReadWrite, All, Handle;
    ApiGetGroupId: 48, ReadOnly, Read, Handle;
    ApiGetNodeId: 49, ReadOnly, Read, Handle;
    ApiOnlineGroup: 50, ReadWrite, All, Handle;
    ApiOfflineGroup: 51, ReadWrite, All, Handle;
    ApiMoveGroup: 52, ReadWrite, All, Handle;
    ApiMoveGroupToNode: 53, ReadWrite, All, Handle;
    ApiCreateGroupResourceEnum: 54, ReadOnly, Read, Handle;
    ApiSetGroupNodeList: 55, ReadWrite, All, Handle;
    ApiOpenNode: 67, ReadOnly, All, Caller;
    ApiCloseNode: 68, Stopped, Read, Handle;
    ApiGetNodeState: 69, ReadOnly, Read, Handle;
    ApiPauseNode: 70, ReadWrite, All, Handle;
    ApiResumeNode: 71, ReadWrite, All, Handle;
    ApiEvictNode: 72, ReadWrite, All, Handle;
    ApiNodeResourceControl: 73, ReadOnly, Read, Handle;
    ApiResourceControl: 74, ReadOnly, Read, Handle;
    ApiNodeResourceTypeControl: 75, ReadOnly, Read, Handle;
    ApiResourceTypeControl: 76, ReadOnly, Read, Handle;
    ApiNodeGroupControl: 77, ReadOnly, Read, Handle;
    ApiGroupControl: 78, ReadOnly, Read, Handle;
    ApiNodeNodeControl: 79, ReadOnly, Read, Handle;
    ApiNodeControl: 80, ReadOnly, Read, Handle;
    ApiOpenNetwork: 81, ReadOnly, All, Caller;
    ApiCloseNetwork: 82, Stopped, Read, Handle;
    ApiGetNetworkState: 83, ReadOnly, Read, Handle;
    ApiSetNetworkName: 84, ReadWrite, All, Handle;
    ApiCreateNetworkEnum: 85, ReadOnly, Read, Handle;
    ApiGetNetworkId: 86, ReadOnly, Read, Handle;
    ApiSetNetworkPriorityOrder: 87, ReadWrite, All, Caller;
    ApiNodeNetworkControl: 88, ReadOnly, Read, Handle;
    ApiNetworkControl: 89, ReadOnly, Read, Handle;
    ApiOpenNetInterface: 92, ReadOnly, All, Caller;
    ApiCloseNetInterface: 93, Stopped, Read, Handle;
    ApiGetNetInterfaceState: 94, ReadOnly, Read, Handle;
    ApiGetNetInterface: 95, ReadOnly, Read, Caller;
    ApiGetNetInterfaceId: 96, ReadOnly, Read, Handle;
    ApiNodeNetInterfaceControl: 97, ReadOnly, Read, Handle;
    ApiNetInterfaceControl: 98, ReadOnly, Read, Handle;
    ApiCreateNodeEnum: 101, ReadOnly, Read, Handle;
    ApiGetClusterVersion2: 102, ReadOnly, Read, Caller;
    ApiCreateResTypeEnum: 103, ReadOnly, Read, Caller;
    ApiBackupClusterDatabase: 104, ReadOnly, Read, Caller;
    ApiNodeClusterControl: 105, ReadOnly, Read, Handle;
    ApiClusterControl: 106, ReadOnly, Read, Handle;
    ApiSetServiceAccountPassword: 108, ReadWrite, All, Caller;
    ApiSetResourceDependencyExpression: 109, ReadWrite, All, Handle;
    ApiGetResourceDependencyExpression: 110, ReadOnly, Read, Handle;
    ApiGetResourceNetworkName: 111, ReadOnly, Read, Handle;
    ApiExecuteBatch: 112, ReadWrite, All, Caller;
    ApiCreateBatchPort: 113, ReadOnly, Read, Caller;
    ApiGetBatchNotification: 114, ReadOnly, Read, Caller;
    ApiCloseBatchPort: 115, Stopped, Read, Caller;
    ApiOpenClusterEx: 116, ReadOnly, Read, Caller;
    ApiOpenNodeEx: 117, ReadOnly, Read, Caller;
    ApiOpenGroupEx: 118, ReadOnly, Read, Caller;
    ApiOpenResourceEx: 119, ReadOnly, Read, Caller;
    ApiOpenNetworkEx: 120, ReadOnly, Read, Caller;
    ApiOpenNetInterfaceEx: 121, ReadOnly, Read, Caller;
    ApiChangeCsvState: 122, ReadOnly, All, Handle;
    ApiCreateNodeEnumEx: 123, ReadOnly, Read, Handle;
    ApiCreateEnumEx: 124, ReadOnly, Read, Handle;
    ApiPauseNodeEx: 125, ReadWrite, All, Handle;
    ApiPauseNodeWithDrainTarget: 126, ReadWrite, All, Handle;
    ApiResumeNodeEx: 127, ReadWrite, All, Handle;
    ApiCreateGroupEx: 128, ReadWrite, All, Caller;
    ApiOnlineGroupEx: 129, ReadWrite, All, Handle;
    ApiOfflineGroupEx: 130, ReadWrite, All, Handle;
    ApiMoveGroupEx: 131, ReadWrite, All, Handle;
    ApiMoveGroupToNodeEx: 132, ReadWrite, All, Handle;
    ApiCancelClusterGroupOperation: 133, ReadWrite, All, Handle;
    ApiOnlineResourceEx: 134, ReadWrite, All, Handle;
    ApiOfflineResourceEx: 135, ReadWrite, All, Handle;
    ApiCreateGroupEnum: 139, ReadWrite, Read, Handle;
    ApiCreateResourceEnum: 140, ReadWrite, Read, Handle;
    ApiExecuteReadBatch: 141, ReadOnly, Read, Caller;
    ApiRestartResource: 142, ReadWrite, All, Handle;
    ApiExecuteReadBatchEx: 145, ReadOnly, Read, Caller;
    ApiCreateGroupSet: 146, ReadWrite, All, Caller;
    ApiOpenGroupSet: 147, ReadOnly, All, Caller;
    ApiCloseGroupSet: 148, Stopped, Read, Caller;
    ApiDeleteGroupSet: 149, ReadWrite, All, Caller;
    ApiAddGroupToGroupSet: 150, ReadWrite, All, Handle;
    ApiRemoveGroupFromGroupSet: 151, ReadWrite, All, Handle;
    ApiMoveGroupToGroupSet: 152, ReadWrite, All, Handle;
    ApiAddGroupSetDependency: 153, ReadWrite, All, Caller;
    ApiAddGroupToGroupSetDependency: 154, ReadWrite, All, Handle;
    ApiNodeGroupSetControl: 155, ReadOnly, Read, Handle;
    ApiGroupSetControl: 156, ReadOnly, Read, Caller;
    ApiSetGroupDependencyExpression: 157, ReadWrite, All, Handle;
    ApiRemoveClusterGroupDependency: 158, ReadWrite, All, Handle;
    ApiSetGroupSetDependencyExpression: 159, ReadWrite, All, Caller;
    ApiRemoveGroupSetDependency: 160, ReadWrite, All, Caller;
    ApiRemoveClusterGroupToGroupSetDependency: 161, ReadWrite, All, Handle;
    ApiCreateGroupSetEnum: 162, ReadOnly, Read, Handle;
    ApiCreateNetInterfaceEnum: 163, ReadOnly, Read, Handle;
    ApiChangeCsvStateEx: 164, ReadOnly, All, Handle;
    ApiAddGroupToGroupSetEx: 165, ReadWrite, All, Handle;
    ApiChangeResourceGroupEx: 166, ReadWrite, All, Handle;
}

impl Rule {
    /// The level that the client itself must have.
    pub fn caller_level(&self) -> Access {
        match self.holder {
            Holder::Caller => self.level,
            Holder::Handle => Access::Read,
        }
    }
}
