//! What posts and deliveries cost. `cargo bench -p cmrp-port` prints the figures as tables at the end.

#[path = "../client.rs"]
mod client;
mod deliveries;
mod posts;
mod report;

use std::time::Duration;

use criterion::Criterion;

use report::Report;

fn main() {
    let report = Report::begin();
    let criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
        .output_directory(report.folder());
    let mut criterion = criterion.configure_from_args();
    posts::run(&mut criterion);
    deliveries::run(&mut criterion);
    criterion.final_summary();
    posts::print(&report);
    deliveries::print(&report);
}
