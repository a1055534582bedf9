//! Lengths of time as people type them: `90s`, `5m`, `2h`, `7d`, `500ms`; a bare number is seconds.

use std::time::Duration;

use bowline_base::{Wall, length};

/// Reads a length of time.
pub fn parse(text: &str) -> Result<Duration, String> {
    let bare = text.bytes().all(|b| b.is_ascii_digit());
    let read = if bare { length::parse(&format!("{text}s")) } else { length::parse(text) };
    read.ok_or_else(|| {
        format!("{text:?} is not a length of time of at most ten years, such as 500ms, 90s, 5m, 2h or 7d")
    })
}

/// A length in words, one unit, rounded down: `3 days`, `1 hour`, `12 minutes`, `40 seconds`.
pub fn words(length: Duration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A time seen from now: `in 12 minutes`, `3 days ago`. What is not a time is shown as it is.
pub fn from_now(time: &str, now: Wall) -> String {
    match Wall::parse(time) {
        Some(at) if at > now => format!("in {}", words(at.since(now))),
        Some(at) => format!("{} ago", words(now.since(at))),
        None => time.into(),
    }
}

/// An end seen from now: `in 3 days`, and `expired` once it has passed, however long ago.
pub fn until(end: &str, now: Wall) -> String {
    match Wall::parse(end) {
        Some(at) if at <= now => "expired".into(),
        _ => from_now(end, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_they_are_typed() {
        for (text, millis) in [
            ("90s", 90_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("500ms", 500),
            ("7", 7_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_is_refused_with_a_reason() {
        for text in ["", "m", "-5m", "5 m", "5x", "1.5h", "5m3s", "99999999999999999999s", "999999999d"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("5x").unwrap_err().contains("90s, 5m, 2h"));
    }

    #[test]
    fn r37_an_end_is_days_away_or_expired_and_never_a_negative_number() {
        let now = Wall::parse("2026-11-21T12:00:00Z").unwrap();
        for (end, told) in [
            ("2026-11-24T12:00:00Z", "in 3 days"),
            ("2026-11-21T17:00:00Z", "in 5 hours"),
            ("2026-11-21T12:00:00Z", "expired"),
            ("2026-11-20T12:00:00Z", "expired"),
            ("soon", "soon"),
        ] {
            assert_eq!(until(end, now), told);
        }
    }

    #[test]
    fn times_are_told_from_where_the_reader_stands() {
        let now = Wall::parse("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(from_now("2026-11-21T12:01:30Z", now), "in 1 minute");
        assert_eq!(from_now("2026-11-18T11:00:00Z", now), "3 days ago");
        assert_eq!(from_now("2026-11-22T13:00:00Z", now), "in 25 hours");
        assert_eq!(from_now("soon", now), "soon");
    }
}
