//! Lengths of time as people write them in files and commands: `500ms`, `90s`, `5m`, `2h`, `60d`, `2w`.

use std::time::Duration;

/// Longer than any token or grant; a bound so that sums stay in range.
pub const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

const UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a length of time of at most ten years. `None` for anything else; a bare number has no unit and is none.
pub fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis = UNITS.iter().find(|(name, _)| *name == unit)?.1.checked_mul(number.parse().ok()?)?;
    Some(Duration::from_millis(millis)).filter(|length| *length <= LONGEST)
}

/// Writes a length with the largest unit that divides it, as [`parse`] reads it.
pub fn write(length: Duration) -> String {
    let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let fits = |(_, size): &&(&str, u64)| millis > 0 && millis % size == 0;
    match UNITS.iter().skip(1).find(fits) {
        Some((name, size)) => format!("{}{name}", millis / size),
        None => "0s".to_owned(),
    }
}

/// A length for people, in its largest unit that is more than one: `119 seconds`, `10 minutes`, `2 hours`, `2 days`.
pub fn words(length: Duration) -> String {
    let seconds = length.as_secs();
    let (n, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_as_it_is_written() {
        for text in ["500ms", "90s", "5m", "2h", "60d", "10d", "0s"] {
            let length = parse(text).unwrap();
            assert_eq!(parse(&write(length)), Some(length), "{text}");
        }
        assert_eq!(parse("2w"), Some(Duration::from_secs(1_209_600)));
        assert_eq!(write(Duration::from_secs(300)), "5m");
        assert_eq!(write(Duration::from_millis(1_500)), "1500ms");
    }

    #[test]
    fn what_is_no_length_is_refused() {
        for text in ["", "5", "m", "-5m", "5 m", "5M", "1.5h", "99999999999999999999d", "3651d", "5mm"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_length_is_told_in_its_largest_unit() {
        for (seconds, text) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (600, "10 minutes"),
            (7_200, "2 hours"),
            (200_000, "2 days"),
        ] {
            assert_eq!(words(Duration::from_secs(seconds)), text);
        }
    }
}
