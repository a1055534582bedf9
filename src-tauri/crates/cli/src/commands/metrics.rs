//! `bowline metrics`: what the agent counts, in the Prometheus text format; with `--json` as one document.

use bowline_wire::ClientError;
use serde::Serialize;

use crate::error::{Ended, Failure};
use crate::exit::Exit;
use crate::world::World;

/// All samples, for `--json`.
#[derive(Debug, PartialEq, Serialize)]
struct Metrics {
    metrics: Vec<Sample>,
}

/// One sample.
#[derive(Debug, PartialEq, Serialize)]
struct Sample {
    name: String,
    labels: serde_json::Map<String, serde_json::Value>,
    value: f64,
}

/// Prints them.
pub fn run(world: &mut World<'_>) -> Ended {
    let text = world.ask(|agent| agent.get("/v1/metrics").send_text())?;
    if world.out.json {
        let samples: Option<Vec<Sample>> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(sample).collect();
        let unreadable = || Failure::from(ClientError::Unreadable("a line is no sample".to_owned()));
        world.out.document(&Metrics { metrics: samples.ok_or_else(unreadable)? });
    } else {
        world.out.raw(text.trim_end());
    }
    Ok(Exit::Done.status())
}

/// Reads `name{label="text",…} value`.
fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = serde_json::Map::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"")?;
            let (text, after) = quoted(after)?;
            labels.insert(label.to_owned(), text.into());
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    Some(Sample { name: name.to_owned(), labels, value: rest.trim().parse().ok()? })
}

/// A label's text up to its closing quote, and what comes after that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut read = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((read, &text[at + 1..])),
            '\\' => read.push(match letters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => read.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_reads_as_name_labels_and_value() {
        let read = sample(r#"a_total{provider="x\"} 1\n\\",outcome="ok"} 7"#).unwrap();
        assert_eq!((read.name.as_str(), read.value), ("a_total", 7.0));
        assert_eq!(read.labels["provider"], "x\"} 1\n\\");
        assert_eq!(read.labels["outcome"], "ok");
        let bare = sample("b_seconds_sum 0.25").unwrap();
        assert_eq!((bare.name.as_str(), bare.labels.len(), bare.value), ("b_seconds_sum", 0, 0.25));
    }

    #[test]
    fn what_is_no_sample_is_not_taken_for_one() {
        for line in ["", "name", "name{label=\"open", "name{label}", "name seven", "{x=\"y\"}"] {
            assert_eq!(sample(line).filter(|read| !read.name.is_empty()), None, "{line}");
        }
    }
}
