//! Associations against the server machine of `dcerpc_proto`, over sockets.

mod calls;
mod cancel;
mod connect;
mod deadlines;
mod rig;
