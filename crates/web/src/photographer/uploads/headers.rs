//! The headers of the protocol.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::BatchId;
use intake::{Algorithm, Checksum};
use time::OffsetDateTime;

use crate::error::Problem;

/// Longest `Upload-Metadata`.
const METADATA_BYTES_MAX: usize = 4096;

pub(super) fn number(headers: &HeaderMap, name: &'static str) -> Result<u64, Problem> {
    let text = headers.get(name).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Problem::field(name))
}

/// What a client says of its file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// The header as it came.
    pub(super) text: String,
    pub(super) file_name: String,
    pub(super) batch_id: Option<BatchId>,
}

/// Reads `Upload-Metadata`: pairs of a key and, in base64, a value, between commas.
pub(super) fn metadata(headers: &HeaderMap) -> Result<Metadata, Problem> {
    let wrong = || Problem::field("Upload-Metadata");
    let Some(value) = headers.get("upload-metadata") else { return Ok(Metadata::default()) };
    let text = value.to_str().ok().filter(|text| text.len() <= METADATA_BYTES_MAX).ok_or_else(wrong)?;
    let mut metadata = Metadata { text: text.to_owned(), ..Metadata::default() };
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).map_err(|_| wrong())?);
        let value = value.map_err(|_| wrong())?;
        match key {
            "filename" => metadata.file_name = value,
            "batch" => metadata.batch_id = Some(value.parse().map_err(|_| Problem::field("batch"))?),
            _ => {}
        }
    }
    Ok(metadata)
}

/// Reads `Upload-Checksum`: the algorithm and, in base64, the sum.
pub(super) fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, Problem> {
    let wrong = || Problem::field("Upload-Checksum");
    let Some(value) = headers.get("upload-checksum") else { return Ok(None) };
    let (name, sum) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(wrong)?;
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
    let sum = STANDARD.decode(sum.trim()).map_err(|_| wrong())?;
    Ok(Some(Checksum { algorithm: algorithm.ok_or_else(wrong)?, sum }))
}

/// A moment as HTTP writes it.
pub(super) fn http_date(at: OffsetDateTime) -> String {
    httpdate::fmt_http_date(at.into())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            axum::http::HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )])
    }

    #[test]
    fn metadata_is_read() {
        let id = "6f1c1c1e-0000-4000-8000-000000000001";
        let text =
            format!("filename {}, batch {},is_confidential", STANDARD.encode("é 1.jpg"), STANDARD.encode(id));
        let mut headers = HeaderMap::new();
        // A header of a browser is ASCII; the values are in base64 for that.
        headers.insert("upload-metadata", HeaderValue::from_str(&text).unwrap());
        let read = metadata(&headers).unwrap();
        assert_eq!((read.file_name.as_str(), read.batch_id), ("é 1.jpg", Some(id.parse().unwrap())));
        assert_eq!(read.text, text);
        assert_eq!(metadata(&HeaderMap::new()).unwrap(), Metadata::default());
        for wrong in ["filename ***", &format!("batch {}", STANDARD.encode("x")), &"a".repeat(5000)] {
            assert!(metadata(&with("upload-metadata", wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_checksum_names_its_algorithm() {
        let read = checksum(&with("upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=")).unwrap().unwrap();
        assert_eq!((read.algorithm, read.sum.len()), (Algorithm::Sha1, 20));
        assert_eq!(checksum(&HeaderMap::new()).unwrap(), None);
        for wrong in ["md5 AAAA", "sha1", "sha1 ***"] {
            assert!(checksum(&with("upload-checksum", wrong)).is_err(), "{wrong}");
        }
    }
}
