//! The figures as programs that watch read them: the Prometheus text format, version 0.0.4.
//!
//! Every family has its help and its type in front. What a label holds is escaped, so that a provider's file cannot
//! write lines of its own. The reasons against a library are in docs/decisions/0022.

use std::fmt::{Display, Write};

use super::tally::Counts;

/// A page of metrics that is being written.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Begins a family.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One sample.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (n, (label, text)) in labels.iter().enumerate() {
            let before = if n == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{before}{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// A counter without labels.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        self.sample(name, &[], value);
    }

    /// A histogram; `unit` of the bounds make a second.
    pub(super) fn histogram(&mut self, name: &str, help: &str, bounds: &[u64], unit: f64, counts: &Counts) {
        self.family(name, "histogram", help);
        let (bucket, mut below) = (format!("{name}_bucket"), 0);
        for (found, bound) in counts.steps.iter().zip(bounds) {
            below += found;
            self.sample(&bucket, &[("le", &(*bound as f64 / unit).to_string())], below);
        }
        // Taken from the same steps, so that the last bucket and the count are one number.
        let count = counts.count();
        self.sample(&bucket, &[("le", "+Inf")], count);
        self.sample(&format!("{name}_sum"), &[], counts.sum as f64 / unit);
        self.sample(&format!("{name}_count"), &[], count);
    }

    /// The whole page.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for each in text.chars() {
        match each {
            '\\' => safe.push_str("\\\\"),
            '"' => safe.push_str("\\\""),
            '\n' => safe.push_str("\\n"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut page = Page::default();
        page.sample("a_total", &[("provider", "x\"} 1\nb\\"), ("outcome", "ok")], 7);
        assert_eq!(page.into_text(), "a_total{provider=\"x\\\"} 1\\nb\\\\\",outcome=\"ok\"} 7\n");
    }

    #[test]
    fn a_histogram_adds_up_from_step_to_step() {
        let mut counts = Counts { sum: 700, ..Counts::default() };
        (counts.steps[0], counts.steps[2], counts.steps[12]) = (1, 2, 1);
        let mut page = Page::default();
        let bounds: Vec<u64> = (1..=12).map(|n| n * 250).collect();
        page.histogram("t_seconds", "Help.", &bounds, 1000.0, &counts);
        let text = page.into_text();
        for line in [
            "# TYPE t_seconds histogram",
            "t_seconds_bucket{le=\"0.25\"} 1",
            "t_seconds_bucket{le=\"0.75\"} 3",
            "t_seconds_bucket{le=\"3\"} 3",
            "t_seconds_bucket{le=\"+Inf\"} 4",
            "t_seconds_sum 0.7",
            "t_seconds_count 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
