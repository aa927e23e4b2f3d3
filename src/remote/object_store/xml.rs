//! The little XML that object stores speak: flat records of texts.

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

/// A document that is not well-formed, or breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Elements inside one another; no store's answer has more than six.
const DEEPEST: usize = 32;

/// The texts inside one element, by the names of the elements that hold nothing else.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text of an element by its name; `None` when it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, text) = self.0.iter().find(|(own, _)| own == name)?;
        Some(text.as_str()).filter(|text| !text.is_empty())
    }

    /// The text of an element that is no record.
    pub fn text(&self) -> Option<&str> {
        self.get("")
    }
}

/// Reads a document and hands over each record as it ends, and each text outside of them, in the order they come.
///
/// # Errors
/// It is no whole XML document. What was handed over before is then worth nothing.
pub(super) fn read(document: &[u8], records: &[&str], mut each: impl FnMut(&str, &Fields)) -> Result<(), Malformed> {
    let mut reader = Reader::from_reader(document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document));
    reader.config_mut().expand_empty_elements = true;
    let mut place = Place::default();
    loop {
        match reader.read_event().map_err(|_| Malformed)? {
            Event::Start(start) => place.enter(&start, records)?,
            Event::Text(text) => place.text.push_str(&text.decode().map_err(|_| Malformed)?),
            Event::CData(text) => place.text.push_str(&text.decode().map_err(|_| Malformed)?),
            Event::GeneralRef(named) => match named.resolve_char_ref().map_err(|_| Malformed)? {
                Some(character) => place.text.push(character),
                None => place.text.push_str(resolve_xml_entity(&named.decode().map_err(|_| Malformed)?).ok_or(Malformed)?),
            },
            Event::End(_) => place.leave(&mut each)?,
            Event::Eof => return if place.began && place.open.is_empty() { Ok(()) } else { Err(Malformed) },
            _ => {}
        }
    }
}

/// Where in the document reading is.
#[derive(Default)]
struct Place {
    began: bool,
    open: Vec<String>,
    /// Whether the innermost element has held no other so far.
    leaf: bool,
    /// Azure writes names that XML cannot hold percent-encoded, and says so.
    encoded: bool,
    text: String,
    /// The record being read and how deep it lies.
    record: Option<(usize, Fields)>,
}

impl Place {
    fn enter(&mut self, start: &BytesStart<'_>, records: &[&str]) -> Result<(), Malformed> {
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        if self.open.len() >= DEEPEST || (self.began && self.open.is_empty()) {
            return Err(Malformed);
        }
        self.began = true;
        if self.record.is_none() && records.contains(&name.as_str()) {
            self.record = Some((self.open.len(), Fields::default()));
        }
        self.open.push(name);
        self.text.clear();
        self.leaf = true;
        let encoded = start.try_get_attribute("Encoded").map_err(|_| Malformed)?;
        self.encoded = encoded.is_some_and(|attribute| attribute.value.as_ref() == b"true");
        Ok(())
    }

    fn leave(&mut self, each: &mut impl FnMut(&str, &Fields)) -> Result<(), Malformed> {
        let name = self.open.pop().ok_or(Malformed)?;
        if std::mem::take(&mut self.leaf) {
            let text = std::mem::take(&mut self.text);
            let text = if self.encoded { percent_decode_str(&text).decode_utf8_lossy().into_owned() } else { text };
            match &mut self.record {
                Some((_, fields)) => fields.0.push((name.clone(), text)),
                None => each(&name, &Fields(vec![(String::new(), text)])),
            }
        }
        if let Some((_, fields)) = self.record.take_if(|(depth, _)| *depth == self.open.len()) {
            each(&name, &fields);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(document: &str) -> Result<Vec<String>, Malformed> {
        let mut all = Vec::new();
        read(document.as_bytes(), &["Blob"], |name, fields| all.push(format!("{name} {:?}", fields.0)))?;
        Ok(all)
    }

    #[test]
    fn records_and_texts_come_in_their_order() {
        let document = "<?xml version='1.0'?><R xmlns='x'><Blobs><Blob><Name>a&amp;b&#x20;<![CDATA[<c>]]></Name><P><Etag>1</Etag>\
            <Empty/></P></Blob><Blob><Name Encoded=\"true\">%01%FF</Name></Blob></Blobs>\n <NextMarker /></R>";
        let found = all(document).unwrap();
        assert_eq!(
            found,
            [
                r#"Blob [("Name", "a&b <c>"), ("Etag", "1"), ("Empty", "")]"#,
                "Blob [(\"Name\", \"\\u{1}\u{fffd}\")]",
                r#"NextMarker [("", "")]"#
            ]
        );
    }

    #[test]
    fn what_is_not_whole_is_no_document() {
        for broken in [
            "",
            "text",
            "<a>",
            "<a><b></a>",
            "<a></a><b></b>",
            "<a>&unknown;</a>",
            "<a>&#0;</a>",
            "<a><Blob><Name>x</Name></Blob>",
            "<a x=1 x=2",
            "</a>",
        ] {
            assert_eq!(all(broken), Err(Malformed), "{broken}");
        }
        assert_eq!(all(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))), Err(Malformed), "no endless depths");
    }
}
