//! Hears of the computer's clock being set and of its waking from sleep, without looking again and again.
//!
//! On Linux one timer that the kernel cancels when the clock is set, which it also does when it wakes up
//! (`timerfd_create(2)`, TFD_TIMER_CANCEL_ON_SET), tells of both; and the stopwatch counts the time asleep.

use std::time::Duration;

use bowline_base::time::{Sleep, SystemClock, SystemSeams};

/// The computer's clocks, with all that can be heard of them.
pub(crate) fn clock() -> SystemClock {
    SystemClock::with(SystemSeams {
        wait: |length| Box::pin(tokio::time::sleep(length)),
        wall_set,
        since_boot,
    })
}

#[cfg(target_os = "linux")]
fn since_boot() -> Option<Duration> {
    nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).ok().map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
fn since_boot() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
fn wall_set() -> Sleep {
    linux::wall_set()
}

#[cfg(not(target_os = "linux"))]
fn wall_set() -> Sleep {
    Box::pin(std::future::pending())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use bowline_base::time::Sleep;
    use nix::errno::Errno;
    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::sync::watch;

    /// Further away than any clock is set by hand; the timer is there to be cancelled, not to fire.
    const FAR: Duration = Duration::from_secs(100 * 365 * 86_400);

    /// Resolves when the clock is set, from the moment this is called on.
    pub(super) fn wall_set() -> Sleep {
        let mut changes = changes().subscribe();
        Box::pin(async move {
            // The sender is never dropped.
            let _ = changes.changed().await;
        })
    }

    /// Counts the changes, on a thread that sleeps in the kernel until there is one.
    fn changes() -> &'static watch::Sender<u64> {
        static CHANGES: OnceLock<watch::Sender<u64>> = OnceLock::new();
        CHANGES.get_or_init(|| {
            let count = watch::Sender::new(0);
            let theirs = count.clone();
            let started =
                std::thread::Builder::new().name("clock".to_owned()).stack_size(64 * 1024).spawn(move || {
                    while wait_for_change().is_ok() {
                        theirs.send_modify(|n| *n += 1);
                    }
                });
            if let Err(error) = started {
                tracing::warn!(%error, "a change of the clock will not be noticed");
            }
            count
        })
    }

    fn wait_for_change() -> Result<(), Errno> {
        let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_CLOEXEC)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        timer.set(Expiration::OneShot(TimeSpec::from(now + FAR)), flags)?;
        match timer.wait() {
            Err(Errno::ECANCELED) | Ok(()) => Ok(()),
            Err(other) => Err(other),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[tokio::test]
        async fn nobody_set_the_clock_so_it_waits() {
            let waited = tokio::time::timeout(Duration::from_millis(20), wall_set()).await;
            assert!(waited.is_err());
        }
    }
}

#[cfg(test)]
mod tests {
    use bowline_base::Clock;

    use super::*;

    #[test]
    fn the_stopwatch_goes_on() {
        let clock = clock();
        let first = clock.instant();
        assert!(clock.instant() >= first);
        assert!(clock.wall().unix_ms() > 1_700_000_000_000);
    }
}
