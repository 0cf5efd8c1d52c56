//! Names for the things that a client engine has made.

use core::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])+ $name:ident $short:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($short, "{}"), self.0)
            }
        }
    )+};
}

ids! {
    /// A call that the engine asked for. Never given twice by one engine.
    CallId "call";
    /// An association with one server. Never given twice by one engine.
    BindingId "binding";
    /// An object that was opened. Never given twice by one engine.
    ObjectId "object";
    /// A notification port. Never given twice by one engine.
    PortId "port";
    /// A filter of a port: its number is the `dwNotifyKey` that the server sees (MS-CMRP 4.3). A number returns after
    /// 2^32 others.
    FilterId "filter";
}

impl FilterId {
    /// The filter that a `dwNotifyKey` stands for.
    pub(super) fn from_key(key: u32) -> Self {
        Self(u64::from(key))
    }

    /// `dwNotifyKey`.
    pub fn key(self) -> u32 {
        u32::try_from(self.0).unwrap_or_default()
    }
}
