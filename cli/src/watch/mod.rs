//! `cmrp watch`: what happens in a cluster, as it happens.

mod about;
mod condition;
mod json;
mod news;
mod people;
mod picture;
mod report;
mod wanted;

pub(crate) use wanted::kind_text;
