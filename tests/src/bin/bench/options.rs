//! What the benchmark was asked for.

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    /// How often each load is put on each contender; the median is taken.
    pub(crate) rounds: usize,
    /// How long one measurement takes.
    pub(crate) millis: u64,
    /// Before it.
    pub(crate) warmup_millis: u64,
    /// The settings of `ledger.hold` to run with.
    pub(crate) holds: Vec<&'static str>,
    /// As JSON instead of a table.
    pub(crate) json: bool,
    /// The ledger alone too.
    pub(crate) ledger: bool,
}

impl Options {
    /// Reads the command line. `Err`: what is wrong with it.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self { rounds: 3, millis: 5000, warmup_millis: 500, holds: vec!["durable", "relaxed"], json: false, ledger: true };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--quick" => (options.rounds, options.millis, options.warmup_millis) = (1, 1000, 300),
                "--json" => options.json = true,
                "--no-ledger" => options.ledger = false,
                "--rounds" => options.rounds = number(argument, value()?)?.max(1) as usize,
                "--seconds" => options.millis = number(argument, value()?)?.max(1) * 1000,
                "--hold" => {
                    options.holds = match value()?.as_str() {
                        "durable" => vec!["durable"],
                        "relaxed" => vec!["relaxed"],
                        "both" => vec!["durable", "relaxed"],
                        other => return Err(format!("--hold is durable, relaxed or both, not {other:?}")),
                    }
                }
                other => {
                    return Err(format!("unknown option {other:?}; there is: --quick --json --rounds N --seconds N --hold durable|relaxed|both --no-ledger"));
                }
            }
        }
        Ok(options)
    }
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{option} needs a whole number, not {value:?}"))
}
