//! Instances of one plugin with one configuration, reused from call to call; and the one way into a guest.

use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::component::Instance as Component;
use wasmtime::{Engine, Store};
use weighbridge_domain::Clock;
use weighbridge_plugin_api::{Failure, PluginError, PluginIdentity};

use crate::capability::Linked;
use crate::circuit::{Circuit, Pass};
use crate::guest::Guest;
use crate::instances::{Instances, Keeper};
use crate::log::PluginLog;
use crate::ticker::Ticker;
use crate::{Limits, failure};

/// Answers without a body.
pub(crate) const SMALL_OUTPUT: usize = 1 << 20;
/// Answers with a body.
pub(crate) const BODY_OUTPUT: usize = 16 << 20;

/// What every pool of a host shares.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) instances: Instances,
    pub(crate) configure_ms: u64,
    /// Idle instances that a pool keeps: as many as can run at once.
    pub(crate) idle: usize,
}

/// A contract's functions, as the host calls them.
pub(crate) trait Socket: Sized + Send + 'static {
    /// What the guest says of itself when it is configured.
    type Info;
    /// What the guest says when it refuses the configuration.
    type Refusal;
    /// The name of the configuring function.
    const CONFIGURE: &'static str;
    /// Finds the functions in a new instance.
    fn bind(store: &mut Store<Guest>, component: &Component) -> wasmtime::Result<Self>;
    /// Hands it the configuration.
    fn configure(&self, store: &mut Store<Guest>, config: &str) -> wasmtime::Result<Result<Self::Info, Self::Refusal>>;
    /// A refusal as a failure, for an instance after the first.
    fn refused(refusal: Self::Refusal) -> Failure;
}

/// A component that may be instantiated, and as whom.
#[derive(Clone)]
pub(crate) struct Plugin {
    pub(crate) identity: Arc<PluginIdentity>,
    pub(crate) linked: Linked,
    pub(crate) limits: Limits,
    pub(crate) log: Arc<PluginLog>,
}

/// Why the first instance could not be configured.
pub(crate) enum Unconfigured<R> {
    /// The guest refused the configuration.
    Refused(R),
    /// It, or the host, failed.
    Failed(PluginError),
}

/// A pool, and what its first instance said of itself.
pub(crate) type Opened<S> = Result<(Arc<Pool<S>>, <S as Socket>::Info), Unconfigured<<S as Socket>::Refusal>>;

/// The instances.
pub(crate) struct Pool<S: Socket> {
    runtime: Arc<Runtime>,
    plugin: Plugin,
    config: String,
    circuit: Circuit,
    idle: Mutex<Vec<Live<S>>>,
}

/// A new instance, and what it said of itself or why it refused.
struct Fresh<S: Socket> {
    live: Live<S>,
    info: Result<S::Info, S::Refusal>,
}

struct Live<S> {
    store: Store<Guest>,
    socket: S,
    runtime: Arc<Runtime>,
}

impl<S> Drop for Live<S> {
    fn drop(&mut self) {
        self.runtime.instances.died();
    }
}

/// How much a call is given and may give back, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) input: usize,
    pub(crate) output: usize,
}

impl Size {
    /// Work grows with what there is to read: measured, a MiB of many small messages takes a translating adapter about
    /// 28 ms, a MiB of one image 3; a busy or slower machine has three times that.
    const MS_PER_MIB: u64 = 100;

    /// A call that is given little.
    pub(crate) fn small(output: usize) -> Self {
        Self { input: 0, output }
    }
    fn deadline_ms(self, base: u64) -> u64 {
        base + ((self.input as u64 * Self::MS_PER_MIB) >> 20)
    }
}

