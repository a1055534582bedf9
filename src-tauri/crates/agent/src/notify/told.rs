//! Notifications where nothing comes back from the service: the words alone, with the command to type.

use std::sync::Arc;

use bowline_engine::Engine;
use bowline_engine::notice::Means;
use tokio::sync::watch;

use super::{Order, Orders, notification};
use crate::window::Window;

/// Shows what the engine orders, until the agent ends.
pub(crate) async fn serve(
    _engine: Arc<Engine>,
    window: Arc<dyn Window>,
    mut orders: Orders,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            _ = async { stopped.wait_for(|stop| *stop).await.is_ok() } => None,
        };
        match order {
            Some(Order::Show(notice)) => {
                let text = notice.text(Means { buttons: false, window: window.is_there() });
                let shown =
                    tokio::task::spawn_blocking(move || notification(&notice, &text).show().map(drop));
                if let Ok(Err(error)) = shown.await {
                    tracing::warn!(%error, "a notification could not be shown");
                }
            }
            // These services take nothing back; a late click does no harm.
            Some(Order::Withdraw(_)) => {}
            None => return,
        }
    }
}
