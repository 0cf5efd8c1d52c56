//! The codec against independent vectors, and against its own promises on hostile input.

mod bounds;
mod handles;
mod specification;
mod vectors;
