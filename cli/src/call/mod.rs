//! `cmrp call`: one operation of a server, once.

mod catalog;
