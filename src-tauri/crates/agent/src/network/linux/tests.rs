//! What the kernel really said when an address came and went, and that it is heard from the kernel itself.

use super::*;

/// `ip addr add 127.0.0.77/32 dev lo`, as the kernel told it: an address, then the route that comes with it.
const ADDRESS: &[u8] = include_bytes!("address_comes.bin");
/// The same address taken away again: the address, then its route.
const GOES: &[u8] = include_bytes!("address_goes.bin");

#[test]
fn an_address_or_a_route_that_comes_is_heard_and_one_that_goes_is_not() {
    assert!(comes(ADDRESS));
    assert!(!comes(GOES));
    assert!(comes(&[GOES, ADDRESS].concat()), "also behind others in one message");
}

#[test]
fn what_is_cut_off_or_senseless_ends_the_reading() {
    for length in 0..GOES.len() {
        assert!(!comes(&GOES[..length]), "{length}");
    }
    for senseless in [[0u8; 64], [0xff; 64]] {
        assert!(!comes(&senseless));
    }
}

#[tokio::test]
async fn nothing_has_changed_so_it_waits() {
    let mut news = News::open().unwrap();
    news.drain().unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(20), news.heard()).await.is_err());
}

/// `RTM_GETADDR` with `NLM_F_REQUEST | NLM_F_DUMP`: the kernel then tells of every address there is, as it tells of one
/// that comes.
fn tell_of_all() -> Vec<u8> {
    let mut message = Vec::new();
    message.extend_from_slice(&17u32.to_ne_bytes());
    message.extend_from_slice(&22u16.to_ne_bytes());
    message.extend_from_slice(&0x301u16.to_ne_bytes());
    message.extend_from_slice(&[0; 9]);
    message
}

#[tokio::test]
async fn the_kernel_itself_is_heard() {
    use nix::sys::socket::{MsgFlags, sendto};
    let mut news = News::open().unwrap();
    news.drain().unwrap();
    let asked = sendto(news.socket.as_raw_fd(), &tell_of_all(), &NetlinkAddr::new(0, 0), MsgFlags::empty());
    assert_eq!(asked, Ok(17));
    let heard = tokio::time::timeout(Duration::from_secs(20), news.next()).await;
    assert!(heard.expect("it comes at once").is_ok());
}
