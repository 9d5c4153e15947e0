//! The embedded files and their precompressed variants.

use std::borrow::Cow;

use crate::negotiate::Coding;

/// `dist/` as `build.rs` left it. `debug-embed` makes debug builds embed too, so that tests see what ships.
#[derive(rust_embed::RustEmbed)]
#[folder = "dist/"]
struct Dist;

/// A file in one coding.
pub(crate) struct Asset {
    pub(crate) bytes: Cow<'static, [u8]>,
    /// SHA-256 of these very bytes, so each coding has its own.
    pub(crate) digest: [u8; 32],
    pub(crate) coding: Coding,
    pub(crate) content_type: &'static str,
    /// The name holds a hash of the content: the bytes at this address never change.
    pub(crate) immutable: bool,
}

/// The file `path` (without leading slash) in the first coding of `wanted` that exists, else as it is.
pub(crate) fn find(path: &str, wanted: &[Coding]) -> Option<Asset> {
    if is_variant(path) {
        return None; // Variants are answers to their plain address, not pages of their own.
    }
    let content_type = content_type(path)?;
    let (coding, file) = wanted
        .iter()
        .chain([&Coding::Identity])
        .find_map(|coding| Dist::get(&format!("{path}{}", coding.suffix())).map(|file| (*coding, file)))?;
    Some(Asset {
        bytes: file.data,
        digest: file.metadata.sha256_hash(),
        coding,
        content_type,
        immutable: path.starts_with("assets/"),
    })
}

fn is_variant(path: &str) -> bool {
    Coding::COMPRESSED.iter().any(|coding| path.ends_with(coding.suffix()))
}

/// By the name's ending; a kind that the build does not make is not served.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        Dist::iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn every_embedded_file_has_a_content_type() {
        let plain: Vec<_> = names().into_iter().filter(|name| !is_variant(name)).collect();
        assert!(plain.len() > 10, "the build made only {plain:?}");
        for name in plain {
            assert!(find(&name, &[]).is_some(), "{name}");
        }
    }

    #[test]
    fn text_over_one_kilobyte_has_both_variants_and_they_are_smaller() {
        let large = names().into_iter().filter(|name| {
            let text = [".js", ".css", ".html"].iter().any(|ending| name.ends_with(ending));
            text && find(name, &[]).unwrap().bytes.len() > 1024
        });
        let mut seen = 0;
        for name in large {
            seen += 1;
            for coding in Coding::COMPRESSED {
                let variant = find(&name, &[coding]).unwrap();
                assert_eq!(variant.coding, coding, "{name}");
                assert!(variant.bytes.len() < find(&name, &[]).unwrap().bytes.len(), "{name}");
            }
        }
        assert!(seen > 5, "only {seen} large files");
    }

    #[test]
    fn a_variant_has_no_address_of_its_own() {
        assert!(find("index.html", &[Coding::Brotli]).is_some());
        assert!(find("index.html.br", &[]).is_none());
        assert!(find("index.html.gz", &[]).is_none());
    }
}
