//! The medians as a table or as JSON, with ratios to the plain proxy. Whole numbers throughout: a ratio is in thousandths.

use serde_json::{Value, json};

use crate::{LOADS, contender::Contender, measure::Measured, options::Options};

/// The median round of a contender under a load, field by field.
fn median(rounds: &[Measured]) -> Measured {
    let middle = |field: fn(&Measured) -> u64| {
        let mut values: Vec<u64> = rounds.iter().map(field).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().unwrap_or(0)
    };
    Measured {
        requests: middle(Measured::per_second),
        micros: 1_000_000,
        errors: rounds.iter().map(|round| round.errors).sum(),
        p50_us: middle(|round| round.p50_us),
        p99_us: middle(|round| round.p99_us),
        cpu_centi_us: middle(|round| round.cpu_centi_us),
        resident_kib: rounds.last().map_or(0, |round| round.resident_kib),
    }
}

/// Prints everything on standard output.
pub(crate) fn print(options: &Options, contenders: &[Contender], measured: &[Vec<Vec<Measured>>]) {
    let medians: Vec<Vec<Measured>> = measured.iter().map(|load| load.iter().map(|rounds| median(rounds)).collect()).collect();
    if options.json {
        println!("{:#}", as_json(options, contenders, &medians));
        return;
    }
    println!(
        "{:<20} {:<8} {:>10} {:>6} {:>9} {:>9} {:>9} {:>12} {:>7}",
        "load", "proxy", "requests/s", "ratio", "p50 µs", "p99 µs", "p50 added", "CPU µs/req.", "errors"
    );
    for (load, results) in LOADS.iter().zip(&medians) {
        for (contender, result) in contenders.iter().zip(results) {
            let (plain, cpu) = (&results[0], result.cpu_centi_us);
            let added = result.p50_us.checked_sub(plain.p50_us).map_or_else(|| format!("-{}", plain.p50_us - result.p50_us), |added| added.to_string());
            println!(
                "{:<20} {:<8} {:>10} {:>6} {:>9} {:>9} {:>9} {:>12} {:>9} {:>7}",
                load.to_string(),
                contender.name,
                result.requests,
                thousandths(ratio(result.requests, plain.requests)),
                result.p50_us,
                result.p99_us,
                added,
                format!("{}.{:02}", cpu / 100, cpu % 100),
                thousandths(ratio(plain.cpu_centi_us, result.cpu_centi_us)),
                result.errors,
            );
        }
    }
    println!("\nCPU ratio: the plain proxy's processor time for a request over the proxy's own. On a busy machine it says more than requests/s.");
    println!("\n{:<8} {:>16} {:>18}", "proxy", "memory idle MiB", "memory loaded MiB");
    for (contender, loaded) in contenders.iter().zip(loaded(&medians, contenders.len())) {
        println!("{:<8} {:>16} {:>18}", contender.name, mib(contender.idle_kib), mib(loaded));
    }
}

fn as_json(options: &Options, contenders: &[Contender], medians: &[Vec<Measured>]) -> Value {
    let loads: Vec<Value> = LOADS
        .iter()
        .zip(medians)
        .flat_map(|(load, results)| {
            contenders.iter().zip(results).map(move |(contender, result)| {
                json!({
                    "connections": load.connections, "streamed": load.streamed, "proxy": contender.name, "requests_per_second": result.requests,
                    "ratio": thousandths(ratio(result.requests, results[0].requests)), "p50_us": result.p50_us, "p99_us": result.p99_us,
                    "cpu_ratio": thousandths(ratio(results[0].cpu_centi_us, result.cpu_centi_us)), "cpu_us_per_request": format!("{}.{:02}", result.cpu_centi_us / 100, result.cpu_centi_us % 100), "errors": result.errors,
                })
            })
        })
        .collect();
    let memory: Vec<Value> = contenders
        .iter()
        .zip(loaded(medians, contenders.len()))
        .map(|(contender, loaded)| json!({ "proxy": contender.name, "idle_kib": contender.idle_kib, "loaded_kib": loaded }))
        .collect();
    json!({ "rounds": options.rounds, "milliseconds": options.millis, "loads": loads, "memory": memory })
}

/// The most memory after any load, by contender.
fn loaded(medians: &[Vec<Measured>], contenders: usize) -> Vec<u64> {
    (0..contenders).map(|at| medians.iter().map(|load| load[at].resident_kib).max().unwrap_or(0)).collect()
}

fn ratio(value: u64, of: u64) -> u64 {
    value * 1000 / of.max(1)
}
fn thousandths(ratio: u64) -> String {
    format!("{}.{:03}", ratio / 1000, ratio % 1000)
}
fn mib(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}
