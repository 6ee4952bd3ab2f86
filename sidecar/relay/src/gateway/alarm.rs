//! Alarms that are used again. To set one for an earlier time than all others interrupts the runtime's wait, by a call of the system: with a new one
//! for each request that would be 6 µs of its time to the first byte.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Those that nobody uses. They may ring, and nobody hears it.
#[derive(Default)]
pub(super) struct Alarms(Mutex<Vec<Pin<Box<Sleep>>>>);

/// One in use.
pub(super) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    alarms: Arc<Alarms>,
}

impl Alarms {
    /// Within a runtime of tokio's.
    pub(super) fn take(self: &Arc<Self>) -> Alarm {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let sleep = idle.unwrap_or_else(|| Box::pin(sleep_until(Instant::now())));
        Alarm { sleep: Some(sleep), alarms: Arc::clone(self) }
    }
}

impl Alarm {
    /// Ready from `due` on. It may be set for an earlier time: then it is set anew when it rings, and not with every byte.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, due: Instant) -> Poll<()> {
        let Some(sleep) = &mut self.sleep else { return Poll::Pending };
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while Instant::now() < due {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() < due {
                sleep.as_mut().reset(due);
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let mut idle = self.alarms.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.sleep.take());
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, time::Duration};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_that_was_set_for_another_time_rings_when_it_is_due() {
        let alarms = Arc::<Alarms>::default();
        let began = Instant::now();
        for seconds in [20, 75, 30, 31, 5, 100] {
            let mut alarm = alarms.take();
            let due = Instant::now() + Duration::from_secs(seconds);
            // Left before it rings, as an answered request leaves it.
            let far = due + Duration::from_secs(60);
            assert!(poll_fn(|cx| Poll::Ready(alarm.poll(cx, far))).await.is_pending());
            drop(alarm);
            let mut alarm = alarms.take();
            poll_fn(|cx| alarm.poll(cx, due)).await;
            assert_eq!(Instant::now(), due, "{seconds} s");
        }
        assert_eq!(began.elapsed(), Duration::from_secs(261));
        assert_eq!(alarms.0.lock().unwrap().len(), 1, "one was enough");
    }
}
