//! From bytes to faces, one file per stage: decode · letterbox · detect · align · embed · quality · renditions.

pub(crate) mod align;
pub(crate) mod decode;
pub(crate) mod detect;
pub(crate) mod embed;
pub(crate) mod letterbox;
pub(crate) mod onnx;
pub(crate) mod quality;
pub(crate) mod renditions;
