//! Hears of the network changing: the kernel tells by a netlink socket (`rtnetlink(7)`) whenever an address or a route
//! comes, with no other service needed, and between two changes nothing wakes up.
//!
//! What is told is only that something came. Whether a provider can be reached now, the next try shows.

#[cfg(target_os = "linux")]
pub(crate) use linux::follow;

/// Elsewhere nothing is heard.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn follow(_engine: std::sync::Arc<bowline_engine::Engine>) {}

#[cfg(target_os = "linux")]
mod linux;
