//! Values of one interface as values of the other.

use cmrp::ndr::{FileTime, Handle, SizedPtr, Varying, VaryingPtr, WStr};
use cmrp::{clusapi2, clusapi3};

/// A value that the other interface has too.
pub(super) trait Across<T> {
    /// The value there.
    fn across(self) -> T;
}

macro_rules! same {
    ($($type:ty),+ $(,)?) => {$(
        impl Across<$type> for $type {
            fn across(self) -> $type {
                self
            }
        }
    )+};
}

same!(u8, u16, u32, i32, u64, FileTime);

impl<'a> Across<WStr<'a>> for WStr<'a> {
    fn across(self) -> WStr<'a> {
        self
    }
}

impl<'a> Across<&'a [u8]> for &'a [u8] {
    fn across(self) -> &'a [u8] {
        self
    }
}

impl<T, U> Across<Vec<U>> for Vec<T>
where
    T: Across<U>,
{
    fn across(self) -> Vec<U> {
        self.into_iter().map(Across::across).collect()
    }
}

impl<T, U> Across<SizedPtr<U>> for SizedPtr<T>
where
    T: Across<U>,
{
    fn across(self) -> SizedPtr<U> {
        match self {
            Self::Null { size } => SizedPtr::Null { size },
            Self::Array(array) => SizedPtr::Array(array.across()),
        }
    }
}

impl<T, U> Across<Varying<U>> for Varying<T>
where
    T: Across<U>,
{
    fn across(self) -> Varying<U> {
        Varying { size: self.size, data: self.data.across() }
    }
}

impl<T, U> Across<VaryingPtr<U>> for VaryingPtr<T>
where
    T: Across<U>,
{
    fn across(self) -> VaryingPtr<U> {
        match self {
            Self::Null { size, length } => VaryingPtr::Null { size, length },
            Self::Array(array) => VaryingPtr::Array(array.across()),
        }
    }
}

macro_rules! handles {
    ($($handle:ident),+ $(,)?) => {$(
        impl Across<Option<clusapi3::$handle>> for Option<clusapi2::$handle> {
            fn across(self) -> Option<clusapi3::$handle> {
                self.and_then(|handle| clusapi3::$handle::new(handle.token()))
            }
        }

        impl Across<Option<clusapi2::$handle>> for Option<clusapi3::$handle> {
            fn across(self) -> Option<clusapi2::$handle> {
                self.and_then(|handle| clusapi2::$handle::new(handle.token()))
            }
        }
    )+};
}

handles!(HClusterRpc, HNodeRpc, HGroupRpc, HResRpc, HKeyRpc, HNetworkRpc, HNetInterfaceRpc);

macro_rules! options {
    ($($from:ty => $to:ty;)+) => {$(
        impl<'a> Across<Option<$to>> for Option<$from> {
            fn across(self) -> Option<$to> {
                self.map(Across::across)
            }
        }
    )+};
}

options! {
    WStr<'a> => WStr<'a>;
    clusapi2::RpcSecurityAttributes<'a> => clusapi3::RpcSecurityAttributes<'a>;
    clusapi3::EnumList<'a> => clusapi2::EnumList<'a>;
}

macro_rules! structures {
    ($($from:ident -> $to:ident $name:ident { $($field:ident),+ };)+) => {$(
        impl<'a> Across<$to::$name<'a>> for $from::$name<'a> {
            fn across(self) -> $to::$name<'a> {
                $to::$name { $($field: self.$field.across()),+ }
            }
        }
    )+};
}

structures! {
    clusapi2 -> clusapi3 RpcSecurityDescriptor { lp_security_descriptor };
    clusapi3 -> clusapi2 RpcSecurityDescriptor { lp_security_descriptor };
    clusapi2 -> clusapi3 RpcSecurityAttributes { n_length, rpc_security_descriptor, b_inherit_handle };
    clusapi3 -> clusapi2 EnumList { entry };
    clusapi3 -> clusapi2 EnumEntry { r#type, name };
}

impl Across<Option<clusapi2::ClusterOperationalVersionInfo>>
    for Option<clusapi3::ClusterOperationalVersionInfo>
{
    fn across(self) -> Option<clusapi2::ClusterOperationalVersionInfo> {
        self.map(|info| clusapi2::ClusterOperationalVersionInfo {
            dw_size: info.dw_size,
            dw_cluster_highest_version: info.dw_cluster_highest_version,
            dw_cluster_lowest_version: info.dw_cluster_lowest_version,
            dw_flags: info.dw_flags,
            dw_reserved: info.dw_reserved,
        })
    }
}

impl Across<clusapi2::IdlClusterSetPasswordStatus> for clusapi3::IdlClusterSetPasswordStatus {
    fn across(self) -> clusapi2::IdlClusterSetPasswordStatus {
        clusapi2::IdlClusterSetPasswordStatus {
            node_id: self.node_id,
            set_attempted: self.set_attempted,
            return_status: self.return_status,
        }
    }
}

impl Across<clusapi3::IdlClusterSetPasswordFlags> for clusapi2::IdlClusterSetPasswordFlags {
    fn across(self) -> clusapi3::IdlClusterSetPasswordFlags {
        clusapi3::IdlClusterSetPasswordFlags(self.0)
    }
}

/// A list of characters in octets, two each, little-endian. An odd octet at the end is none.
pub(super) fn characters(octets: &SizedPtr<&[u8]>) -> SizedPtr<Vec<u16>> {
    match octets {
        SizedPtr::Null { size } => SizedPtr::Null { size: size / 2 },
        SizedPtr::Array(octets) => SizedPtr::Array(
            octets.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_le_bytes).collect(),
        ),
    }
}
