//! CPU time of the calling thread: what a guest used, as opposed to what a busy machine let it wait.

use std::time::Duration;

/// CPU time that this thread has used so far; `None` where the system does not say.
#[cfg(unix)]
pub(crate) fn of_this_thread() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "clock_gettime writes one timespec, which is ours; there is no safe way to this clock in std")]
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    let whole = u64::try_from(time.tv_sec).ok()?;
    let part = u32::try_from(time.tv_nsec).ok()?;
    (status == 0).then(|| Duration::new(whole, part))
}

/// CPU time that this thread has used so far; `None` where the system does not say.
#[cfg(not(unix))]
pub(crate) fn of_this_thread() -> Option<Duration> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_cpu_time_and_it_never_runs_backwards() {
        let before = of_this_thread().unwrap();
        let mut sum = 0u64;
        while of_this_thread().unwrap() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(of_this_thread().unwrap() > before);
    }
}
