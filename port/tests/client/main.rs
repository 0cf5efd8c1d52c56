//! The client engine against a scripted server. Tests are named after the sections of
//! `requirements-client.tsv`, which lists what they have to prove.

mod answer;
mod closing;
mod codes;
mod events;
mod hostile;
mod laws;
mod made;
mod pending;
mod ports;
mod requirements;
mod rig;
mod start;
mod steps;
