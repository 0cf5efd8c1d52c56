//! Prints what idle ports and filters keep of memory.

#[path = "../client.rs"]
mod client;
mod measure;

fn main() {
    println!("Octets on the heap, names of 12 octets included:\n");
    println!("| each | octets |\n|---|--:|");
    for kept in measure::all() {
        println!("| {} | {} |", kept.what, kept.octets);
    }
    println!();
}
