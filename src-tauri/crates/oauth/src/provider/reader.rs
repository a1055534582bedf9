//! Reads a TOML table field by field, and names line and field whenever something is wrong.
//!
//! Every field that is asked for is thereby known; what was never asked for is an error that suggests the
//! nearest known name. Nothing here knows what a provider is.

use bowline_base::length;
use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::ProviderFileError;
use super::nearest::nearest;

/// The longest text in a field, in bytes.
const MAX_TEXT: usize = 2048;
/// The most entries in a list or a table.
const MAX_ENTRIES: usize = 200;

type Result<T> = std::result::Result<T, Box<ProviderFileError>>;

/// The whole text, for turning places into lines.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) file: Option<PathBuf>,
}

impl Source<'_> {
    /// An error at a byte of the text.
    pub(super) fn error(
        &self,
        at: Option<usize>,
        field: &str,
        problem: impl Into<String>,
    ) -> Box<ProviderFileError> {
        let line = at.map(|at| {
            self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1
        });
        Box::new(ProviderFileError {
            file: self.file.clone(),
            line,
            field: (!field.is_empty()).then(|| field.to_owned()),
            problem: problem.into(),
            suggestion: None,
        })
    }
}

/// One table of the file, and the names that were asked for in it.
pub(super) struct Table<'a> {
    source: &'a Source<'a>,
    path: String,
    at: Option<usize>,
    entries: Option<&'a DeTable<'a>>,
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its place.
pub(super) struct Field<'a> {
    source: &'a Source<'a>,
    pub(super) name: String,
    at: usize,
    value: &'a DeValue<'a>,
}

impl<'a> Table<'a> {
    /// The file's outermost table.
    pub(super) fn root(source: &'a Source<'a>, entries: &'a DeTable<'a>) -> Self {
        Self { source, path: String::new(), at: None, entries: Some(entries), asked: RefCell::default() }
    }

    /// The line-bearing place of the table's header, if the table is there.
    pub(super) fn place(&self) -> Option<usize> {
        self.at
    }

    /// A field, if it is there.
    pub(super) fn field(&self, name: &'static str) -> Option<Field<'a>> {
        self.asked.borrow_mut().push(name);
        let (key, value) = self.entries?.iter().find(|(key, _)| key.get_ref() == name)?;
        Some(self.to_field(key.get_ref(), value))
    }

    /// A table inside this one; an empty one where it is absent.
    pub(super) fn table(&self, name: &'static str) -> Result<Table<'a>> {
        let path = self.path_of(name);
        match self.field(name) {
            None => {
                Ok(Table { source: self.source, path, at: None, entries: None, asked: RefCell::default() })
            }
            Some(field) => {
                let entries = field.value.as_table().ok_or_else(|| field.wrong_type("a table"))?;
                Ok(Table {
                    source: self.source,
                    path,
                    at: Some(field.at),
                    entries: Some(entries),
                    asked: RefCell::default(),
                })
            }
        }
    }

    /// All entries, where the names are the person's own.
    pub(super) fn entries(&self) -> Result<Vec<(String, Field<'a>)>> {
        let Some(entries) = self.entries else { return Ok(Vec::new()) };
        if entries.len() > MAX_ENTRIES {
            return Err(self.source.error(
                self.at,
                &self.path,
                format!("it holds more than {MAX_ENTRIES} entries"),
            ));
        }
        Ok(entries.iter().map(|(k, v)| (k.get_ref().to_string(), self.to_field(k.get_ref(), v))).collect())
    }

    /// Refuses what was never asked for. Call it once everything has been read.
    pub(super) fn finish(&self, elsewhere: &[&'static str]) -> Result<()> {
        let asked = self.asked.borrow();
        let Some(entries) = self.entries else { return Ok(()) };
        let Some((key, _)) = entries.iter().find(|(key, _)| !asked.contains(&key.get_ref().as_ref())) else {
            return Ok(());
        };
        let name = key.get_ref().as_ref();
        let mut error =
            self.source.error(Some(key.span().start), &self.path_of(name), "this key is not known");
        let moved = elsewhere.iter().copied().find(|path| path.rsplit('.').next() == Some(name));
        error.suggestion = moved.or_else(|| nearest(name, asked.iter().copied())).map(str::to_owned);
        Err(error)
    }

    fn to_field(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Field<'a> {
        Field { source: self.source, name: self.path_of(key), at: value.span().start, value: value.get_ref() }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

impl<'a> Field<'a> {
    /// An error in this field.
    pub(super) fn error(&self, problem: impl Into<String>) -> Box<ProviderFileError> {
        self.source.error(Some(self.at), &self.name, problem)
    }

    /// An error in this field with the word that was probably meant.
    pub(super) fn unknown_word(&self, word: &str, known: &[&'static str]) -> Box<ProviderFileError> {
        let mut error = self.error(format!("it must be one of {}", known.join(", ")));
        error.suggestion = nearest(word, known.iter().copied()).map(str::to_owned);
        error
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Result<&'a str> {
        let text = self.value.as_str().ok_or_else(|| self.wrong_type("a text"))?;
        match text {
            t if t.trim().is_empty() => Err(self.error("it is empty")),
            t if t.len() > MAX_TEXT => Err(self.error(format!("it is longer than {MAX_TEXT} characters"))),
            t if !bowline_base::redact::is_plain(t) => Err(self.error("it holds an invisible character")),
            t => Ok(t),
        }
    }

    /// The text as it is, even if it is nothing but space.
    pub(super) fn raw(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// True or false.
    pub(super) fn truth(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    /// A list, entry by entry; each is named with its index.
    pub(super) fn list(&self) -> Result<Vec<Field<'a>>> {
        let array = self.value.as_array().ok_or_else(|| self.wrong_type("a list of texts"))?;
        if array.len() > MAX_ENTRIES {
            return Err(self.error(format!("it holds more than {MAX_ENTRIES} entries")));
        }
        let entry = |(i, value): (usize, &'a Spanned<DeValue<'a>>)| Field {
            source: self.source,
            name: format!("{}[{i}]", self.name),
            at: value.span().start,
            value: value.get_ref(),
        };
        Ok(array.iter().enumerate().map(entry).collect())
    }

    /// A list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>> {
        self.list()?.iter().map(|entry| entry.text().map(str::to_owned)).collect()
    }

    /// A length of time such as `90s`, `5m`, `1h`, `60d` or `2w`.
    pub(super) fn duration(&self) -> Result<Duration> {
        match length::parse(self.text()?) {
            Some(length) if length >= Duration::from_secs(1) => Ok(length),
            Some(_) => Err(self.error("it must be at least one second")),
            None => {
                Err(self.error("it must be a length of time such as 90s, 5m, 1h or 60d, up to ten years"))
            }
        }
    }

    fn wrong_type(&self, wanted: &str) -> Box<ProviderFileError> {
        let found = match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.error(format!("it must be {wanted}, and it is {found}"))
    }
}
