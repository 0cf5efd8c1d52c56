//! `cmrp watch`: what happens in a cluster, as it happens.

mod about;
mod board;
mod condition;
mod json;
mod metrics;
mod news;
mod payload;
mod people;
mod picture;
mod report;
mod session;
mod survey;
mod wanted;

pub(crate) use wanted::kind_text;
