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
}
