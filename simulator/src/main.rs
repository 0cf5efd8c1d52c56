//! x
use cmrp_simulator::{dice::Dice, operations::Operations};
fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let (from, to) = (args.next().unwrap(), args.next().unwrap());
    for seed in from..to {
        let run = |traced| { let mut o = Operations::new(Dice::seeded(seed), traced); let r = o.run(120); (r, o.trace) };
        if let (Err(_), _) = run(false) {
            let (r, t) = run(true);
            println!("{}\nseed {seed}: {}", t.unwrap(), r.unwrap_err());
            return;
        }
    }
    println!("ok");
}
