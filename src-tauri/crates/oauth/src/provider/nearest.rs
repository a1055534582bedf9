//! The word that was probably meant: for a misspelt provider or a misspelt key.

/// The candidate closest to the word, if it is close enough to have been meant: at most a third of its letters
/// differ. A swap of two neighbours, the commonest slip, counts as one change.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // Far longer than any name there is: comparing it would cost time and find nothing.
    if word.is_empty() || word.chars().count() > 128 {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    candidates.into_iter().map(|c| (distance(&word, c), c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j - 1] + same).min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e17_a_slip_of_the_fingers_finds_the_word_that_was_meant() {
        let names = ["google", "github", "gitlab", "x"];
        assert_eq!(nearest("gogle", names), Some("google"));
        assert_eq!(nearest("GOOLGE", names), Some("google"));
        assert_eq!(nearest("githbu", names), Some("github"));
    }

    #[test]
    fn a_word_far_from_all_finds_none() {
        let names = ["google", "github"];
        assert_eq!(nearest("mastodon", names), None);
        assert_eq!(nearest("", ["abc"]), None);
        assert_eq!(nearest(&"g".repeat(100_000), names), None);
    }
}
