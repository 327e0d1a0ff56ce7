//! The engine: what WebAssembly may do here, and where its memory comes from.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::HostOptions;

/// Core instances that a component of ours consists of: the module, and two small ones that wire `log` to its memory.
const CORE_INSTANCES: u32 = 4;

/// An engine with pooled memory; where the machine does not let us reserve the address space, one without a pool.
pub(crate) fn new(options: &HostOptions) -> wasmtime::Result<Engine> {
    let mut pooled = config();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(options)));
    Engine::new(&pooled).or_else(|error| {
        tracing::warn!("plugins run without pooled memory, each new instance costs more: {error:#}");
        Engine::new(&config())
    })
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        // Sync calls only: without the bookkeeping for component-model async a call costs a third.
        .concurrency_support(false)
        .epoch_interruption(true)
        .generate_address_map(false)
        // Determinism: the same component and input give the same bytes on every machine, for ever.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false);
    config
}

fn pool(options: &HostOptions) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(options.instances)
        .total_core_instances(options.instances * CORE_INSTANCES)
        .total_memories(options.instances)
        .total_tables(options.instances * 2)
        .total_stacks(0)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(1)
        .max_tables_per_component(2)
        .max_memory_size(usize::try_from(options.largest_memory_mib() << 20).unwrap_or(usize::MAX));
    pool
}
