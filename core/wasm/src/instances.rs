//! How many instances there are over all plugins: idle ones make room when a new one is needed elsewhere.

use std::sync::{
    Weak,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use parking_lot::Mutex;

/// Something that keeps idle instances and can let go of them.
pub(crate) trait Keeper: Send + Sync {
    /// Drops the idle ones.
    fn let_go(&self);
}

/// The count and who keeps them. A thousand price sheets keep an instance each only as long as there is room.
pub(crate) struct Instances {
    limit: u32,
    live: AtomicU32,
    keepers: Mutex<Vec<Weak<dyn Keeper>>>,
}

impl Instances {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, live: AtomicU32::new(0), keepers: Mutex::default() }
    }
    /// Registers a keeper; those that are gone are forgotten.
    pub(crate) fn register(&self, keeper: Weak<dyn Keeper>) {
        let mut keepers = self.keepers.lock();
        keepers.retain(|keeper| keeper.strong_count() > 0);
        keepers.push(keeper);
    }
    /// One more is about to be; makes room for it if there is none.
    pub(crate) fn make_room(&self) {
        if self.live.load(Relaxed) < self.limit {
            return;
        }
        let keepers: Vec<_> = self.keepers.lock().iter().filter_map(Weak::upgrade).collect();
        for keeper in keepers {
            keeper.let_go();
            if self.live.load(Relaxed) <= self.limit / 2 {
                break;
            }
        }
    }
    pub(crate) fn born(&self) {
        self.live.fetch_add(1, Relaxed);
    }
    pub(crate) fn died(&self) {
        self.live.fetch_sub(1, Relaxed);
    }
}