impl<S: Socket> Pool<S> {
    /// A pool with one configured instance, and what that said of itself.
    pub(crate) fn open(runtime: Arc<Runtime>, plugin: Plugin, config: String) -> Opened<S> {
        let circuit = Circuit::new(runtime.clock.clone());
        let pool = Self { runtime, plugin, config, circuit, idle: Mutex::default() };
        let failed = |failure| Unconfigured::Failed(pool.error(S::CONFIGURE, failure));
        let Fresh { live, info } = pool.instantiate().map_err(failed)?;
        let info = info.map_err(Unconfigured::Refused)?;
        pool.idle.lock().push(live);
        let pool = Arc::new(pool);
        let keeper: Arc<dyn Keeper> = pool.clone();
        pool.runtime.instances.register(Arc::downgrade(&keeper));
        Ok((pool, info))
    }
    /// Which plugin this is.
    pub(crate) fn identity(&self) -> &Arc<PluginIdentity> {
        &self.plugin.identity
    }
    /// An error of this plugin.
    pub(crate) fn error(&self, call: &'static str, failure: Failure) -> PluginError {
        PluginError { plugin: self.plugin.identity.clone(), call, failure }
    }
    /// Runs one call in an instance of its own. `convert` makes the host's value of the guest's; its error is what was
    /// nonsense. The instance survives whatever the guest returns, and is lost when it does not return.
    pub(crate) fn call<G, R>(
        &self,
        name: &'static str,
        size: Size,
        run: impl FnOnce(&S, &mut Store<Guest>) -> wasmtime::Result<Result<G, Failure>>,
        convert: impl FnOnce(G) -> Result<R, String>,
    ) -> Result<R, PluginError> {
        let answer = self.attempt(size, run).map_err(|failure| self.error(name, failure))?;
        convert(answer).map_err(|what| self.error(name, Failure::Nonsense(what)))
    }

    fn attempt<G>(&self, size: Size, run: impl FnOnce(&S, &mut Store<Guest>) -> wasmtime::Result<Result<G, Failure>>) -> Result<G, Failure> {
        // What cannot fit is the caller's matter, not the plugin's: it must not open the circuit for everybody.
        let room = (self.plugin.limits.memory_mib << 20) / 2;
        if size.input as u64 > room {
            return Err(Failure::InvalidInput(format!("{} bytes are more than the {room} that this plugin can be shown", size.input)));
        }
        let pass = self.circuit.enter()?;
        let idle = self.idle.lock().pop();
        let mut live = match idle {
            Some(live) => live,
            None => self.another(pass)?,
        };
        let running = self.runtime.ticker.enter();
        live.arm(size.deadline_ms(self.plugin.limits.deadline_ms), size.output);
        let outcome = run(&live.socket, &mut live.store);
        drop(running);
        match outcome {
            Ok(answer) => {
                self.circuit.succeeded(pass);
                self.keep(live);
                answer
            }
            Err(error) => {
                self.circuit.failed(pass);
                Err(failure::of_call(&error, live.store.data(), size.output))
            }
        }
    }

    /// One more instance, because the others are busy or lost.
    fn another(&self, pass: Pass) -> Result<Live<S>, Failure> {
        let outcome = self.instantiate().and_then(|fresh| match fresh.info {
            Ok(_) => Ok(fresh.live),
            Err(refusal) => Err(S::refused(refusal)),
        });
        match &outcome {
            // Want of room is the host's, not the plugin's.
            Ok(_) | Err(Failure::Host(_)) => {}
            Err(_) => self.circuit.failed(pass),
        }
        outcome
    }

    fn instantiate(&self) -> Result<Fresh<S>, Failure> {
        let runtime = &self.runtime;
        runtime.instances.make_room();
        let memory = usize::try_from(self.plugin.limits.memory_mib << 20).unwrap_or(usize::MAX);
        let mut store = Store::new(&runtime.engine, Guest::new(self.plugin.log.clone(), memory));
        store.limiter(|guest| guest);
        store.epoch_deadline_callback(Guest::on_epoch);
        arm(&mut store, runtime.configure_ms, SMALL_OUTPUT);
        let running = runtime.ticker.enter();
        let bound = self.plugin.linked.instantiate(&mut store).and_then(|component| S::bind(&mut store, &component));
        let socket = bound.map_err(|error| failure::of_instantiation(&error, store.data()))?;
        runtime.instances.born();
        let mut live = Live { store, socket, runtime: runtime.clone() };
        let info = live.socket.configure(&mut live.store, &self.config).map_err(|error| failure::of_call(&error, live.store.data(), SMALL_OUTPUT))?;
        drop(running);
        Ok(Fresh { live, info })
    }

    fn keep(&self, live: Live<S>) {
        if live.store.data().is_bloated() {
            return;
        }
        let mut idle = self.idle.lock();
        if idle.len() < self.runtime.idle {
            idle.push(live);
        }
    }
}

impl<S: Socket> Keeper for Pool<S> {
    fn let_go(&self) {
        let gone = std::mem::take(&mut *self.idle.lock());
        drop(gone);
    }
}

impl<S> Live<S> {
    fn arm(&mut self, deadline_ms: u64, output_bytes: usize) {
        arm(&mut self.store, deadline_ms, output_bytes);
    }
}

fn arm(store: &mut Store<Guest>, deadline_ms: u64, output_bytes: usize) {
    store.data_mut().arm(deadline_ms);
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(output_bytes);
}
