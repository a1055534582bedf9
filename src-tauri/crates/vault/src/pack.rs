//! Fields as bytes and back, for the audit trail and the export: numbers little endian, texts behind their
//! length. What is read may come from a damaged or hostile file, so every read can fail and none can panic.

use bowline_base::Wall;
use zeroize::Zeroize as _;

/// Marks a text that is missing; no text is that long.
const MISSING: u32 = u32::MAX;

/// Fields being written. Where they are secret, they are wiped when dropped, also where it had to grow.
#[derive(Default)]
pub(crate) struct Fields<const SECRET: bool>(Vec<u8>);

/// Fields that nobody else may see.
pub(crate) type Writer = Fields<true>;

/// Fields that anybody may see.
pub(crate) type OpenWriter = Fields<false>;

impl<const SECRET: bool> Fields<SECRET> {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity((self.0.len() + bytes.len()) * 2);
            larger.extend_from_slice(&self.0);
            self.wipe();
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.bytes(&[u8::from(flag)]);
    }

    pub(crate) fn wall(&mut self, at: Wall) {
        self.bytes(&at.unix_ms().to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.u32(u32::try_from(text.len()).expect("no text that is stored is near 4 GiB"));
        self.bytes(text.as_bytes());
    }

    pub(crate) fn some_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.u32(MISSING),
        }
    }

    pub(crate) fn some_wall(&mut self, at: Option<Wall>) {
        self.flag(at.is_some());
        if let Some(at) = at {
            self.wall(at);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    fn wipe(&mut self) {
        if SECRET {
            self.0.zeroize();
        }
    }
}

impl<const SECRET: bool> Drop for Fields<SECRET> {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Fields being read, from the front. `None` as soon as they do not fit.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// All that is left.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        match self.array::<1>()? {
            [0] => Some(false),
            [1] => Some(true),
            [_] => None,
        }
    }

    pub(crate) fn wall(&mut self) -> Option<Wall> {
        self.array().map(|b| Wall::from_unix_ms(i64::from_le_bytes(b)))
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        self.some_text()?
    }

    /// The outer `None`: it does not fit. The inner one: it was missing when written.
    pub(crate) fn some_text(&mut self) -> Option<Option<&'a str>> {
        match self.u32()? {
            MISSING => Some(None),
            length => {
                let bytes = self.bytes(usize::try_from(length).ok()?)?;
                std::str::from_utf8(bytes).ok().map(Some)
            }
        }
    }

    pub(crate) fn some_wall(&mut self) -> Option<Option<Wall>> {
        if self.flag()? { self.wall().map(Some) } else { Some(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str, some: Option<&str>, at: Option<i64>, flag: bool) -> Writer {
        let mut writer = Writer::default();
        writer.text(text);
        writer.some_text(some);
        writer.some_wall(at.map(Wall::from_unix_ms));
        writer.flag(flag);
        writer.u64(u64::MAX);
        writer
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(text: String, some: Option<String>, at: Option<i64>, flag: bool) {
            let writer = written(&text, some.as_deref(), at, flag);
            let mut reader = Reader::new(writer.as_slice());
            prop_assert_eq!(reader.text(), Some(text.as_str()));
            prop_assert_eq!(reader.some_text(), Some(some.as_deref()));
            prop_assert_eq!(reader.some_wall(), Some(at.map(Wall::from_unix_ms)));
            prop_assert_eq!(reader.flag(), Some(flag));
            prop_assert_eq!(reader.u64(), Some(u64::MAX));
            prop_assert!(reader.is_at_end());
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while !reader.is_at_end() {
                let before = reader.0.len();
                let _ = (reader.some_text(), reader.some_wall(), reader.u32());
                if reader.0.len() == before {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_cut_off_or_too_long_is_not_read() {
        let writer = written("text", None, None, false);
        assert_eq!(Reader::new(&writer.as_slice()[..7]).text(), None);
        assert_eq!(Reader::new(&[0xfe, 0xff, 0xff, 0xff, b'x']).text(), None);
        assert_eq!(Reader::new(&[1, 0, 0, 0, 0xff]).text(), None);
        assert_eq!(Reader::new(&[2]).flag(), None);
    }
}
