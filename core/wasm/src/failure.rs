//! From what wasmtime reports to a [`Failure`] with the right blame.

use wasmtime::Trap;
use weighbridge_plugin_api::Failure;

use crate::guest::Guest;

/// Why a call into a guest ended without an answer.
pub(crate) fn of_call(error: &wasmtime::Error, guest: &Guest, output_bytes: usize) -> Failure {
    if guest.deadline.is_over() {
        return Failure::Deadline { limit_ms: guest.deadline.limit_ms() };
    }
    if guest.was_refused_memory() {
        return Failure::Memory { limit_mib: guest.memory_limit_mib() };
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return Failure::Trap(match guest.last_words() {
            Some(words) => format!("{}: {words}", describe(*trap)),
            None => describe(*trap).to_owned(),
        });
    }
    let cause = error.root_cause().to_string();
    // wasmtime keeps this error's type to itself.
    if cause.contains("fuel allocated for hostcalls") {
        return Failure::Nonsense(format!("its answer is larger than {} MiB", output_bytes >> 20));
    }
    Failure::Nonsense(cause)
}

/// Why an instance did not come to be.
pub(crate) fn of_instantiation(error: &wasmtime::Error, guest: &Guest) -> Failure {
    if guest.was_refused_memory() || error.is::<Trap>() {
        return of_call(error, guest, 0);
    }
    Failure::Host(format!("{error:#}"))
}

fn describe(trap: Trap) -> &'static str {
    match trap {
        Trap::StackOverflow => "stack overflow",
        Trap::MemoryOutOfBounds | Trap::HeapMisaligned => "out-of-bounds memory access",
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => "bad indirect call",
        Trap::IntegerOverflow => "integer overflow",
        Trap::IntegerDivisionByZero => "division by zero",
        Trap::BadConversionToInteger => "bad conversion to an integer",
        Trap::UnreachableCodeReached => "unreachable code",
        _ => "trap",
    }
}
