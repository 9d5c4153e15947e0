//! How files are built: what decoding and blanking both have to find in them. Nothing here allocates more than a file's
//! own size, and nothing here loops longer than a file is.

pub(crate) mod bmff;
pub(crate) mod heif_items;
pub(crate) mod tiff;
