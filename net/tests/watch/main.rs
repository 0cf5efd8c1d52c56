//! Watchers of a small cluster: nodes that have the port engine and little else, over sockets.

mod events;
mod node;
mod own_calls;
mod reconnect;
mod shut_down;
